/** Lines and scroll positions. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Geometry } from "./scroll.ts";
import { heightPx, lastTop, lineAt, ROW_PX, ROWS_EXACT_MAX, scaled, scrollFor } from "./scroll.ts";

const at = (totalLines: number, wrap = false): Geometry => ({ totalLines, viewportPx: 720, wrap });

test("[CN21] a row is 18 px, and no element is taller than 800,000 of them", () => {
  expect(heightPx(at(1_000))).toBe(18_000);
  expect(heightPx(at(50_000_000))).toBe(ROWS_EXACT_MAX * ROW_PX);
  expect(scaled(at(606_222))).toBe(false);
  expect(scaled(at(800_001))).toBe(true);
});

test("[CN21] below 800,000 rows a pixel of the scrollbar is a pixel of text", () => {
  expect(lineAt(18 * 299_999, at(606_222))).toBeCloseTo(299_999, 6);
});

test("[CN21] the ends of the scrollbar are the ends of the log, also when it maps proportionally", () => {
  for (const geometry of [at(606_222), at(5_000_000), at(10), at(606_222, true)]) {
    const end = heightPx(geometry) - geometry.viewportPx;
    expect(lineAt(0, geometry)).toBe(0);
    expect(lineAt(end, geometry)).toBeCloseTo(lastTop(geometry), 3);
  }
  expect(lastTop(at(5_000_000))).toBe(5_000_000 - 40);
});

test("[CN21] scrollFor and lineAt undo each other", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 100, max: 20_000_000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.boolean(),
      (total, part, wrap) => {
        const geometry = at(total, wrap);
        const top = part * lastTop(geometry);
        expect(Math.abs(lineAt(scrollFor(top, geometry), geometry) - top)).toBeLessThan(1e-4);
      },
    ),
  );
});

test("[CN21] a log shorter than the window does not scroll", () => {
  expect(scrollFor(5, at(10))).toBe(0);
  expect(lineAt(100, at(10))).toBe(0);
});
