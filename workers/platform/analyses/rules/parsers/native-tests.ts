/** Test runners of native code: CTest, GoogleTest, Catch2, doctest, Boost.Test. */
import type { Findings, OpenParser, Parser } from "./contract.ts";
import { intOf, oneLine } from "./words.ts";

/** ` 5/10 Test  #5: name ......***Failed  0.1 sec`, the closing list `\t  5 - name (Failed)`, and the totals. */
export const ctest: Parser = oneLine({
  id: "ctest",
  kind: "test",
  prefilter: [String.raw`Test +#\d+: \S.*\*\*\*`, String.raw`^\s+\d+ - \S+ \(`, String.raw`% tests passed, \d+ tests? failed out of`],
  rows: [
    {
      shape: /^\s*\d+\/\d+ Test +#\d+: (\S+) \.*\s*\*\*\*(\S+(?: \S+)?)/,
      found(match, n, findings) {
        if (/^(?:Skipped|Not Run)/.test(match[2] ?? "")) return;
        findings.failedTest({ framework: "ctest", name: match[1] ?? "", message: match[2] ?? "", log_line: n });
        findings.failure({ from: n, to: n, code: codeOf(match[2] ?? "") });
      },
    },
    {
      shape: /^\s+\d+ - (\S+) \((Failed|Timeout|SEGFAULT|ILLEGAL|OTHER_FAULT|Exit code .*|BAD_COMMAND|Child aborted|Subprocess aborted|NUMERICAL)\)/,
      found(match, n, findings) {
        findings.failedTest({ framework: "ctest", name: match[1] ?? "", message: match[2] ?? "", log_line: n });
        findings.failure({ from: n, to: n, code: codeOf(match[2] ?? "") });
      },
    },
    {
      shape: /^\d+% tests passed, (\d+) tests? failed out of (\d+)/,
      found(match, n, findings) {
        const [failed = 0, run = 0] = match.slice(1).map(intOf);
        if (n > 0) findings.counts({ framework: "ctest", run, failed, skipped: 0 });
      },
    },
  ],
});

function codeOf(reason: string): "test.timeout" | "test.crash" | "test.assertion" {
  if (reason.startsWith("Timeout")) return "test.timeout";
  return /SEGFAULT|abort|Exception|FAULT|ILLEGAL|NUMERICAL/i.test(reason) ? "test.crash" : "test.assertion";
}

const GTEST = /^\s*(?:\d+: )?\[ {2}FAILED {2}\] ([\w/]+)\.([\w/]+)(, where .*?)?(?: \(\d+ ms\))?\s*$/;
const GTEST_FAILURE = /^\s*(?:\d+: )?(\S+?)(?::(\d+)|\((\d+)\)): (?:Failure|error: )\s*(.*)$/;
const GTEST_RUN = /^\s*(?:\d+: )?\[ RUN {6}\] /;

/** GoogleTest: `file:12: Failure` blocks closed by `[  FAILED  ] Suite.Name (3 ms)`. */
export const googletest: Parser = {
  id: "googletest",
  kind: "test",
  prefilter: [String.raw`\[ {2}FAILED {2}\] \w`, String.raw`^\s*(?:\d+: )?\S+[:(]\d+\)?: (?:Failure|error: )`],
  opens: (line) => GTEST.test(line) || /: Failure\s*$/.test(line) || /\(\d+\): error: /.test(line),
  open(findings) {
    let place: { from: number; file: string; line: number | undefined; message?: string } | undefined;
    return {
      feed(line, n) {
        const failed = GTEST.exec(line);
        if (failed !== null) {
          gtestFailed(findings, failed, place, n);
          return false;
        }
        const failure = GTEST_FAILURE.exec(line);
        if (failure !== null && place === undefined) {
          place = { from: n, file: failure[1] ?? "", line: intOf(failure[2] ?? failure[3]) };
          if ((failure[4] ?? "") !== "") place.message = (failure[4] ?? "").slice(0, 500);
          return true;
        }
        if (place === undefined || GTEST_RUN.test(line)) return false;
        if (place.message === undefined && line.trim() !== "") place.message = line.trim().slice(0, 500);
        return n - place.from < 200;
      },
      end() {},
    };
  },
};

function gtestFailed(
  findings: Findings,
  failed: RegExpExecArray,
  place: { from: number; file: string; line: number | undefined; message?: string } | undefined,
  n: number,
): void {
  findings.failedTest({
    framework: "googletest",
    suite: failed[1] ?? "",
    name: failed[2] ?? "",
    ...(place === undefined ? {} : { file: place.file }),
    ...(place?.line === undefined ? {} : { line: place.line }),
    ...(place?.message === undefined ? {} : { message: place.message }),
    log_line: place?.from ?? n,
  });
  findings.failure({ from: place?.from ?? n, to: n, code: "test.assertion" });
}

