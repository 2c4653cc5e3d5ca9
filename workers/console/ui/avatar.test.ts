/** Initials of names. */
import { expect, test } from "vitest";
import { initialsOf } from "./avatar.tsx";

test.each([
  ["Ada Lovelace", "AL"],
  ["ada", "A"],
  ["Ada King Countess of Lovelace", "AL"],
  ["  ", ""],
  ["🦊 fox", "🦊F"],
])("%j gives %j", (name, initials) => {
  expect(initialsOf(name)).toBe(initials);
});
