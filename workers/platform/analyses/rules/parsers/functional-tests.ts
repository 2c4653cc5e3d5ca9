/** Numbered failure lists of functional languages' runners: ExUnit, hspec, tasty. */
import { PARSER_LINES_MAX, type Findings, type Parser } from "./contract.ts";
import { brief, group, intOf, oneLine } from "./words.ts";

const EXUNIT = /^\s+\d+\) (test|property|doctest) (\S.*) \(([\w.]+)\)\s*$/;
const EXUNIT_PLACE = /^\s+(\S+\.exs?):(\d+)\s*$/;

/** ExUnit: `  1) test adds (MyApp.SumTest)`, the place below, then the message. */
export const exunit: Parser = {
  id: "exunit",
  kind: "test",
  prefilter: [
    String.raw`^\s+\d+\) (?:test|property|doctest) \S`,
    String.raw`^\d+ (?:doctests?|properties|property|tests?), .*\d+ failures?`,
  ],
  opens: (line) => EXUNIT.test(line) || EXUNIT_TOTALS.test(line),
  open(findings) {
    let test: ExunitTest | undefined;
    return {
      feed(line, n) {
        const heading = EXUNIT.exec(line);
        if (heading !== null) {
          test = {
            suite: group(heading, 3),
            name: `${group(heading, 1)} ${group(heading, 2)}`,
            from: n,
          };
          return true;
        }
        exunitTotals(line, findings);
        if (test === undefined) return false;
        const place = test.file === undefined ? EXUNIT_PLACE.exec(line) : null;
        if (place !== null) {
          test = { ...test, file: group(place, 1), line: intOf(place[2]) };
          return true;
        }
        const { from, ...rest } = test;
        findings.failedTest({ framework: "exunit", ...rest, message: brief(line), log_line: from });
        findings.failure({ from, to: n + 4, code: "test.assertion" });
        return false;
      },
      end() {},
    };
  },
};

interface ExunitTest {
  readonly suite: string;
  readonly name: string;
  readonly from: number;
  readonly file?: string;
  readonly line?: number | undefined;
}

function exunitTotals(line: string, findings: Findings): void {
  const totals = EXUNIT_TOTALS.exec(line);
  if (totals === null) return;
  const [run = 0, failed = 0, excluded = 0, skipped = 0] = totals.slice(1).map(intOf);
  findings.counts({ framework: "exunit", run, failed, skipped: skipped + excluded });
}

const EXUNIT_TOTALS =
  /^(?:\d+ (?:doctests?|properties|property), )*(\d+) tests?, (\d+) failures?(?:, (\d+) excluded)?(?:, (\d+) skipped)?/;

const HSPEC_ITEM = /^ {2}(\d+)\) (\S.*)$/;
const HSPEC_PLACE = /^ {2}(\S+\.hs):(\d+):(?:\d+:)?\s*$/;

/** hspec: `Failures:`, then `  test/FooSpec.hs:12:5:` and `  1) Module.function behaves` */
export const hspec: Parser = {
  id: "hspec",
  kind: "test",
  prefilter: [String.raw`^ {2}\S+\.hs:\d+:`],
  opens: (line) => HSPEC_PLACE.test(line),
  open(findings) {
    let place: RegExpExecArray | null = null;
    return {
      feed(line, n) {
        if (place === null) {
          place = HSPEC_PLACE.exec(line);
          return place !== null;
        }
        const name = HSPEC_ITEM.exec(line)?.[2];
        if (name !== undefined) {
          const number = intOf(place[2]);
          findings.failedTest({
            framework: "hspec",
            name,
            file: place[1] ?? "",
            line: number,
            log_line: n,
          });
          findings.failure({ from: n - 1, to: n + 6, code: "test.assertion" });
        }
        return false;
      },
      end() {},
    };
  },
};

const TASTY_LEAF = /^(\s+)(\S.*?):\s+FAIL(?: \([\d.]+s\))?\s*$/;

/** tasty: `    name: FAIL (0.01s)` in an indented tree; the message is the next deeper line. */
export const tasty: Parser = {
  id: "tasty",
  kind: "test",
  prefilter: [String.raw`^\s+\S.*:\s+FAIL(?: \([\d.]+s\))?\s*$`],
  opens: (line) => TASTY_LEAF.test(line),
  open(findings) {
    let test: { name: string; from: number } | undefined;
    return {
      feed(line, n) {
        if (test === undefined) {
          test = { name: TASTY_LEAF.exec(line)?.[2] ?? "", from: n };
          return true;
        }
        findings.failedTest({
          framework: "tasty",
          name: test.name,
          message: line.trim().slice(0, 500),
          log_line: test.from,
        });
        findings.failure({ from: test.from, to: n + 3, code: "test.assertion" });
        return false;
      },
      end() {},
    };
  },
};

