/** .NET test runners: dotnet test (VSTest, testing platform), xUnit's console, NUnit's console, and their totals. */
import type { FailedTest, TestCounts } from "../../model.ts";
import type { Findings, OpenParser, Parser } from "./contract.ts";
import { intOf } from "./words.ts";

const DURATION = String.raw`(?: [\[(](?:< )?[\d.,]+ ?\w+(?: [\d.,]+ ?\w+)*[\])])`;
/** `  Failed Ns.Class.Method [5 ms]`, `  X Ns.Class.Method [5ms]`, `failed Ns.Class.Method (5ms)` */
const VSTEST = new RegExp(
  String.raw`^\s*(?:Failed|X|failed|✗) {1,3}(?!to )([\w"].*?)${DURATION}\s*$`,
);
const OLD_VSTEST = /^Failed {3}(\w[\w.+<>`]*\.\w+(?:\(.*\))?)\s*$/;
const XUNIT = /^(?:\[xUnit\.net [\d:.]+\])?\s+(\w.*?) \[FAIL\]\s*$/;
const NUNIT = /^\d+\) (?:Test )?(Failed|Error|Failure|Invalid) : (\w[\w.+]*\.\S.*?)\s*$/;
const TOTALS =
  /^(?:Failed|Passed)! {1,2}- Failed: +(\d+), Passed: +(\d+), Skipped: +(\d+), Total: +(\d+)/;
const OLD_TOTALS = /^Total tests: (\d+)\. Passed: (\d+)\. Failed: (\d+)\. Skipped: (\d+)/;
const XUNIT_TOTALS = /^\s*\S+ +Total: (\d+), Errors: (\d+), Failed: (\d+), Skipped: (\d+)/;
const PLACE = /^\s*at .* in (\S.*):line (\d+)\s*$/;
const DETAIL_LINES_MAX = 60;

export const dotnetTest: Parser = {
  id: "dotnet_test",
  kind: "test",
  prefilter: [
    String.raw`^\s*(?:Failed|X|failed|✗) {1,3}[\w"].*[\])]\s*$`,
    String.raw`^Failed {3}\w`,
    String.raw` \[FAIL\]\s*$`,
    String.raw`^\d+\) (?:Test )?(?:Failed|Error|Failure|Invalid) : `,
    String.raw`^(?:Failed|Passed)! {1,2}- Failed:`,
    String.raw`^Total tests: \d+\. `,
    String.raw`Total: \d+, Errors: \d+, Failed: \d+`,
  ],
  opens: (line) => nameOf(line) !== undefined || totalsOf(line) !== undefined,
  open,
};

function nameOf(line: string): string | undefined {
  const name =
    VSTEST.exec(line)?.[1] ??
    OLD_VSTEST.exec(line)?.[1] ??
    XUNIT.exec(line)?.[1] ??
    NUNIT.exec(line)?.[2];
  return name === undefined || /^(?:in|with|after) /.test(name) ? undefined : name;
}

function totalsOf(line: string): TestCounts | undefined {
  const recent = TOTALS.exec(line)?.slice(1).map(intOf);
  if (recent !== undefined) return counted(recent[0], recent[1], recent[2]);
  const old = OLD_TOTALS.exec(line)?.slice(1).map(intOf);
  if (old !== undefined) return counted(old[2], old[1], old[3]);
  const [total = 0, errors = 0, failed = 0, skipped = 0] =
    XUNIT_TOTALS.exec(line)?.slice(1).map(intOf) ?? [];
  return total === 0
    ? undefined
    : counted(failed + errors, total - skipped - failed - errors, skipped);
}

const counted = (failed = 0, passed = 0, skipped = 0): TestCounts => ({
  framework: "dotnet",
  run: failed + passed,
  failed,
  skipped,
});

function open(findings: Findings): OpenParser {
  let failure: { test: FailedTest; wants: boolean; lines: number } | undefined;
  let last = 0;
  const flush = (to: number): void => {
    if (failure === undefined) return;
    findings.failedTest(failure.test);
    findings.failure({ from: failure.test.log_line, to, code: "test.assertion" });
    failure = undefined;
  };
  return {
    feed(line, n) {
      last = n;
      const name = nameOf(line);
      if (name !== undefined) {
        flush(n - 1);
        failure = { test: testOf(name, n), wants: true, lines: 0 };
        return true;
      }
      const totals = totalsOf(line);
      if (totals !== undefined) findings.counts(totals);
      if (
        failure === undefined ||
        totals !== undefined ||
        line.trim() === "" ||
        failure.lines >= DETAIL_LINES_MAX
      ) {
        flush(n - 1);
        return false;
      }
      failure.lines += 1;
      failure.test = read(failure, line);
      return true;
    },
    end: () => flush(last),
  };
}

function read(failure: { test: FailedTest; wants: boolean }, line: string): FailedTest {
  const text = line.replace(/^\[xUnit\.net [\d:.]+\]/, "").trim();
  if (failure.wants && text !== "" && !/^(?:Error Message|Stack Trace|from )/.test(text)) {
    failure.wants = false;
    return { ...failure.test, message: text.slice(0, 500) };
  }
  const place = PLACE.exec(text);
  const number = intOf(place?.[2]);
  if (place === null || failure.test.file !== undefined || number === undefined)
    return failure.test;
  return { ...failure.test, file: place[1] ?? "", line: number };
}

/** `Ns.Class.Method(x: 1)`: the parameters belong to the name. A display name with spaces has no class. */
function testOf(full: string, n: number): FailedTest {
  const head = /^[\w.+`<>]+/.exec(full)?.[0] ?? "";
  const dot = head.lastIndexOf(".");
  if (dot <= 0 || (head.length < full.length && full.charAt(head.length) !== "("))
    return { framework: "dotnet", name: full, log_line: n };
  return { framework: "dotnet", suite: head.slice(0, dot), name: full.slice(dot + 1), log_line: n };
}
