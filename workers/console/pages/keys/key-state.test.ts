/** States of keys, and what each forbids. */
import { expect, test } from "vitest";
import type { Key } from "../../wire.ts";
import { dayOf, endOfDay, keyMark, keyState, predecessorOf, whyNotKey } from "./key-state.ts";

const NOW = Date.parse("2026-11-20T12:00:00Z");
const KEY: Key = {
  id: "0199aaaa-0000-7000-8000-000000000001",
  key_id: "ab12cd34ef56gh78",
  name: "ci",
  grants: ["analyses.write@**"],
  created_by: "0199aaaa-0000-7000-8000-00000000000a",
  created_at: "2026-11-01T12:00:00Z",
  expires_at: null,
  last_used_at: null,
  revoked_at: null,
  replaced_by: null,
  version: 1,
};
const SUCCESSOR = "0199aaaa-0000-7000-8000-000000000002";
const LATER = "2026-11-21T12:00:00Z";
const EARLIER = "2026-11-19T12:00:00Z";
const ADMIN = ["keys.read@**", "keys.write@**"];

test.each([
  [{}, "active"],
  [{ expires_at: LATER }, "active"],
  [{ expires_at: LATER, replaced_by: SUCCESSOR }, "retiring"],
  [{ expires_at: EARLIER, replaced_by: SUCCESSOR }, "expired"],
  [{ expires_at: EARLIER }, "expired"],
  [{ revoked_at: EARLIER, expires_at: EARLIER }, "revoked"],
] as const)("[CN24] a key with %j is %s", (fields, state) => {
  expect(keyState({ ...KEY, ...fields }, NOW)).toBe(state);
});

test.each([
  ["edit", {}, null],
  ["edit", { expires_at: EARLIER }, "expired"],
  ["rotate", {}, null],
  ["rotate", { expires_at: LATER, replaced_by: SUCCESSOR }, "rotated already"],
  ["revoke", { expires_at: EARLIER }, null],
  ["revoke", { revoked_at: EARLIER }, "revoked already"],
] as const)("[CN6] %s of a key with %j: %s", (action, fields, reason) => {
  const why = whyNotKey(ADMIN, action, { ...KEY, ...fields }, NOW);
  expect(why).toEqual(reason === null ? null : expect.stringContaining(reason));
});

test("[CN6] without keys.write the permission is the reason, whatever the state", () => {
  expect(whyNotKey(["keys.read@**"], "rotate", { ...KEY, revoked_at: EARLIER }, NOW)).toContain(
    "keys.write",
  );
});

test("[CN24] a successor knows whose place it took, and a mark shows six characters of the id", () => {
  const successor = { ...KEY, id: SUCCESSOR };
  const keys = [successor, { ...KEY, replaced_by: SUCCESSOR }];
  expect(predecessorOf(keys, successor)?.id).toBe(KEY.id);
  expect(predecessorOf(keys, KEY)).toBeUndefined();
  expect(keyMark(KEY)).toBe("ewk_ab12cd…");
});

test("a chosen day reaches to its end, and reads back as the same day", () => {
  expect(dayOf(endOfDay("2026-12-31"))).toBe("2026-12-31");
  expect(endOfDay("")).toBeNull();
  expect(dayOf(null)).toBe("");
});