const SBT = String.raw`^(?:\[(?:info|error)\] ?)*`;
const SCALATEST_SUITE = /^(?:\[info\] ?)+([A-Z]\w*(?:Specs?|Tests?|Suite|Should)):\s*$/;
const SCALATEST_FAILED =
  /^(?:\[info\] )?\s*(?:- )?(\S.*?) \*\*\* (?:FAILED|ABORTED) \*\*\*(?: \(.*\))?\s*$/;

/** ScalaTest: `[info] - should add *** FAILED ***` below `[info] SumSpec:`. */
export const scalatest: Parser = {
  id: "scalatest",
  kind: "test",
  prefilter: [String.raw`\*\*\* (?:FAILED|ABORTED) \*\*\*`, "(?:Specs?|Tests?|Suite|Should):"],
  opens: (line) => SCALATEST_FAILED.test(line) || SCALATEST_SUITE.test(line),
  open(findings) {
    let suite: string | undefined;
    let from = 0;
    return {
      feed(line, n) {
        const named = SCALATEST_SUITE.exec(line)?.[1];
        if (named !== undefined) [suite, from] = [named, n];
        if (from === 0) from = n;
        const failed = line.includes("*** ") ? SCALATEST_FAILED.exec(line)?.[1] : undefined;
        if (failed !== undefined && !/^\d+ /.test(failed)) {
          findings.failedTest({
            framework: "scalatest",
            suite,
            name: failed,
            log_line: n,
          });
          findings.failure({ from: n, to: n + 3, code: "test.assertion" });
        }
        return suite !== undefined && n - from < PARSER_LINES_MAX && line.startsWith("[info]");
      },
      end() {},
    };
  },
};

/** What sbt prints for JUnit, MUnit, specs2 and utest, and its own closing list of failed suites. */
export const sbtTest: Parser = oneLine({
  id: "sbt_test",
  kind: "test",
  prefilter: [
    String.raw`\[error\] Test \S+ failed: `,
    String.raw`==> X \S`,
    String.raw`\[error\]\s+[x!] \S`,
    String.raw`(?:Failed|Passed|Error): Total \d+, Failed \d+`,
  ],
  rows: [
    {
      // junit-interface: `Test pkg.Class.method failed: message, took 0.1 sec`
      shape: new RegExp(
        String.raw`${SBT}Test ((?:[\w$]+\.)*[\w$]+)\.([\w$]\S*) failed: (.*?)(?:, took [\d.]+ ?s(?:ec)?)?\s*$`,
      ),
      found(match, n, findings) {
        findings.failedTest({
          framework: "junit",
          suite: match[1] ?? "",
          name: match[2] ?? "",
          message: match[3] ?? "",
          log_line: n,
        });
        findings.failure({ from: n, to: n + 1, code: "test.assertion" });
      },
    },
    {
      shape: new RegExp(String.raw`${SBT}==> X ((?:\w+\.)+\w+)\.(\S.*?) {1,2}[\d.]+s? ?(.*)$`),
      found(match, n, findings) {
        findings.failedTest({
          framework: "munit",
          suite: match[1] ?? "",
          name: match[2] ?? "",
          message: match[3] ?? "",
          log_line: n,
        });
        findings.failure({ from: n, to: n + 3, code: "test.assertion" });
      },
    },
    {
      shape: /^\[error\]\s+([x!]) (\S.*?)\s*$/,
      found(match, n, findings) {
        findings.failedTest({ framework: "specs2", name: match[2] ?? "", log_line: n });
        findings.failure({
          from: n,
          to: n + 2,
          code: match[1] === "!" ? "test.error" : "test.assertion",
        });
      },
    },
    {
      shape: new RegExp(
        String.raw`${SBT}(?:Failed|Passed|Error): Total (\d+), Failed (\d+), Errors (\d+), Passed \d+(?:, Skipped (\d+))?`,
      ),
      found(match, n, findings) {
        const [run = 0, failed = 0, errors = 0, skipped = 0] = match.slice(1).map(intOf);
        if (n > 0) findings.counts({ framework: "sbt", run, failed: failed + errors, skipped });
      },
    },
  ],
});
