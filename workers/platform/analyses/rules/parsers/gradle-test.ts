/** Gradle's test task: `Class > test FAILED` with the indented exception below it, and its totals. */
import type { FailedTest } from "../../model.ts";
import type { Findings, OpenParser, Parser } from "./contract.ts";
import { intOf } from "./words.ts";

const FAILED = /^(?!> |:|\s)(\S.*) > (\S.*) FAILED(?: \([\d.]+ ?m?s\))?\s*$/;
const TOTALS = /^(\d+) tests? completed, (\d+) failed(?:, (\d+) skipped)?/;
/** Frames of Gradle itself around the class, printed at high detail. */
const FRAMES = /^(?:Gradle Test Run :\S+|Gradle Test Executor \d+|Gradle suite|Gradle test)$/;
/** Lines of one exception kept; the rest of a stack says nothing more. */
const DETAIL_LINES_MAX = 60;

export const gradleTest: Parser = {
  id: "gradle_test",
  kind: "test",
  prefilter: [String.raw` > \S.* FAILED`, String.raw`^\d+ tests? completed, \d+ failed`],
  opens: (line) => FAILED.test(line) || TOTALS.test(line),
  open,
};

function open(findings: Findings): OpenParser {
  let failure: { test: FailedTest; message?: string } | undefined;
  let last = 0;
  const flush = (to: number): void => {
    if (failure === undefined) return;
    const { test, message } = failure;
    findings.failedTest(message === undefined ? test : { ...test, message });
    findings.failure({ from: test.log_line, to, code: message !== undefined && !/Assert|Comparison|expected/i.test(message) ? "test.error" : "test.assertion" });
    failure = undefined;
  };
  return {
    feed(line, n) {
      last = n;
      const match = FAILED.exec(line);
      if (match !== null) {
        flush(n - 1);
        failure = { test: testOf(match[1] ?? "", match[2] ?? "", n) };
        return true;
      }
      const totals = TOTALS.exec(line);
      if (totals !== null) {
        const [run = 0, failed = 0, skipped = 0] = totals.slice(1).map(intOf);
        findings.counts({ framework: "gradle", run, failed, skipped });
      }
      const inside = failure !== undefined && (line === "" || /^\s/.test(line)) && n - failure.test.log_line <= DETAIL_LINES_MAX;
      if (!inside) {
        flush(n - 1);
        return false;
      }
      if (failure !== undefined && failure.message === undefined && line.trim() !== "") failure.message = line.trim().slice(0, 500);
      return true;
    },
    end: () => flush(last),
  };
}

function testOf(path: string, name: string, n: number): FailedTest {
  const parts = path.split(" > ").filter((part) => !FRAMES.test(part));
  // Nested classes are `Outer$Inner` in every other report of theirs; other containers keep the arrows.
  const nested = parts.every((part) => /^[\w$.]+$/.test(part));
  const suite = parts.join(nested ? "$" : " > ");
  const dotted = suite === "" ? /^((?:\w+\.)+\w+)\.(\w+)$/.exec(name) : null;
  if (dotted !== null) return { framework: "gradle", suite: dotted[1] ?? "", name: dotted[2] ?? name, log_line: n };
  return { framework: "gradle", ...(suite === "" ? {} : { suite }), name, log_line: n };
}
