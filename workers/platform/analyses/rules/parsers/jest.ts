/** Jest: `●` headings of failed tests below their `FAIL file` line, and the closing totals. */
import { PARSER_LINES_MAX, type Findings, type OpenParser, type Parser } from "./contract.ts";
import { brief, group, intOf } from "./words.ts";

const FILE =
  /^\s{0,2}(FAIL|PASS)\s+(?:\S.* )?(\S+\.\w+)(?: \([\d.]+ ?m?s\))?(?: \(\d[\d.]* MB heap size\))?\s*$/;
const HEADING = /^\s{0,4}● (\S.*?)\s*$/;
/** Headings that name no test. */
const NOT_A_TEST =
  /^(?:Console|Validation Error|Validation Warning|Deprecation Warning|Multiple configurations|process\.exit|Cannot |Unhandled |.* obsolete|Test suite failed to run)/;
const TOTALS = /^Tests: {2,}(.*\b(\d+) total)/;
const ASIDE = /^\s*at (?:.*\()?([^\s():]+\.\w+):(\d+):\d+\)?$/;

export const jest: Parser = {
  id: "jest",
  kind: "test",
  prefilter: [String.raw`^\s{0,4}● \S`, String.raw`^\s{0,2}FAIL\s+\S`, "^Tests: {2,}"],
  opens: (line) => HEADING.test(line) || FILE.exec(line)?.[1] === "FAIL" || TOTALS.test(line),
  open,
};

interface Failure {
  readonly title: string;
  readonly from: number;
  /** The last line that is surely the failure's: its details are indented. */
  end: number;
  readonly file: string | undefined;
  message?: string | undefined;
  line?: number | undefined;
  code: "test.assertion" | "test.timeout" | "test.snapshot" | "test.setup";
}

function open(findings: Findings): OpenParser {
  let file: string | undefined;
  let failure: Failure | undefined;
  let since = 0;
  const flush = (): void => {
    if (failure !== undefined) report(findings, failure);
    failure = undefined;
  };
  return {
    feed(line, n) {
      if (since === 0) since = n;
      const heading = HEADING.exec(line)?.[1];
      const header = heading === undefined ? FILE.exec(line) : null;
      if (heading !== undefined || header !== null) {
        flush();
        since = n;
        if (header !== null) file = header[1] === "FAIL" ? header[2] : undefined;
        else if (heading !== undefined) failure = begin(heading, n, file);
        return header === null || header[1] === "FAIL";
      }
      if (/^(?:Tests|Test Suites|Snapshots): {1,}\d/.test(line)) {
        flush();
        totals(line, findings);
        return false;
      }
      if (failure !== undefined) readDetail(failure, line, n);
      return n - since < PARSER_LINES_MAX;
    },
    end: flush,
  };
}

function begin(title: string, from: number, file: string | undefined): Failure | undefined {
  if (NOT_A_TEST.test(title) && !title.startsWith("Test suite failed")) return undefined;
  const code = title.startsWith("Test suite failed") ? "test.setup" : "test.assertion";
  return { title, from, end: from, file, code };
}

function readDetail(failure: Failure, line: string, n: number): void {
  const text = line.trim();
  if (text !== "" && /^\s/.test(line)) failure.end = n;
  if (failure.message === undefined && text !== "") {
    failure.message = brief(text);
    if (/snapshot/i.test(text)) failure.code = "test.snapshot";
    else if (/[tT]imeout|timed out/.test(text)) failure.code = "test.timeout";
  }
  if (failure.line === undefined) failure.line = lineIn(failure.file, text);
}

/** The line of a stack frame in the test's own file. */
function lineIn(file: string | undefined, text: string): number | undefined {
  const at = file === undefined || !text.startsWith("at ") ? null : ASIDE.exec(text);
  return file !== undefined && group(at, 1).endsWith(file) ? intOf(at?.[2]) : undefined;
}

function report(findings: Findings, failure: Failure): void {
  findings.failure({ from: failure.from, to: failure.end, code: failure.code });
  if (failure.code === "test.setup") return;
  const parts = failure.title.split(" › ");
  const name = parts.pop() ?? failure.title;
  findings.failedTest({
    framework: "jest",
    ...(parts.length === 0 ? {} : { suite: parts.join(" › ") }),
    name,
    file: failure.file,
    line: failure.line,
    message: failure.message,
    log_line: failure.from,
  });
}

function totals(line: string, findings: Findings): void {
  const match = TOTALS.exec(line);
  if (match === null) return;
  const count = (word: string): number =>
    intOf(new RegExp(`(\\d+) ${word}`).exec(match[1] ?? "")?.[1]) ?? 0;
  const failed = count("failed");
  findings.counts({
    framework: "jest",
    run: failed + count("passed"),
    failed,
    skipped: count("skipped") + count("todo") + count("pending"),
  });
}
