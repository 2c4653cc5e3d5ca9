/** What a person chose for this browser: theme, clock, single-letter keys. Nothing else is stored here. */
import { useSyncExternalStore } from "react";
import { store, stored } from "./storage.ts";

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
  return useSyncExternalStore(subscribe, () => stored("ew-utc") === "1");
}

export const setUtc = (on: boolean): void => write("ew-utc", on ? "1" : null);

export const singleKeys = (): boolean => stored("ew-keys") !== "off";

export function useSingleKeys(): boolean {
  return useSyncExternalStore(subscribe, singleKeys);
}

export const setSingleKeys = (on: boolean): void => write("ew-keys", on ? null : "off");

function theme(): Theme {
  const chosen = stored("ew-theme");
  return chosen === "light" || chosen === "dark" ? chosen : "system";
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function write(name: string, value: string | null): void {
  store(name, value);
  for (const listener of listeners) listener();
}
