/** Lines as patterns see them: what CI services add is gone, what the tool printed stays. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { LINE_CHARS_MAX } from "../model.ts";
import { normalise } from "./normalise.ts";

test.each([
  ["2026-11-20T09:00:00.1234567Z error: x", "error: x"],
  ["\ufeff2026-11-20T09:00:00.1234567Z error: x", "error: x"],
  ["build\tRun tests\t2026-11-20T09:00:00.1234567Z error: x", "error: x"],
  ["2026-11-20T09:00:00.123456Z 00O error: x", "error: x"],
  ["[2026-11-20T09:00:00.123Z] error: x", "error: x"],
  ["2026-11-20 09:00:00,123 error: x", "error: x"],
  ["09:00:00 error: x", "error: x"],
  ["[09:00:00] error: x", "error: x"],
  ["[09:00:00]W: error: x", "error: x"],
  ["\u001b_bk;t=1700000000000\u0007error: x", "error: x"],
  ["\u001b]0;title\u0007error: x", "error: x"],
  ["travis_time:start:0a1b\r\u001b[0K$ make", "$ make"],
  ["10%\r50%\r100% done\r", "100% done"],
  ["error: x\r", "error: x"],
  ["  indented  ", "  indented"],
  ["404: not a time", "404: not a time"],
])("[AN10] %j becomes %j", (raw, text) => {
  expect(normalise(raw).text).toBe(text);
});

test("[AN10] red is remembered, other colours are not", () => {
  expect(normalise("\u001b[1;31merror\u001b[0m")).toEqual({ text: "error", red: true, cut: false });
  expect(normalise("\u001b[32mok\u001b[0m").red).toBe(false);
});

test("[AN10] a line is cut at 4,096 characters and says so", () => {
  expect(normalise("x".repeat(LINE_CHARS_MAX)).cut).toBe(false);
  const long = normalise("x".repeat(LINE_CHARS_MAX + 1));
  expect(long.cut).toBe(true);
  expect(long.text).toHaveLength(LINE_CHARS_MAX);
});

test("[AN10] no input throws and no escape is left", () => {
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.constantFrom(
          "\u001b",
          "[",
          "3",
          "1",
          "m",
          "]",
          "\u0007",
          "\r",
          "\t",
          "a",
          "Z",
          ":",
          "-",
          "é",
          "\u{1f4a5}",
        ),
      }),
      (raw) => {
        expect(normalise(raw).text.length).toBeLessThanOrEqual(raw.length);
      },
    ),
  );
});
