/** What a person chose for this browser: theme, clock, single-letter keys. Nothing else is stored here. */
import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";

const listeners = new Set<() => void>();

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, theme);
}

/** Stores the theme and shows it at once; public/theme.js applies it on the next load. */
export function setTheme(next: Theme): void {
  write("ew-theme", next === "system" ? null : next);
  if (next === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = next;
}

export function useUtc(): boolean {
  return useSyncExternalStore(subscribe, () => read("ew-utc") === "1");
}

export const setUtc = (on: boolean): void => write("ew-utc", on ? "1" : null);

export const singleKeys = (): boolean => read("ew-keys") !== "off";

export function useSingleKeys(): boolean {
  return useSyncExternalStore(subscribe, singleKeys);
}

export const setSingleKeys = (on: boolean): void => write("ew-keys", on ? null : "off");

function theme(): Theme {
  const stored = read("ew-theme");
  return stored === "light" || stored === "dark" ? stored : "system";
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function read(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null; // Storage can be blocked by the browser; defaults hold then.
  }
}

function write(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, value);
  } catch {
    // Storage can be blocked by the browser; the choice then lasts until the page is left.
  }
  for (const listener of listeners) listener();
}
