/** One line that says what broke: for lists, notifications and titles. */
import type { Block, FailedTest, Result } from "../model.ts";

/** Longest headline, in characters. */
export const HEADLINE_CHARS_MAX = 200;

/**
 * The failed test where tests broke the build, else the line of the top block that its family matched.
 *
 * @returns redacted text of at most HEADLINE_CHARS_MAX characters; null when no cause was found
 */
export function headlineOf(result: Result): string | null {
  const [block] = result.blocks;
  const [test, ...others] = result.failed_tests;
  const line =
    test !== undefined && result.category.startsWith("test.")
      ? failureOf(test, others.length)
      : matchedLine(block);
  return line === undefined ? null : cut(line);
}

function failureOf(test: FailedTest, others: number): string {
  const name = test.suite === undefined ? test.name : `${test.suite} › ${test.name}`;
  const message = test.message?.split("\n").find((line) => line.trim() !== "");
  const failure = message === undefined ? name : `${name}: ${message.trim()}`;
  return others === 0 ? `test failed: ${failure}` : `${others + 1} tests failed, first ${failure}`;
}

function matchedLine(block: Block | undefined): string | undefined {
  if (block === undefined) return undefined;
  const texts = block.lines.map((line) => line.text.trim()).filter((text) => text !== "");
  const message = block.captures["message"]?.trim() ?? "";
  const matched = message === "" ? undefined : texts.find((text) => text.includes(message));
  return matched ?? texts.find((text) => /\w/.test(text)) ?? texts[0];
}

const cut = (text: string): string =>
  text.length <= HEADLINE_CHARS_MAX ? text : `${text.slice(0, HEADLINE_CHARS_MAX - 1)}…`;
