/** Gradle's test task: `Class > test FAILED` with the indented exception below it, and its totals. */
import type { FailedTest } from "../../model.ts";
import type { Findings, OpenParser, Parser } from "./contract.ts";
import { brief, group, intOf } from "./words.ts";

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
  opens: (line) => failed(line) !== null || TOTALS.test(line),
  open,
};

interface Failure {
  readonly test: FailedTest;
  message: string | undefined;
}

function open(findings: Findings): OpenParser {
  let failure: Failure | undefined;
  let last = 0;
  const flush = (to: number): void => {
    if (failure !== undefined) report(findings, failure, to);
    failure = undefined;
  };
  return {
    feed(line, n) {
      last = n;
      const match = failed(line);
      if (match !== null) {
        flush(n - 1);
        failure = { test: testOf(group(match, 1), group(match, 2), n), message: undefined };
        return true;
      }
      totals(line, findings);
      if (
        failure === undefined ||
        !/^(?:\s|$)/.test(line) ||
        n - failure.test.log_line > DETAIL_LINES_MAX
      ) {
        flush(n - 1);
        return false;
      }
      failure.message ??= brief(line);
      return true;
    },
    end: () => flush(last),
  };
}

/** Karma's lines end alike, but begin with a browser and its system in brackets. */
function failed(line: string): RegExpExecArray | null {
  const match = FAILED.exec(line);
  return match !== null && /^[A-Z]\w+ [\d.]+ \(.*\) /.test(line) ? null : match;
}

function report(findings: Findings, failure: Failure, to: number): void {
  const { test, message } = failure;
  findings.failedTest({ ...test, message });
  const asserted = message === undefined || /Assert|Comparison|expected/i.test(message);
  findings.failure({ from: test.log_line, to, code: asserted ? "test.assertion" : "test.error" });
}

function totals(line: string, findings: Findings): void {
  const match = TOTALS.exec(line);
  if (match === null) return;
  const [run = 0, failures = 0, skipped = 0] = match.slice(1).map(intOf);
  findings.counts({ framework: "gradle", run, failed: failures, skipped });
}

function testOf(path: string, name: string, n: number): FailedTest {
  const parts = path.split(" > ").filter((part) => !FRAMES.test(part));
  // Nested classes are `Outer$Inner` in every other report of theirs; other containers keep the arrows.
  const nested = parts.every((part) => /^[\w$.]+$/.test(part));
  const suite = parts.join(nested ? "$" : " > ");
  const dotted = suite === "" ? /^((?:\w+\.)+\w+)\.(\w+)$/.exec(name) : null;
  if (dotted !== null)
    return { framework: "gradle", suite: dotted[1] ?? "", name: dotted[2] ?? name, log_line: n };
  return { framework: "gradle", suite: suite === "" ? undefined : suite, name, log_line: n };
}
