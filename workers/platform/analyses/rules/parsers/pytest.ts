/** pytest: the failure sections, the short summary, verbose and xdist progress lines, and the closing totals. */
import type { FailedTest } from "../../model.ts";
import { PARSER_LINES_MAX, type Findings, type OpenParser, type Parser } from "./contract.ts";
import { group, intOf } from "./words.ts";

/** `FAILED tests/a.py::TestB::test_c[1] - message`, with what xdist or `-v` prints before and after it. */
const SUMMARY =
  /^(?:\[gw\d+\] (?:\[ *\d+%\] )?(?:[\w:. ]*-> Python [\w.]+ )?)?(FAILED|ERROR) (\S+?\.\w+)((?:::[^:\s]\S*?)*)((?:\[.*\])?)(?: - (.*))?\s*$/;
/** `tests/a.py::TestB::test_c FAILED [ 10%]` */
const VERBOSE = /^(\S+\.\w+)::(\S.*?) (?:FAILED|ERROR)(?: +\[ *\d+%\])?\s*$/;
const TOTALS =
  /^=* ?(?=\d+ (?:failed|passed|error|skipped|xfailed|deselected))(.+) in [\d.:]+ ?(?:s|seconds)?\b/;
const HEADING_KIND =
  /^(?:ERROR at (?:setup|teardown|call) of |ERROR collecting |\[doctest\] |\[gw\d+\] )/;
const TRACE = /^(\S+\.\w+):(\d+):(?: (.*))?$/;
/** Only a frame in a test file places a failure: chained exceptions begin deep in the code under test. */
const TEST_FILE =
  /^(?!.*(?:site-packages|conftest\.py))(?:.*[/\\])?(?:test[^/\\]*|[^/\\]*tests?)\.\w+$|^(?!.*(?:site-packages|conftest\.py))(?:.*[/\\])?(?:tests?|testing|spec)[/\\]/;
const SECTION = /^={4,} .* ={4,}$/;

const titled = (line: string): string | undefined => {
  const match = /^(_+) (\S.*\S|\S) (_+)\s*$/.exec(line);
  const title = match?.[2];
  // tox closes with a heading of the same form that names no test.
  if (title === undefined || title.startsWith("_ ") || title === "summary") return undefined;
  return HEADING_KIND.test(title) || /^[\w.]+(?:\[.*\])?(?: \[.*\]| \(.*\))?$/.test(title)
    ? title
    : undefined;
};

export const pytest: Parser = {
  id: "pytest",
  kind: "test",
  prefilter: [
    String.raw`^_+ \S`,
    String.raw`(?:^|\] |Python [\d.]+ )(?:FAILED|ERROR) \S+\.\w`,
    String.raw`^\S+\.\w+::\S.* (?:FAILED|ERROR)`,
    String.raw`^=* ?\d+ (?:failed|passed|error|skipped)`,
  ],
  opens: (line) =>
    titled(line) !== undefined ||
    isSummary(line) ||
    (line.includes("::") && VERBOSE.test(line)) ||
    TOTALS.test(line),
  open,
};

const isSummary = (line: string): boolean => {
  const match = SUMMARY.exec(line);
  return (
    match !== null &&
    ((match[3] ?? "") !== "" ||
      match[1] === "ERROR" ||
      /\.(?:py|pyx|txt|rst|md)$/.test(match[2] ?? ""))
  );
};

interface Failure {
  title: string;
  from: number;
  file?: string;
  line?: number;
  message?: string;
}

function open(findings: Findings): OpenParser {
  let failure: Failure | undefined;
  const flush = (to: number): void => {
    if (failure !== undefined) report(findings, failure, to);
    failure = undefined;
  };
  let last = 0;
  return {
    feed(line, n) {
      last = n;
      const title = titled(line);
      if (title !== undefined) {
        flush(n - 1);
        failure = { title, from: n };
        return true;
      }
      if (single(line, n, findings) || SECTION.test(line)) {
        flush(n - 1);
        return false;
      }
      if (failure === undefined) return false;
      readTrace(failure, line);
      return n - failure.from < PARSER_LINES_MAX;
    },
    end: () => flush(last),
  };
}

