/** Escape sequences, hidden characters, hits and line links. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { headline, plainText, runsOf } from "./ansi.ts";
import { hashOf, mark, rangeFrom } from "./marks.ts";

test("[CN10] colours become classes and the sequences disappear", () => {
  expect(runsOf("\u001b[1;31mFAIL\u001b[0m src/a.ts \u001b[2mdim\u001b[22m")).toEqual([
    { text: "FAIL", classes: "ansi-bold ansi-red" },
    { text: " src/a.ts ", classes: "" },
    { text: "dim", classes: "ansi-dim" },
  ]);
});

test("[CN10] 256 and true colours, titles, links and cursor moves leave plain text", () => {
  expect(
    plainText(
      "\u001b[38;5;196mred\u001b[39m \u001b]0;title\u0007x\u001b]8;;http://a\u001b\\link\u001b]8;;\u001b\\\u001b[2K\u001b[1G!",
    ),
  ).toBe("red xlink!");
  expect(runsOf("\u001b[38;2;1;31;4mx")).toEqual([{ text: "x", classes: "" }]);
});

test.each([
  ["\u202e", "\\u202e"],
  ["\u2066", "\\u2066"],
  ["\u200b", "\\u200b"],
  ["\ufeff", "\\ufeff"],
  ["\u0007", "\\x07"],
  ["\u0000", "\\x00"],
  ["\u009b", "\\x9b"],
  ["\r", "\\x0d"],
])("[CN10] the hidden character %j is shown as %s", (character, shown) => {
  expect(runsOf(`a${character}b`)).toEqual([
    { text: "a", classes: "" },
    { text: shown, classes: "log-escape" },
    { text: "b", classes: "" },
  ]);
});

test("[CN10] tabs and letters of every script stay as they are", () => {
  expect(runsOf("\tשלום العربية 日本語 🙂")).toEqual([
    { text: "\tשלום العربية 日本語 🙂", classes: "" },
  ]);
});

test("[CN10] no text of a run holds a control or bidi character, whatever the line", () => {
  const nasty = fc.string({
    unit: fc.constantFrom(
      "\u001b",
      "[",
      "]",
      "3",
      "1",
      ";",
      "m",
      "\u0007",
      "\u202e",
      "a",
      "\\",
      "\u009b",
    ),
  });
  fc.assert(
    fc.property(nasty, (line) => {
      for (const run of runsOf(line))
        expect(run.text).not.toMatch(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u202a-\u202e]/);
    }),
  );
});

test("[CN21] hits are found without regard to case, also across colours", () => {
  expect(
    mark(runsOf("an \u001b[31mER\u001b[0mror, Error"), "error")
      .filter((run) => run.hit)
      .map((run) => run.text),
  ).toEqual(["ER", "ror", "Error"]);
  expect(mark(runsOf("abc"), "").some((run) => run.hit)).toBe(false);
});

test("[CN21] marking never changes the text", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom("a", "b", "İ", "\u001b[31m", " ") }),
      fc.string({ unit: fc.constantFrom("a", "b", "İ"), minLength: 1, maxLength: 3 }),
      (line, wanted) => {
        const runs = runsOf(line);
        expect(
          mark(runs, wanted)
            .map((run) => run.text)
            .join(""),
        ).toBe(runs.map((run) => run.text).join(""));
      },
    ),
  );
});

test.each([
  ["#L120", { from: 120, to: 120 }],
  ["L120-L140", { from: 120, to: 140 }],
  ["#L140-L120", { from: 120, to: 140 }],
  ["#L0", null],
  ["#L12x", null],
  ["", null],
  ["#L9999999999", null],
])("[CN21] the link %j names %j", (hash, range) => {
  expect(rangeFrom(hash)).toEqual(range);
});

test("[CN21] a range and its link undo each other", () => {
  expect(hashOf({ from: 7, to: 7 })).toBe("L7");
  expect(rangeFrom(hashOf({ from: 7, to: 19 }))).toEqual({ from: 7, to: 19 });
});

test("[CN10] a headline has no escapes, indent or ruler, and its hidden characters are visible", () => {
  expect(headline("  \u001b[31m==== FAILURES ====\u001b[0m ")).toBe("FAILURES");
  expect(headline("____ test_total ____")).toBe("test_total");
  expect(headline("a\u202eb - c")).toBe("a\\u202eb - c");
});
