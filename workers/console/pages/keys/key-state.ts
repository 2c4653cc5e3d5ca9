/** What state a key is in, and what can be done to it then [CN6]. Pure. */
import { whyNot } from "../../can.ts";
import type { Key } from "../../wire.ts";

export const KEY_STATES = ["active", "retiring", "expired", "revoked"] as const;
export type KeyState = (typeof KEY_STATES)[number];

/** A rotated key that still works beside its successor is `retiring`. */
export function keyState(key: Key, now: number): KeyState {
  if (key.revoked_at !== null) return "revoked";
  if (key.expires_at !== null && Date.parse(key.expires_at) <= now) return "expired";
  return key.replaced_by === null ? "active" : "retiring";
}

/** The key this one took the place of. */
export const predecessorOf = (keys: readonly Key[], key: Key): Key | undefined =>
  keys.find((other) => other.replaced_by === key.id);

const STATES_FOR = {
  edit: ["active", "retiring"],
  rotate: ["active"],
  revoke: ["active", "retiring", "expired"],
} as const satisfies Record<string, readonly KeyState[]>;

const WHY: Readonly<Record<KeyState, string>> = {
  active: "This key is active.",
  retiring: "This key was rotated already; its successor can be.",
  expired: "This key has expired. Create a new one.",
  revoked: "This key is revoked already.",
};

/** Why a key cannot be edited, rotated or revoked now, or null. */
export function whyNotKey(
  grants: readonly string[],
  action: keyof typeof STATES_FOR,
  key: Key,
  now: number,
): string | null {
  const missing = whyNot(grants, "keys.write", `keys/${key.id}`);
  if (missing !== null) return missing;
  const state = keyState(key, now);
  const states: readonly KeyState[] = STATES_FOR[action];
  return states.includes(state) ? null : WHY[state];
}

/** `ewk_ab12cd…`: enough to recognise a key by, nothing to use. */
export const keyMark = (key: Pick<Key, "key_id">): string => `ewk_${key.key_id.slice(0, 6)}…`;

/** The day of an instant in the reader's zone, as a date field takes it; empty for never. */
export function dayOf(instant: string | null): string {
  if (instant === null) return "";
  const at = new Date(instant);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** The last second of a day in the reader's zone; null for an empty field. */
export const endOfDay = (day: string): string | null =>
  day === "" ? null : new Date(`${day}T23:59:59`).toISOString();
