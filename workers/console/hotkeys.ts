/** Single keys and sequences such as `g r`: which binding a key press completes. Pure; the listener is ui/keys.tsx. */

/** How long a key that also begins a sequence waits for the next one. */
export const SEQUENCE_MS = 700;

export interface Matched {
  /** Keys held for a longer sequence; empty when nothing is pending. */
  readonly held: string;
  /** The binding that is complete now. */
  readonly fired?: string;
  /** The key that ended a pending `fired` binding without belonging to it. */
  readonly trailing?: string;
}

/**
 * The next step of the sequence matcher.
 *
 * @param held what the previous call returned as `held`
 * @param key `KeyboardEvent.key`
 * @param bindings for example `["?", "g r", "g"]`
 */
export function press(held: string, key: string, bindings: readonly string[]): Matched {
  const keys = held === "" ? key : `${held} ${key}`;
  if (longer(keys, bindings)) return { held: keys };
  if (bindings.includes(keys)) return { held: "", fired: keys };
  if (held === "") return { held: "" };
  if (bindings.includes(held)) return { held: "", fired: held, trailing: key };
  return press("", key, bindings);
}

/** Time ran out: the held keys fire if they are a binding of their own. */
export function expire(held: string, bindings: readonly string[]): Matched {
  return bindings.includes(held) ? { held: "", fired: held } : { held: "" };
}

const longer = (keys: string, bindings: readonly string[]): boolean =>
  bindings.some((binding) => binding.startsWith(`${keys} `));
