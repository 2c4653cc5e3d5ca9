/** go test, plain and as JSON, and gotestsum: failed tests with their package and first message. */
import type { FailedTest } from "../../model.ts";
import { PARSER_LINES_MAX, type Findings, type OpenParser, type Parser } from "./contract.ts";
import { brief, group, intOf } from "./words.ts";

const FAIL = /^\s*--- FAIL: (\S+)(?: \([\d.]+ ?s?(?:econds)?\))?/;
const SUM =
  /^=== (?:FAIL|Failed): (?:(\S+) )?(Test\S+|Benchmark\S+|Example\S*|Fuzz\S+)(?: \([\d.]+s\))?(?: \(re-run \d+\))?\s*$/;
const PACKAGE = /^FAIL\t(\S+)(?:\t[\d.]+s| \[(.*)\])/;
const JSON_FAIL = /^\{(?=.*"Action":"fail").*"Package":"([^"]+)"(?:.*"Test":"([^"]+)")?/;
const MESSAGE = /^\s+(\S+\.go):(\d+): (.*)$/;
const BUILD = /^FAIL\t\S+ \[(?:build|setup) failed\]/;
/** Lines of a failed test's output that count as its failure. */
const OUTPUT_LINES_MAX = 40;
/** Failed tests that wait for their package's closing line. */
const PENDING_MAX = 2_000;

export const goTest: Parser = {
  id: "go_test",
  kind: "test",
  prefilter: [
    "--- FAIL: ",
    "^=== (?:FAIL|Failed): ",
    String.raw`^FAIL\t`,
    '"Action":"fail"',
    "^panic: test timed out",
  ],
  opens: (line) =>
    FAIL.test(line) ||
    SUM.test(line) ||
    PACKAGE.test(line) ||
    line.startsWith("panic: test timed out") ||
    (line.startsWith("{") && JSON_FAIL.test(line)),
  open,
};

interface Pending {
  test: FailedTest;
  to: number;
}

function open(findings: Findings): OpenParser {
  let pending: Pending[] = [];
  let since = 0;
  const flush = (suite: string | undefined): void => {
    for (const { test, to } of pending) {
      findings.failedTest({ ...test, suite: test.suite ?? suite });
      findings.failure({ from: test.log_line, to, code: "test.assertion" });
    }
    pending = [];
  };
  return {
    feed(line, n) {
      if (since === 0) since = n;
      const test = failedTest(line, n);
      if (test !== undefined && pending.length < PENDING_MAX) {
        pending.push({ test, to: n });
        since = n;
        return true;
      }
      const closing = packageEnd(line, n, findings);
      if (closing !== undefined) {
        flush(closing === "" ? undefined : closing);
        return false;
      }
      if (line.startsWith("{")) return json(line, n, findings) && pending.length > 0;
      readMessage(pending.at(-1), line, n);
      return n - since < PARSER_LINES_MAX;
    },
    end: () => flush(undefined),
  };
}

function failedTest(line: string, n: number): FailedTest | undefined {
  const sum = line.startsWith("=== ") ? SUM.exec(line) : null;
  if (sum !== null) return { framework: "go", suite: sum[1], name: group(sum, 2), log_line: n };
  const failed = line.includes("--- FAIL") ? FAIL.exec(line) : null;
  return failed === null ? undefined : { framework: "go", name: group(failed, 1), log_line: n };
}

/** The package a closing line names: empty when it passed; undefined for any other line. */
function packageEnd(line: string, n: number, findings: Findings): string | undefined {
  if (line.startsWith("panic: test timed out"))
    findings.failure({ from: n, to: n + 3, code: "test.timeout" });
  if (/^ok\s+\t?\S+\t/.test(line)) return "";
  const closing = line.startsWith("FAIL\t") ? PACKAGE.exec(line) : null;
  if (closing !== null && BUILD.test(line))
    findings.failure({ from: n, to: n, code: "compile.type" });
  return closing?.[1];
}

/** The indented lines right below a failed test are its output; the first with a place is its message. */
function readMessage(last: Pending | undefined, line: string, n: number): void {
  if (last === undefined) return;
  if (n === last.to + 1 && /^\s+\S/.test(line) && n - last.test.log_line <= OUTPUT_LINES_MAX)
    last.to = n;
  if (last.test.message !== undefined) return;
  const match = MESSAGE.exec(line);
  if (match === null) return;
  last.test = {
    ...last.test,
    file: group(match, 1),
    line: intOf(match[2]),
    message: brief(match[3]),
  };
}

function json(line: string, n: number, findings: Findings): boolean {
  const match = JSON_FAIL.exec(line);
  if (match?.[2] !== undefined) {
    findings.failedTest({ framework: "go", suite: match[1] ?? "", name: match[2], log_line: n });
    findings.failure({ from: n, to: n, code: "test.assertion" });
  }
  return true;
}
