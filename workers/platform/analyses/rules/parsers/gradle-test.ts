/** Gradle's test task: `Class > test FAILED` with the indented exception below it, and its totals. */
import type { FailedTest } from "../../model.ts";
import type { Findings, OpenParser, Parser } from "./contract.ts";
import { brief, intOf } from "./words.ts";

/** `Class > test`; what begins with a margin or an arrow is a task or a message. */
const SUBJECT = /^(?!> |:|\s)\S/;
const ENDING = / FAILED(?: \([\d.]+ ?m?s\))?$/;
const TOTALS = /^(\d+) tests? completed, (\d+) failed(?:, (\d+) skipped)?/;
/** Frames of Gradle itself around the class, printed at high detail. */
const FRAMES = /^(?:Gradle Test Run :\S+|Gradle Test Executor \d+|Gradle suite|Gradle test)$/;
/** Lines of one exception kept; the rest of a stack says nothing more. */
const DETAIL_LINES_MAX = 60;

export const gradleTest: Parser = {
  id: "gradle_test",
  kind: "test",
  prefilter: [String.raw` > \S.* FAILED`, String.raw`^\d+ tests? completed, \d+ failed`],
  opens: (line) => failed(line) !== undefined || TOTALS.test(line),
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
      const subject = failed(line);
      if (subject !== undefined) {
        flush(n - 1);
        failure = { test: testOf(subject.path, subject.name, n), message: undefined };
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

/**
 * The class and the test of a failed line. Karma's lines end alike, but begin with a browser and its system in
 * brackets. Cut by hand: an expression with two open ends would try all pairs.
 */
function failed(line: string): { path: string; name: string } | undefined {
  const ending = line.lastIndexOf(" FAILED");
  if (ending < 0 || !SUBJECT.test(line) || !ENDING.test(line.slice(ending))) return undefined;
  const arrow = line.lastIndexOf(" > ", ending - 1);
  if (arrow < 0 || /^[A-Z]\w+ [\d.]+ \(.*\) /.test(line)) return undefined;
  return { path: line.slice(0, arrow), name: line.slice(arrow + 3, ending) };
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
