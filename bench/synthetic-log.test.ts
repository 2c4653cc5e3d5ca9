import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { FULL, SMALL, syntheticLines, writeSyntheticLog } from "./synthetic-log.ts";

const folder = mkdtempSync(join(tmpdir(), "edgewright-bench-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("[BH4] a written log has exactly the bytes, lines and longest line of its shape", () => {
  const path = join(folder, "small.log");
  const facts = writeSyntheticLog(path, SMALL);
  const bytes = readFileSync(path);
  expect(facts).toMatchObject({
    bytes: SMALL.bytes,
    lines: SMALL.lines,
    longestLine: SMALL.longestLine,
  });
  expect(bytes).toHaveLength(SMALL.bytes);
  expect(bytes.toString().split("\n")).toHaveLength(SMALL.lines + 1);
});

test("equal seeds give equal logs, another seed another one", () => {
  const [same, again, other] = [SMALL, SMALL, { ...SMALL, seed: 1 }].map((shape) =>
    [...syntheticLines(shape)].join("\n"),
  );
  expect(again).toBe(same);
  expect(other).not.toBe(same);
});

test("[BH4] the facts name the failure's lines and its tests", () => {
  const { failure, failedTests } = writeSyntheticLog(join(folder, "facts.log"), SMALL);
  const lines = [...syntheticLines(SMALL)];
  expect(lines[failure[0] - 1]).toContain("= FAILURES =");
  expect(lines[failure[1] - 1]).toContain("exit code 2");
  expect(failedTests).toEqual(["test_rounds_half_cents_down", "test_sums_across_pages"]);
});

test("the full log is the largest upload the product takes, line for line", () => {
  expect(FULL).toMatchObject({ bytes: 52_428_800, lines: 606_222 });
});

test("a shape that cannot be met is refused", () => {
  expect(() => [...syntheticLines({ ...SMALL, bytes: 400_000 })]).toThrow("shape");
});
