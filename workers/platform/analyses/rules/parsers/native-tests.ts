/** Test runners of native code: CTest, GoogleTest, Catch2, doctest, Boost.Test. */
import type { Findings, OpenParser, Parser } from "./contract.ts";
import { brief, group, intOf, oneLine } from "./words.ts";

/** ` 5/10 Test  #5: name ......***Failed  0.1 sec`, the closing list `\t  5 - name (Failed)`, and the totals. */
export const ctest: Parser = oneLine({
  id: "ctest",
  kind: "test",
  prefilter: [
    String.raw`Test +#\d+: \S.*\*\*\*`,
    String.raw`^\s+\d+ - \S+ \(`,
    String.raw`% tests passed, \d+ tests? failed out of`,
  ],
  rows: [
    {
      shape: /^\s*\d+\/\d+ Test +#\d+: (\S+) \.*\s*\*\*\*(\S+(?: \S+)?)/,
      found(match, n, findings) {
        if (/^(?:Skipped|Not Run)/.test(match[2] ?? "")) return;
        findings.failedTest({
          framework: "ctest",
          name: match[1] ?? "",
          message: match[2] ?? "",
          log_line: n,
        });
        findings.failure({ from: n, to: n, code: codeOf(match[2] ?? "") });
      },
    },
    {
      shape:
        /^\s+\d+ - (\S+) \((Failed|Timeout|SEGFAULT|ILLEGAL|OTHER_FAULT|Exit code .*|BAD_COMMAND|Child aborted|Subprocess aborted|NUMERICAL)\)/,
      found(match, n, findings) {
        findings.failedTest({
          framework: "ctest",
          name: match[1] ?? "",
          message: match[2] ?? "",
          log_line: n,
        });
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
  return /SEGFAULT|abort|Exception|FAULT|ILLEGAL|NUMERICAL/i.test(reason)
    ? "test.crash"
    : "test.assertion";
}

const GTEST =
  /^\s*(?:\d+: )?\[ {2}FAILED {2}\] ([\w/]+)\.([\w/]+)(, where .*?)?(?: \(\d+ ms\))?\s*$/;
const GTEST_FAILURE = /^\s*(?:\d+: )?(\S+?)(?::(\d+)|\((\d+)\)): (?:Failure|error: )\s*(.*)$/;
const GTEST_RUN = /^\s*(?:\d+: )?\[ RUN {6}\] /;

interface Placed {
  readonly from: number;
  readonly file: string;
  readonly line: number | undefined;
  message: string | undefined;
}

/** GoogleTest: `file:12: Failure` blocks closed by `[  FAILED  ] Suite.Name (3 ms)`. */
export const googletest: Parser = {
  id: "googletest",
  kind: "test",
  prefilter: [String.raw`\[ {2}FAILED {2}\] \w`, String.raw`[:(]\d{1,7}\)?: (?:Failure|error: )`],
  opens: (line) => GTEST.test(line) || /: Failure\s*$/.test(line) || /\(\d+\): error: /.test(line),
  open(findings) {
    let place: Placed | undefined;
    return {
      feed(line, n) {
        const failed = GTEST.exec(line);
        if (failed !== null) {
          gtestFailed(findings, failed, place, n);
          return false;
        }
        const begun = place === undefined ? gtestPlace(line, n) : undefined;
        place ??= begun;
        if (place === undefined || GTEST_RUN.test(line)) return false;
        if (begun === undefined) place.message ??= brief(line);
        return n - place.from < GTEST_LINES_MAX;
      },
      end() {},
    };
  },
};

/** How far below a failure its closing line may stand. */
const GTEST_LINES_MAX = 200;

function gtestPlace(line: string, n: number): Placed | undefined {
  const match = GTEST_FAILURE.exec(line);
  if (match === null) return undefined;
  return {
    from: n,
    file: group(match, 1),
    line: intOf(match[2] ?? match[3]),
    message: brief(match[4]),
  };
}

function gtestFailed(
  findings: Findings,
  failed: RegExpExecArray,
  place: Placed | undefined,
  n: number,
): void {
  const from = place?.from ?? n;
  findings.failedTest({
    framework: "googletest",
    suite: group(failed, 1),
    name: group(failed, 2),
    file: place?.file,
    line: place?.line,
    message: place?.message,
    log_line: from,
  });
  findings.failure({ from, to: n, code: "test.assertion" });
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
  let phase: "titles" | "place" | "body" = "titles";
  let from = 0;
  const turn = (line: string): void => {
    if (CATCH_RULE.test(line)) phase = phase === "titles" ? "place" : "titles";
    else if (CATCH_DOTS.test(line)) phase = "body";
    else if (phase === "titles" && line.trim() !== "") titles.push(line.trim());
  };
  return {
    feed(line, n) {
      if (from === 0) {
        from = n;
        return !catchTotals(line, findings);
      }
      turn(line);
      const failed = phase === "body" ? CATCH_FAILED.exec(line) : null;
      if (failed === null) return n - from < 40 && titles.length < 8;
      findings.failedTest({
        framework: "catch2",
        name: titles[0] ?? "",
        file: group(failed, 1),
        line: intOf(failed[2] ?? failed[3]),
        log_line: from,
      });
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
        findings.failedTest({
          framework: "doctest",
          name,
          file: error[1] ?? "",
          line: number,
          message: error[4] ?? "",
          log_line: from,
        });
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
          line,
          message: match[5] ?? "",
          log_line: n,
        });
        findings.failure({ from: n, to: n, code: "test.assertion" });
      },
    },
  ],
});
