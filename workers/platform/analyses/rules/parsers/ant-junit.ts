/** Ant's junit task and TestNG's own reporter: `Testcase:` results under their `Testsuite:`, and `FAILED:` lines. */
import { PARSER_LINES_MAX, type Findings, type OpenParser, type Parser } from "./contract.ts";
import { brief, group, intOf, oneLine } from "./words.ts";

const TASK = /^\s*(?:\[(?:junit\d*|junitlauncher|batchtest|exec|java)\] )?/;
const SUITE = /^(?:Testsuite: |Running )([\w$.]+)\s*$/;
const CASE =
  /^Testcase: (\S.*?)(?:\(([\w$.]+)\))?(?: took [\d.,]+ \w+|:)\s*(FAILED|Caused an ERROR|SKIPPED)?\s*(?:\((.*)\))?\s*$/;
/** A class that failed, for formatters that name no test of it. */
const CLASS = /^T(?:est|EST) ([\w$.]+) FAILED(?: \((crashed|timeout)\))?$/;
const TOTALS = /^Tests run: (\d+), Failures: (\d+), Errors: (\d+)(?:, Skipped: (\d+))?/;

export const antJunit: Parser = {
  id: "ant_junit",
  kind: "test",
  prefilter: [
    String.raw`Testcase: \S`,
    String.raw`\[junit\] (?:Testsuite: |Running |T(?:est|EST) )`,
    "^Testsuite: ",
  ],
  opens(line) {
    const text = line.replace(TASK, "");
    return (
      text.startsWith("Testcase: ") ||
      text.startsWith("Testsuite: ") ||
      (line.includes("[junit") && (SUITE.test(text) || CLASS.test(text)))
    );
  },
  open,
};

function open(findings: Findings): OpenParser {
  let suite: string | undefined;
  let test: { name: string; suite: string | undefined; from: number } | undefined;
  let since = 0;
  let marked: string | undefined;
  let named: string | undefined;
  let last = 0;
  const mark = (kind: string, message: string | undefined, n: number): void => {
    if (test === undefined || kind === "SKIPPED") return;
    const owner = test.suite ?? suite;
    named = owner;
    findings.failedTest({
      framework: "junit",
      suite: owner,
      name: test.name,
      message: brief(message),
      log_line: test.from,
    });
    findings.failure({
      from: test.from,
      to: n + 1,
      code: kind === "FAILED" ? "test.assertion" : "test.error",
    });
    [test, marked] = [undefined, undefined];
  };
  const begin = (match: RegExpExecArray, n: number): void => {
    test = {
      name: match[1] ?? "",
      suite: match[2],
      from: n,
    };
    marked = match[3];
  };
  return {
    feed(line, n) {
      last = n;
      if (since === 0) since = n;
      const text = line.replace(TASK, "");
      const opened = SUITE.exec(text)?.[1];
      const testcase = text.startsWith("Testcase: ") ? CASE.exec(text) : null;
      if (opened !== undefined || testcase !== null) {
        if (marked !== undefined) mark(marked, undefined, n - 1);
        since = n;
        if (testcase !== null) begin(testcase, n);
        else [suite, test] = [opened, undefined];
        return true;
      }
      if (marked !== undefined) mark(marked, text.trim(), n);
      else if (/^\s*(?:FAILED|Caused an ERROR)\s*$/.test(text)) marked = text.trim();
      if (line.includes("[junit")) {
        totals(text, findings);
        wholeClass(text, n, named, findings);
      }
      return n - since < PARSER_LINES_MAX && !/^BUILD (?:FAILED|SUCCESSFUL)/.test(line);
    },
    end() {
      if (marked !== undefined) mark(marked, undefined, last);
    },
  };
}

function wholeClass(text: string, n: number, named: string | undefined, findings: Findings): void {
  const match = CLASS.exec(text);
  if (match === null || match[1] === named) return;
  findings.failedTest({
    framework: "junit",
    name: group(match, 1),
    message: match[2],
    log_line: n,
  });
  findings.failure({
    from: n,
    to: n,
    code: match[2] === "timeout" ? "test.timeout" : "test.error",
  });
}

function totals(text: string, findings: Findings): void {
  const match = TOTALS.exec(text);
  if (match === null) return;
  const [run = 0, failures = 0, errors = 0, skipped = 0] = match.slice(1).map(intOf);
  findings.counts({ framework: "junit", run, failed: failures + errors, skipped });
}

/** TestNG's command-line reporter, and its listeners under ant and Gradle. */
export const testng: Parser = oneLine({
  id: "testng",
  kind: "test",
  prefilter: [String.raw`^\s*(?:\[testng\] )?FAILED(?: CONFIGURATION)?: `],
  rows: [
    {
      shape: /^\s*(?:\[testng\] )?FAILED CONFIGURATION: (?:@\w+ )?(?:"[^"]*" - )?([\w$.]+)/,
      found(match, n, findings) {
        findings.failure({ from: n, to: n + 1, code: "test.setup" });
        if (match[1] !== undefined)
          findings.failedTest({ framework: "testng", ...split(match[1]), log_line: n });
      },
    },
    {
      shape: /^\s*(?:\[testng\] )?FAILED: (?:"[^"]*" - )?([\w$.]+)(\(.*\))?\s*$/,
      found(match, n, findings) {
        findings.failure({ from: n, to: n + 1, code: "test.assertion" });
        const known = split(match[1] ?? "");
        findings.failedTest({
          framework: "testng",
          ...known,
          name: `${known.name}${match[2] ?? ""}`,
          log_line: n,
        });
      },
    },
  ],
});

function split(path: string): { suite?: string; name: string } {
  const dot = path.lastIndexOf(".");
  return dot < 0 ? { name: path } : { suite: path.slice(0, dot), name: path.slice(dot + 1) };
}
