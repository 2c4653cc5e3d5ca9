/** Which cron expressions are due. */
import { expect, test } from "vitest";
import { due } from "./cron.ts";

const minute = (iso: string): number => Date.parse(iso) / 60_000;

test("[LN10] an expression fires in its minute and in no other", () => {
  const at = minute("2026-11-20T03:07:00Z");
  expect(due(["7 3 * * *"], at - 1, at)).toEqual([{ cron: "7 3 * * *", minute: at }]);
  expect(due(["7 3 * * *"], at, at + 1)).toEqual([]);
});

test("[LN10] minutes missed by a pause fire once, as of the last one that matched", () => {
  const now = minute("2026-11-20T12:00:00Z");
  expect(due(["* * * * *", "7 3 * * *"], now - 3 * 1440, now)).toEqual([
    { cron: "* * * * *", minute: now },
    { cron: "7 3 * * *", minute: minute("2026-11-20T03:07:00Z") },
  ]);
});

test.each([
  ["*/15 9-10 * * 1,5", "2026-11-20T09:45:00Z", true],
  ["*/15 9-10 * * 1,5", "2026-11-20T09:46:00Z", false],
  ["0 0 1 * 5", "2026-11-20T00:00:00Z", true],
  ["0 0 1 * *", "2026-11-20T00:00:00Z", false],
  ["5/20 * * * *", "2026-11-20T00:45:00Z", true],
])("[LN10] %s at %s: %s", (cron, at, fires) => {
  expect(due([cron], minute(at) - 1, minute(at))).toHaveLength(fires ? 1 : 0);
});

test.each(["* * * *", "61 * * * *", "* * * * MON", "* * L * *", "1/0 * * * *"])(
  "[LN10] %s is refused rather than misread",
  (cron) => {
    expect(() => due([cron], 0, 1)).toThrow(cron);
  },
);
