/** Amounts, shares of limits and months. */
import { expect, test } from "vitest";
import type { UsageRow } from "../../wire.ts";
import { amount, daysOf, eachOf, lastMonths, meterOf, money, niceTop, shareOf } from "./meters.ts";

test.each([
  ["0", "$0.00"],
  ["0.000000000", "$0.00"],
  ["12.5", "$12.50"],
  ["1234.560000000", "$1,234.56"],
  ["4.103200000", "$4.10"],
  ["0.426000000", "$0.43"],
  ["0.010000000", "$0.01"],
  ["0.009990000", "$0.01"],
  ["0.005000000", "$0.005"],
  ["0.000100000", "$0.0001"],
  ["0.000021000", "< $0.0001"],
  ["0.001200000", "$0.0012"],
])("[CN27] %s US dollars read %s", (usd, text) => {
  expect(money(usd)).toBe(text);
});

test("amounts have the unit of their meter", () => {
  expect([amount(31_200, "count"), amount(1_536, "bytes"), amount(4_240, "ms")]).toEqual([
    "31,200",
    "1.5 KB",
    "4.2 s",
  ]);
  expect([meterOf("tasks"), meterOf("nonsense"), meterOf(undefined)]).toEqual([
    "tasks",
    "requests",
    "requests",
  ]);
});

test.each([
  [0, 0, 100, { used: 0, reserved: 0, tone: "ok" }],
  [70, 10, 100, { used: 70, reserved: 10, tone: "warn" }],
  [90, 20, 100, { used: 90, reserved: 10, tone: "fail" }],
  [140, 0, 100, { used: 100, reserved: 0, tone: "fail" }],
  [0, 0, 0, { used: 100, reserved: 0, tone: "fail" }],
  [5, 5, null, null],
] as const)("[CN12] %i used and %i reserved of %s", (used, reserved, limit, share) => {
  expect(shareOf(used, reserved, limit)).toEqual(share);
});

test("[CN27] a limit per key or per log says so, in place of what is used", () => {
  expect([
    eachOf("requests_per_minute"),
    eachOf("log_bytes_max"),
    eachOf("requests_per_month"),
  ]).toEqual(["per key", "per log", null]);
});

test("the last twelve months go back across the year", () => {
  const months = lastMonths(Date.parse("2026-02-28T23:59:59Z"));
  expect(months).toHaveLength(12);
  expect(months.slice(0, 3)).toEqual([
    { value: "2026-02", label: "February 2026" },
    { value: "2026-01", label: "January 2026" },
    { value: "2025-12", label: "December 2025" },
  ]);
});

test("[CN27] every day of the month has a bar, also without usage; rows of other meters do not count", () => {
  const row = (day: string, value: number, meter: UsageRow["meter"] = "requests"): UsageRow => ({
    period_start: `${day}T00:00:00.000Z`,
    meter,
    key_id: null,
    app_id: null,
    value,
    cost_usd: "0",
  });
  const rows = [row("2026-02-01", 3), row("2026-02-01", 4), row("2026-02-28", 9, "tasks")];
  const days = daysOf("2026-02", rows, "requests");
  expect(days).toHaveLength(28);
  expect(days[0]).toEqual({ day: "2026-02-01", value: 7 });
  expect(days.slice(1).every(({ value }) => value === 0)).toBe(true);
});

test.each([
  [0, 1],
  [1, 1],
  [7, 10],
  [21, 25],
  [1_001, 2_000],
])("a chart of at most %i ends at %i", (largest, top) => {
  expect(niceTop(largest)).toBe(top);
});
