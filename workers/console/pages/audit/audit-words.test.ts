/** Changes and checks of the audit page. */
import { expect, test } from "vitest";
import { ACTION_FILTERS, filterLabel, linesOf, rangeOf } from "./audit-words.ts";

test("[CN28] changes read as text, before and after; what was not there is empty", () => {
  expect(
    linesOf({
      name: { before: "ci", after: "ci 2" },
      grants: { before: null, after: ["a@**"] },
      active: { before: true, after: false },
    }),
  ).toEqual([
    { field: "name", before: "ci", after: "ci 2" },
    { field: "grants", before: "", after: '["a@**"]' },
    { field: "active", before: "true", after: "false" },
  ]);
});

test("the check covers from the lowest to the highest number in sight", () => {
  expect(rangeOf([{ seq: 9 }, { seq: 4 }, { seq: 7 }])).toEqual({ from: 4, to: 9 });
  expect(rangeOf([])).toBeNull();
});

test("the filter offers an area and each of its actions, none twice", () => {
  expect(ACTION_FILTERS).toEqual(expect.arrayContaining(["keys", "keys.rotate", "usage.cap"]));
  expect(new Set(ACTION_FILTERS).size).toBe(ACTION_FILTERS.length);
  expect([filterLabel("keys"), filterLabel("keys.rotate")]).toEqual(["keys, all", "keys.rotate"]);
});
