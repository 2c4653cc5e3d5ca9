/** Numbers and times as text. */
import { expect, test } from "vitest";
import { bytes, duration, plural, relative } from "./format.ts";

test.each([
  [0, "0 B"],
  [1_023, "1,023 B"],
  [1_536, "1.5 KB"],
  [52_428_800, "50 MB"],
  [5 * 1_024 ** 4, "5,120 GB"],
])("%i bytes read %s", (size, text) => {
  expect(bytes(size)).toBe(text);
});

test("durations and distances keep to one unit", () => {
  expect([duration(38), duration(4_240), duration(600_000), duration(9_000_000)]).toEqual([
    "38 ms",
    "4.2 s",
    "10 min",
    "2.5 h",
  ]);
  const now = 1_790_000_000_000;
  expect(relative(now - 1_000, now)).toBe("just now");
  expect(relative(now - 240_000, now)).toBe("4 min ago");
  expect(relative(now + 80 * 86_400_000, now)).toBe("in 80 d");
  expect(plural(1, "line")).toBe("1 line");
  expect(plural(1_200, "line")).toBe("1,200 lines");
});
