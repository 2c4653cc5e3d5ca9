/** The keyboard of the console: bindings of the mounted pages, one listener, and the help dialog on `?`. */
import { useEffect, useState } from "react";
import { expire, press, SEQUENCE_MS } from "../hotkeys.ts";
import { singleKeys } from "../preferences.ts";
import { Dialog } from "./dialog.tsx";

export interface Binding {
  /** For example `?`, `g r`, `n`. */
  readonly keys: string;
  readonly label: string;
  /** @param trailing the key that ended a waiting sequence, see hotkeys.ts */
  run(trailing?: string): void;
}

const bound = new Set<Binding>();

/** Binds keys while the caller is mounted. Off in inputs, in dialogs, and where single-letter keys are switched off. */
export function useBindings(bindings: readonly Binding[]): void {
  useEffect(() => {
    for (const binding of bindings) bound.add(binding);
    return () => {
      for (const binding of bindings) bound.delete(binding);
    };
  }, [bindings]);
}

/** The one listener; mounted by the shell. */
export function useKeyboard(): void {
  useEffect(() => {
    let held = "";
    let timer: ReturnType<typeof setTimeout> | undefined;
    const fire = (keys: string | undefined, trailing?: string) => {
      if (keys !== undefined)
        [...bound].findLast((binding) => binding.keys === keys)?.run(trailing);
    };
    const keysOf = () => [...bound].map((binding) => binding.keys);
    const onKey = (event: KeyboardEvent) => {
      if (ignored(event)) return;
      clearTimeout(timer);
      const next = press(held, event.key, keysOf());
      held = next.held;
      if (next.fired !== undefined || held !== "") event.preventDefault();
      fire(next.fired, next.trailing);
      if (held === "") return;
      timer = setTimeout(() => {
        fire(expire(held, keysOf()).fired);
        held = "";
      }, SEQUENCE_MS);
    };
    document.addEventListener("keydown", onKey);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("keydown", onKey);
    };
  }, []);
}

export function KeyboardHelp() {
  const [open, setOpen] = useState(false);
  useBindings(
    useState(() => [{ keys: "?", label: "Show this help", run: () => setOpen(true) }])[0],
  );
  return (
    <Dialog title="Keyboard" open={open} close={() => setOpen(false)}>
      <table className="w-full">
        <caption className="sr-only">Keys of this page</caption>
        <tbody>
          {[...bound].map((binding) => (
            <tr key={binding.keys} className="border-b border-line last:border-0">
              <th scope="row" className="w-28 py-1.5 text-left font-normal">
                {binding.keys.split(" ").map((key) => (
                  <kbd key={key} className="mr-1 rounded-sm border border-edge px-1.5 py-0.5">
                    {key}
                  </kbd>
                ))}
              </th>
              <td className="text-soft">{binding.label}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="mt-3 text-soft">Single-letter keys can be switched off under Account.</p>
    </Dialog>
  );
}

function ignored(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !singleKeys())
    return true;
  const target = event.target instanceof HTMLElement ? event.target : null;
  if (target?.closest("input, textarea, select, [contenteditable], [role=dialog]") !== null)
    return true;
  return event.key.length > 1;
}
