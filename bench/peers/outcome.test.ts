import { expect, test } from "vitest";
import { Tally } from "./outcome.ts";

test("[BH4] a task that never ran is lost, one that ran twice is doubled", () => {
  const tally = new Tally(3);
  for (const n of [0, 2, 2]) tally.ran({ n });
  expect(tally.complete).toBe(false);
  expect(tally.outcome(2, 10)).toEqual({
    emitted: 3,
    succeeded: 2,
    lost: 1,
    doubled: 1,
    stored: 2,
    elapsedMs: 10,
  });
});

test("[BH4] a task that is not of this round is refused", () => {
  expect(() => new Tally(1).ran({ n: 1 })).toThrow("not of this round");
  expect(() => new Tally(1).ran({})).toThrow("payload");
});
