/** go test, plain and as JSON, and gotestsum: failed tests with their package and first message. */
import type { FailedTest } from "../../model.ts";
import { PARSER_LINES_MAX, type Findings, type OpenParser, type Parser } from "./contract.ts";
import { intOf } from "./words.ts";

const FAIL = /^\s*--- FAIL: (\S+)(?: \([\d.]+ ?s?(?:econds)?\))?/;
const SUM = /^=== (?:FAIL|Failed): (?:(\S+) )?(Test\S+|Benchmark\S+|Example\S*|Fuzz\S+)(?: \([\d.]+s\))?(?: \(re-run \d+\))?\s*$/;
const PACKAGE = /^FAIL\t(\S+)(?:\t[\d.]+s| \[(.*)\])/;
const JSON_FAIL = /^\{(?=.*"Action":"fail").*"Package":"([^"]+)"(?:.*"Test":"([^"]+)")?/;
const MESSAGE = /^\s+(\S+\.go):(\d+): (.*)$/;
const BUILD = /^FAIL\t\S+ \[(?:build|setup) failed\]/;
/** Failed tests that wait for their package's closing line. */
const PENDING_MAX = 2_000;

export const goTest: Parser = {
  id: "go_test",
  kind: "test",
  prefilter: ["--- FAIL: ", "^=== (?:FAIL|Failed): ", String.raw`^FAIL\t`, '"Action":"fail"', "^panic: test timed out"],
  opens: (line) =>
    FAIL.test(line) || SUM.test(line) || PACKAGE.test(line) || line.startsWith("panic: test timed out") || (line.startsWith("{") && JSON_FAIL.test(line)),
  open,
};

function open(findings: Findings): OpenParser {
  let pending: { test: FailedTest; to: number }[] = [];
  let since = 0;
  const flush = (suite: string | undefined): void => {
    for (const { test, to } of pending) {
      findings.failedTest(suite === undefined || test.suite !== undefined ? test : { ...test, suite });
      findings.failure({ from: test.log_line, to, code: "test.assertion" });
    }
    pending = [];
  };
  return {
    feed(line, n) {
      if (since === 0) since = n;
      const sum = line.startsWith("=== ") ? SUM.exec(line) : null;
      const failed = sum ?? (line.includes("--- FAIL") ? FAIL.exec(line) : null);
      if (failed !== null && pending.length < PENDING_MAX) {
        const suite = sum?.[1];
        pending.push({ test: { framework: "go", ...(suite === undefined ? {} : { suite }), name: (sum?.[2] ?? failed[1]) ?? "", log_line: n }, to: n });
        since = n;
        return true;
      }
      const closing = line.startsWith("FAIL\t") ? PACKAGE.exec(line) : null;
      if (closing !== null || /^ok\s+\t?\S+\t/.test(line)) {
        if (closing !== null && BUILD.test(line)) findings.failure({ from: n, to: n, code: "compile.type" });
        flush(closing?.[1]);
        return false;
      }
      if (line.startsWith("{")) return json(line, n, findings) && pending.length > 0;
      if (line.startsWith("panic: test timed out")) findings.failure({ from: n, to: n + 3, code: "test.timeout" });
      readMessage(pending.at(-1), line, n);
      return n - since < PARSER_LINES_MAX;
    },
    end: () => flush(undefined),
  };
}

function readMessage(last: { test: FailedTest; to: number } | undefined, line: string, n: number): void {
  if (last === undefined || last.test.message !== undefined) return;
  const match = MESSAGE.exec(line);
  if (match === null) return;
  const number = intOf(match[2]);
  last.test = { ...last.test, file: match[1] ?? "", ...(number === undefined ? {} : { line: number }), message: (match[3] ?? "").slice(0, 500) };
  last.to = n;
}

function json(line: string, n: number, findings: Findings): boolean {
  const match = JSON_FAIL.exec(line);
  if (match?.[2] !== undefined) {
    findings.failedTest({ framework: "go", suite: match[1] ?? "", name: match[2], log_line: n });
    findings.failure({ from: n, to: n, code: "test.assertion" });
  }
  return true;
}
