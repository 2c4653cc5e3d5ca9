import { describe, expect, test } from "vitest";
import type { Block, FailedTest, Result } from "../model.ts";
import { HEADLINE_CHARS_MAX, headlineOf } from "./headline.ts";

const blockOf = (texts: readonly string[], captures: Record<string, string> = {}): Block => ({
  rank: 1,
  unit: "log",
  start_line: 1,
  end_line: texts.length,
  start_byte: 0,
  end_byte: 1,
  omitted: [],
  lines: texts.map((text, at) => ({ n: at + 1, text })),
  score: 5,
  code: "compile.type",
  family: "tsc",
  captures,
  evidence: [],
});

const resultOf = (given: Partial<Result>): Result => ({
  engine_version: "1",
  units: 1,
  lines: 1,
  bytes: 1,
  category: "compile.type",
  confidence: { value: 80, band: "high" },
  blocks: [],
  failed_tests: [],
  counts: [],
  diagnostics: [],
  baseline: "none",
  next_steps: [],
  retry_hint: "no",
  flaky: false,
  redactions: 0,
  ...given,
});

const failed: FailedTest = {
  framework: "surefire",
  suite: "CartTest",
  name: "total",
  message: "\nexpected:<41> but was:<42>\nat CartTest.java:7",
  log_line: 9,
};

describe("[AN31] a headline says what broke in one line", () => {
  test.each<[string, Partial<Result>, string | null]>([
    ["nothing found", {}, null],
    [
      "how many tests failed, and the first",
      { category: "test.assertion", failed_tests: [failed, failed, failed] },
      "3 tests failed, first CartTest › total: expected:<41> but was:<42>",
    ],
    [
      "the only failed test",
      { category: "test.assertion", failed_tests: [failed] },
      "test failed: CartTest › total: expected:<41> but was:<42>",
    ],
    [
      "failed tests are no headline of another cause",
      { failed_tests: [failed], blocks: [blockOf(["src/a.ts(1,2): error TS2322: no"])] },
      "src/a.ts(1,2): error TS2322: no",
    ],
    [
      "the line that holds the captured message, not the one before it",
      {
        blocks: [
          blockOf(["---", "compiling", "a.c:3: error: no such type"], { message: "no such type" }),
        ],
      },
      "a.c:3: error: no such type",
    ],
    ["a line with words before a rule", { blocks: [blockOf(["=====", "boom"])] }, "boom"],
  ])("%s", (_, given, expected) => {
    expect(headlineOf(resultOf(given))).toBe(expected);
  });

  test.each([
    [{ blocks: [blockOf(["x".repeat(4_096)])] }],
    [
      {
        category: "test.error" as const,
        failed_tests: [{ ...failed, name: "y".repeat(999) }, failed],
      },
    ],
  ])("it is never longer than its limit", (given) => {
    expect(headlineOf(resultOf(given))?.length).toBeLessThanOrEqual(HEADLINE_CHARS_MAX);
  });
});
