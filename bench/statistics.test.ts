import { expect, test } from "vitest";
import {
  laps,
  quantile,
  ROUNDS_MIN,
  ROUNDS_SHORT,
  roundsAfter,
  summarize,
  timesBetter,
} from "./statistics.ts";

test("[BH2] a median with its range is what a row shows", () => {
  expect(summarize([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
  expect(summarize([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4 });
  expect(() => summarize([])).toThrow("at least one sample");
});

test("[BH2] a side below one second is measured 30 times, any other 5 times", () => {
  expect(roundsAfter(0.999)).toBe(ROUNDS_SHORT);
  expect(roundsAfter(1)).toBe(ROUNDS_MIN);
});

test("[BH2] sides alternate: in every lap each side with equal rounds runs once, and the first one rotates", () => {
  expect(laps([3, 3])).toEqual([
    [0, 1],
    [1, 0],
    [0, 1],
  ]);
});

test("[BH2] a slower side's fewer rounds are spread over the whole run", () => {
  const order = laps([6, 2]);
  const lapsOfSlow = order.flatMap((lap, n) => (lap.includes(1) ? [n] : []));
  expect(lapsOfSlow).toEqual([2, 5]);
  expect(order.flat().filter((side) => side === 0)).toHaveLength(6);
});

test("quantiles are linear between neighbours", () => {
  expect(quantile([0, 10], 0.5)).toBe(5);
  expect(quantile([1, 2, 3], 1)).toBe(3);
});

test("a ratio above one means that ours is better, whichever direction wins", () => {
  expect(timesBetter(2, 6, "lower")).toBe(3);
  expect(timesBetter(600, 200, "higher")).toBe(3);
});