const CATCH_FAILED = /^(\S.*?)(?::(\d+)|\((\d+)\)): (?:FAILED|ERROR)(?::|$)/;
const CATCH_RULE = /^-{79}$/;
const CATCH_DOTS = /^\.{79}$/;

/** Catch2: a ruled title (test case, then sections), its place, a dotted line, then `file:12: FAILED:`. */
export const catch2: Parser = {
  id: "catch2",
  kind: "test",
  prefilter: ["^-{79}$", String.raw`^test cases: +\d+ \|`],
  opens: (line) => CATCH_RULE.test(line) || /^test cases: +\d+ \|/.test(line),
  open: openCatch,
};

function openCatch(findings: Findings): OpenParser {
  const titles: string[] = [];
  let phase: "titles" | "place" | "body" | undefined;
  let from = 0;
  return {
    feed(line, n) {
      if (phase === undefined) {
        [from, phase] = [n, "titles"];
        return !catchTotals(line, findings);
      }
      if (CATCH_RULE.test(line)) phase = phase === "titles" ? "place" : "titles";
      else if (CATCH_DOTS.test(line)) phase = "body";
      else if (phase === "titles" && line.trim() !== "" && titles.length < 8) titles.push(line.trim());
      const failed = phase === "body" ? CATCH_FAILED.exec(line) : null;
      if (failed === null) return n - from < 40 && !(phase === "titles" && titles.length >= 8);
      const name = titles[0] ?? "";
      const line_ = intOf(failed[2] ?? failed[3]);
      findings.failedTest({ framework: "catch2", name, file: failed[1] ?? "", ...(line_ === undefined ? {} : { line: line_ }), log_line: from });
      findings.failure({ from, to: n + 6, code: "test.assertion" });
      return false;
    },
    end() {},
  };
}

function catchTotals(line: string, findings: Findings): boolean {
  const match = /^test cases: +(\d+) \|(?:.*?(\d+) passed)?(?:.*?(\d+) failed)?/.exec(line);
  if (match === null) return false;
  const [run = 0, , failed = 0] = match.slice(1).map(intOf);
  findings.counts({ framework: "catch2", run, failed, skipped: 0 });
  return true;
}

const DOCTEST_CASE = /^TEST CASE: {2}(\S.*)$/;

/** doctest: `TEST CASE:  name` above `file:12: ERROR: CHECK( ... ) is NOT correct!` */
export const doctest: Parser = {
  id: "doctest",
  kind: "test",
  prefilter: ["^TEST CASE: {2}"],
  opens: (line) => DOCTEST_CASE.test(line),
  open(findings) {
    let name = "";
    let from = 0;
    return {
      feed(line, n) {
        if (from === 0) [name, from] = [DOCTEST_CASE.exec(line)?.[1] ?? "", n];
        const error = /^(\S.*?)(?::(\d+)|\((\d+)\)): (?:FATAL )?ERROR: (.*)$/.exec(line);
        if (error === null) return n - from < 40;
        const number = intOf(error[2] ?? error[3]);
        findings.failedTest({ framework: "doctest", name, file: error[1] ?? "", ...(number === undefined ? {} : { line: number }), message: error[4] ?? "", log_line: from });
        findings.failure({ from, to: n + 2, code: "test.assertion" });
        return false;
      },
      end() {},
    };
  },
};

/** Boost.Test: `file.cpp(12): error: in "suite/test": check a == b has failed` */
export const boostTest: Parser = oneLine({
  id: "boost_test",
  kind: "test",
  prefilter: [String.raw`[:(]\d+\)?: (?:fatal )?error: in "`],
  rows: [
    {
      shape: /^(\S.*?)(?:\((\d+)\)|:(\d+)): (?:fatal )?error: in "([^"]+)": (.*)$/,
      found(match, n, findings) {
        const path = (match[4] ?? "").split("/");
        const name = path.pop() ?? "";
        const line = intOf(match[2] ?? match[3]);
        findings.failedTest({
          framework: "boost_test",
          ...(path.length === 0 ? {} : { suite: path.join("/") }),
          name,
          file: match[1] ?? "",
          ...(line === undefined ? {} : { line }),
          message: match[5] ?? "",
          log_line: n,
        });
        findings.failure({ from: n, to: n, code: "test.assertion" });
      },
    },
  ],
});
