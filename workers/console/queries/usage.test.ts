/** Months as the ranges the API takes. */
import { expect, test } from "vitest";
import { rangeOf } from "./usage.ts";

test.each([
  ["2026-11", "2026-11-01T00:00:00.000Z", "2026-12-01T00:00:00.000Z"],
  ["2026-12", "2026-12-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z"],
])("%s reaches from its first instant to the next month's", (month, from, to) => {
  expect(rangeOf(month)).toEqual({ from, to });
});