/** Lines that say all by themselves. */
function single(line: string, n: number, findings: Findings): boolean {
  const summary = isSummary(line) ? SUMMARY.exec(line) : null;
  if (summary !== null) {
    const [file, path, message] = [group(summary, 2), group(summary, 3), summary[5]];
    const test =
      path === ""
        ? whole(file, n, message)
        : node(file, `${path.slice(2)}${group(summary, 4)}`, n, message);
    findings.failedTest(test);
    findings.failure({
      from: n,
      to: n,
      code: summary[1] === "ERROR" ? "test.setup" : "test.assertion",
    });
    return true;
  }
  const verbose = VERBOSE.exec(line);
  if (verbose !== null)
    findings.failedTest(node(group(verbose, 1), group(verbose, 2), n, undefined));
  return verbose !== null || totals(line, findings);
}

function totals(line: string, findings: Findings): boolean {
  const text = TOTALS.exec(line)?.[1];
  if (text === undefined) return false;
  const count = (word: string): number => intOf(new RegExp(`(\\d+) ${word}`).exec(text)?.[1]) ?? 0;
  const failed = count("failed") + count("errors?");
  const run = count("passed") + failed + count("xfailed") + count("xpassed");
  findings.counts({ framework: "pytest", run, failed, skipped: count("skipped") });
  return true;
}

/** A module that could not be collected counts as one failed test, as in pytest's own totals. */
function whole(file: string, n: number, message: string | undefined): FailedTest {
  return {
    framework: "pytest",
    name: moduleOf(file),
    file,
    message,
    log_line: n,
  };
}

/** A test by its node id; the suite is the class name that pytest itself writes into JUnit files. */
function node(file: string, path: string, n: number, message: string | undefined): FailedTest {
  const bracket = path.indexOf("[");
  const plain = bracket < 0 ? path : path.slice(0, bracket);
  const parts = plain.split("::");
  const own = `${parts.pop() ?? ""}${bracket < 0 ? "" : path.slice(bracket)}`;
  const module = moduleOf(file);
  const name = own.startsWith(`${module}.`) ? own.slice(module.length + 1) : own;
  return {
    framework: "pytest",
    suite: [module, ...parts.filter((part) => part !== "()")].join("."),
    name,
    file,
    message: message === "" ? undefined : message,
    log_line: n,
  };
}

const moduleOf = (file: string): string =>
  file
    .replace(/\.\w+$/, "")
    .replace(/^(?:\.*\/)+/, "")
    .replaceAll("/", ".");

function readTrace(failure: Failure, line: string): void {
  const trace = TRACE.exec(line);
  if (trace !== null && failure.file === undefined && TEST_FILE.test(trace[1] ?? "")) {
    failure.file = trace[1] ?? "";
    const at = intOf(trace[2]);
    if (at !== undefined) failure.line = at;
  }
  if (failure.message === undefined && line.startsWith("E  "))
    failure.message = line.slice(1).trim().slice(0, 500);
}

function report(findings: Findings, failure: Failure, to: number): void {
  const collecting = failure.title.startsWith("ERROR collecting ");
  findings.failure({
    from: failure.from,
    to,
    code: collecting || failure.title.startsWith("ERROR at ") ? "test.setup" : "test.assertion",
  });
  if (collecting) {
    const file = failure.title.slice("ERROR collecting ".length);
    findings.failedTest({
      framework: "pytest",
      name: moduleOf(file),
      file,
      message: failure.message,
      log_line: failure.from,
    });
    return;
  }
  const title = failure.title.replace(HEADING_KIND, "").replace(/ \[doctest\]$/, "");
  const bracket = title.indexOf("[");
  const dotted = (bracket < 0 ? title : title.slice(0, bracket)).split(".");
  const name = `${dotted.pop() ?? ""}${bracket < 0 ? "" : title.slice(bracket)}`;
  const file = failure.file;
  const relative =
    file !== undefined && !/^(?:\/|[A-Za-z]:|\.\.)/.test(file) && file.endsWith(".py");
  const suite = [
    ...(relative && !dotted.includes(moduleOf(file)) ? [moduleOf(file)] : []),
    ...dotted,
  ].join(".");
  findings.failedTest({
    framework: "pytest",
    ...(suite === "" ? {} : { suite }),
    name,
    file,
    line: failure.line,
    message: failure.message,
    log_line: failure.from,
  });
}
