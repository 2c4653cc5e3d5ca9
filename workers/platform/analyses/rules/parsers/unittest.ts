/** Python's unittest and what prints like it: nose, trial, green, stestr, the runners of web frameworks. */
import type { FailedTest } from "../../model.ts";
import { PARSER_LINES_MAX, type Findings, type OpenParser, type Parser } from "./contract.ts";
import { intOf } from "./words.ts";

const RULE = /^={70,79}$/;
const DASHES = /^-{70,79}$/;
const HEADER = /^(FAIL|ERROR|UNEXPECTED SUCCESS): (\S.*)$/;
/** `test_a (pkg.mod.Class)`, since 3.11 `test_a (pkg.mod.Class.test_a)`, with sub-test parameters behind. */
const METHOD = /^(\S+) \(([\w.<>-]+)\)(?: (.*))?$/;
const DOTTED = /^(?:[\w-]+\.)+\w+(?:\(.*\))?$/;
const PROGRESS = /^(\w+) \(([\w.<>-]+)\)(?: .*)? \.\.\. (FAIL|ERROR)$/;
const RAN = /^Ran (\d+) tests? in /;
const ENDED = /^(?:FAILED|OK|PASSED)(?: \((.*)\))?$/;

export const unittest: Parser = {
  id: "unittest",
  kind: "test",
  prefilter: [
    String.raw`^={70,79}$`,
    String.raw`^(?:FAIL|ERROR): \S`,
    String.raw` \.\.\. (?:FAIL|ERROR)$`,
    String.raw`^Ran \d+ tests? in `,
  ],
  opens: (line) => RULE.test(line) || certain(line) || PROGRESS.test(line) || RAN.test(line),
  open,
};

/** A header that needs no rule above it to be believed: build tools print `ERROR: sentence` too. */
function certain(line: string): boolean {
  const subject = HEADER.exec(line)?.[2];
  return (
    subject !== undefined &&
    (METHOD.test(subject) || DOTTED.test(subject)) &&
    /^\w*[tT]est|[.(]\w*[tT]est/.test(subject)
  );
}

type Phase = "rule" | "head" | "trace" | "totals";

interface Failure {
  readonly kind: string;
  readonly subject: string;
  readonly from: number;
  message?: string;
}

function open(findings: Findings): OpenParser {
  let phase: Phase = "rule";
  let failure: Failure | undefined;
  let ran = 0;
  let last = 0;
  const flush = (to: number): void => {
    if (failure !== undefined) report(findings, failure, to);
    failure = undefined;
  };
  const begin = (line: string, n: number): boolean => {
    const match = HEADER.exec(line);
    if (match === null) return false;
    failure = { kind: match[1] ?? "", subject: match[2] ?? "", from: n };
    phase = "head";
    return true;
  };
  const totals = (line: string): boolean => {
    const ended = ENDED.exec(line);
    if (ended === null) return line.trim() === "";
    findings.counts(totalsOf(ran, ended[1] ?? ""));
    return false;
  };
  return {
    feed(line, n) {
      last = n;
      const started = RAN.exec(line);
      if (started !== null) {
        flush(n - 1);
        ran = intOf(started[1]) ?? 0;
        phase = "totals";
        return true;
      }
      if (phase === "totals") return totals(line);
      if (RULE.test(line)) {
        flush(n - 1);
        phase = "rule";
        return true;
      }
      if (failure === undefined) return progress(line, n, findings) || begin(line, n);
      if (DASHES.test(line)) phase = "trace";
      else if (phase === "trace") readTrace(failure, line);
      else if (n - failure.from > 6) failure = undefined;
      return failure !== undefined && n - failure.from < PARSER_LINES_MAX;
    },
    end: () => flush(last),
  };
}

function progress(line: string, n: number, findings: Findings): boolean {
  const match = PROGRESS.exec(line);
  if (match !== null) findings.failedTest(methodTest(match[1] ?? "", match[2] ?? "", undefined, n));
  return false;
}

/** The last line that looks like `package.Error: text` is the message; a chained cause comes before it. */
function readTrace(failure: Failure, line: string): void {
  if (
    /^[A-Za-z_][\w.]*(?:Error|Exception|Failure|Warning|Exit|Timeout|DoesNotExist)\w*(?::|$)/.test(
      line,
    )
  )
    failure.message = line.slice(0, 500);
}

function report(findings: Findings, failure: Failure, to: number): void {
  const { kind, subject, from, message } = failure;
  findings.failure({ from, to, code: kind === "ERROR" ? "test.error" : "test.assertion" });
  const test = testOf(subject, from);
  if (test !== undefined) findings.failedTest(message === undefined ? test : { ...test, message });
}

function testOf(subject: string, n: number): FailedTest | undefined {
  const method = METHOD.exec(subject);
  if (method !== null) return methodTest(method[1] ?? "", method[2] ?? "", method[3], n);
  if (DOTTED.test(subject)) {
    const bracket = subject.indexOf("(");
    const path = bracket < 0 ? subject : subject.slice(0, bracket);
    const dot = path.lastIndexOf(".");
    return {
      framework: "unittest",
      suite: path.slice(0, dot),
      name: path.slice(dot + 1) + (bracket < 0 ? "" : subject.slice(bracket)),
      log_line: n,
    };
  }
  // Anything else stands in the place of a name: a doc string, or nose's `Failure: ImportError (...)`.
  return { framework: "unittest", name: subject, log_line: n };
}

function methodTest(
  name: string,
  path: string,
  parameters: string | undefined,
  n: number,
): FailedTest {
  const suite = path.endsWith(`.${name}`) ? path.slice(0, -name.length - 1) : path;
  return {
    framework: "unittest",
    suite,
    name: parameters === undefined ? name : `${name} ${parameters}`,
    log_line: n,
  };
}

function totalsOf(
  run: number,
  text: string,
): { framework: string; run: number; failed: number; skipped: number } {
  const count = (word: string): number =>
    intOf(new RegExp(`(?:^|, )${word}=(\\d+)`, "i").exec(text)?.[1]) ?? 0;
  const failed = count("failures") + count("errors") + count("unexpected successes");
  return { framework: "unittest", run, failed, skipped: count("skipped") + count("skip") };
}

const TRIAL = /^\[(FAIL|ERROR)\]$/;

/** Twisted's trial: a mark, the traceback, and after a blank line the tests it stands for. */
export const trial: Parser = {
  id: "trial",
  kind: "test",
  prefilter: [String.raw`^\[(?:FAIL|ERROR)\]$`],
  opens: (line) => TRIAL.test(line),
  open(findings) {
    let names: string[] = [];
    let from = 0;
    let code: "test.assertion" | "test.error" = "test.assertion";
    const flush = (to: number): void => {
      for (const name of names) findings.failedTest(methodOf(name, from));
      if (names.length > 0) findings.failure({ from, to, code });
      names = [];
    };
    return {
      feed(line, n) {
        if (from === 0) {
          from = n;
          if (line === "[ERROR]") code = "test.error";
          return true;
        }
        if (/^[-=]{70,79}$/.test(line)) {
          flush(n - 1);
          return false;
        }
        if (/^(?:[\w-]+\.)+\w+$/.test(line)) names.push(line);
        else names = [];
        return n - from < PARSER_LINES_MAX;
      },
      end() {},
    };
  },
};

function methodOf(path: string, n: number): FailedTest {
  const dot = path.lastIndexOf(".");
  return {
    framework: "unittest",
    suite: path.slice(0, dot),
    name: path.slice(dot + 1),
    log_line: n,
  };
}
