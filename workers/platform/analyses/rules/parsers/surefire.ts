/** Maven Surefire and Failsafe, all generations: `<<< FAILURE!` lines, the closing lists, totals, a class that hung. */
import type { FailedTest } from "../../model.ts";
import { PARSER_LINES_MAX, type Findings, type OpenParser, type Parser } from "./contract.ts";
import { javaName } from "./java-names.ts";
import { intOf } from "./words.ts";

const RUNNING = /^(?:\[INFO\] )?Running ((?:[\w$]+\.)*[\w$]+)\s*$/;
const TOTALS = /^(?:\[(?:ERROR|WARNING|INFO)\] ?)?Tests run: *(\d+), *Failures: *(\d+), *Errors: *(\d+)(?:, *Skipped: *(\d+))?(.*)$/;
const MARKED = /^(?:\[ERROR\] )?(\S.*?)(?: --|  ?) ?Time elapsed: [\d.,]+ (?:s|sec|ms) +<<< (FAILURE|ERROR)!/;
const LIST = /^(?:\[(?:ERROR|WARNING|INFO)\] )?(Failed tests|Tests in error|Failures|Errors|Flaked tests|Flakes|Skipped): *(.*)$/;
const OLD_ITEM = /^(\S.*?)\(([\w$.]+\.[\w$]+)\)(?:\s*[:;] ?(.*))?$/;
const NEW_ITEM = /^((?:[\w$.]+>)?[\w$.]+\.[^\s:»(]+(?:\([\w$., ]*\))?(?:\[[^\]]*\])?)(?:->[\w$.:>-]*)?(?::(\d+)(?:->\S*)?)?(?: » (.*)| (.*))?$/;

export const surefire: Parser = {
  id: "surefire",
  kind: "test",
  prefilter: [
    String.raw`^(?:\[INFO\] )?Running (?:[\w$]+\.)*[\w$]+\s*$`,
    String.raw`<<< (?:FAILURE|ERROR)!`,
    String.raw`^(?:\[ERROR\] )?(?:Failed tests|Tests in error|Failures|Errors): *`,
    String.raw`^(?:\[\w+\] ?)?Tests run: *\d+, *Failures: *\d+`,
  ],
  opens: (line) => RUNNING.test(line) || MARKED.test(line) || TOTALS.test(line) || LIST.test(line),
  open,
};

function open(findings: Findings): OpenParser {
  let running: string | undefined;
  let runningAt = 0;
  let list = "";
  let marked: { test: FailedTest; code: "test.assertion" | "test.error"; message?: string } | undefined;
  let since = 0;
  let last = 0;
  const flush = (to: number): void => {
    if (marked === undefined) return;
    findings.failedTest(marked.message === undefined ? marked.test : { ...marked.test, message: marked.message });
    findings.failure({ from: marked.test.log_line, to, code: marked.code });
    marked = undefined;
  };
  const totals = (match: RegExpExecArray): boolean => {
    list = "";
    running = undefined;
    if (!/Time elapsed/.test(match[5] ?? "")) findings.counts(totalsOf(match));
    return /<<< /.test(match[5] ?? "");
  };
  return {
    feed(line, n) {
      last = n;
      if (since === 0) since = n;
      const subject = significant(line) ? line : "";
      const total = subject === "" ? null : TOTALS.exec(subject);
      const mark = subject === "" || total !== null ? null : MARKED.exec(subject);
      if (total !== null || mark !== null) {
        flush(n - 1);
        since = n;
        if (total !== null) return totals(total);
        marked = begin(mark?.[1] ?? "", mark?.[2] ?? "", running, n);
        return true;
      }
      const begun = subject === "" ? undefined : RUNNING.exec(subject)?.[1];
      if (begun !== undefined) {
        flush(n - 1);
        [running, runningAt, since] = [begun, n, n];
        return true;
      }
      const heading = subject === "" ? null : LIST.exec(subject);
      if (heading !== null) {
        flush(n - 1);
        [list, since] = [heading[1] ?? "", n];
        item(heading[2] ?? "", list, n, findings);
        return true;
      }
      if (marked !== undefined && detail(marked, line)) flush(n);
      if (list !== "") item(line, list, n, findings);
      if (/^\[(?:INFO|ERROR)\] BUILD (?:SUCCESS|FAILURE)|^\[INFO\] -{60,}$/.test(line)) return false;
      return n - since < PARSER_LINES_MAX;
    },
    end() {
      flush(last);
      if (running !== undefined && last - runningAt < PARSER_LINES_MAX) hung(findings, running, runningAt, last);
    },
  };
}

/** A cheap first look: all heads carry one of these. */
const significant = (line: string): boolean =>
  line.includes("Tests ") || line.includes("<<<") || line.includes("Running") || line.includes("Fail") || line.includes("Errors:") || line.includes("Fla");

function begin(subject: string, kind: string, running: string | undefined, n: number) {
  const known = javaName(subject);
  const suite = known?.suite ?? (known === undefined ? running : undefined);
  const test: FailedTest = {
    framework: "surefire",
    ...(suite === undefined || suite === subject ? {} : { suite }),
    name: known?.name ?? subject,
    log_line: n,
  };
  return { test, code: kind === "ERROR" ? ("test.error" as const) : ("test.assertion" as const) };
}

/** Takes the first line of the exception as message; returns true at the first line after the stack. */
function detail(marked: { message?: string }, line: string): boolean {
  const text = line.trim();
  if (marked.message === undefined && text !== "") {
    marked.message = text.slice(0, 500);
    return false;
  }
  return text === "";
}

/** One entry of a closing list; lines of a message that runs on are no entries. */
function item(line: string, list: string, n: number, findings: Findings): void {
  if (list.startsWith("Fl") || list === "Skipped") return;
  const text = line.replace(/^\[ERROR\] /, "").trim();
  if (text === "" || /^Run \d+: /.test(text)) return;
  const code = /error/i.test(list) ? "test.error" : "test.assertion";
  const test = oldItem(text, n) ?? newItem(text, n);
  if (test === undefined) return;
  findings.failedTest(test);
  findings.failure({ from: n, to: n, code });
}

function oldItem(text: string, n: number): FailedTest | undefined {
  const match = OLD_ITEM.exec(text);
  if (match === null) return undefined;
  const [, name = "", suite = "", message] = match;
  const whole = name === suite;
  return {
    framework: "surefire",
    ...(whole ? {} : { suite }),
    name,
    ...(message === undefined || message === "" ? {} : { message }),
    log_line: n,
  };
}

function newItem(text: string, n: number): FailedTest | undefined {
  const match = NEW_ITEM.exec(text);
  if (match === null || (match[2] === undefined && match[3] === undefined)) return undefined;
  const known = javaName(match[1] ?? "");
  if (known?.suite === undefined) return undefined;
  const line = intOf(match[2]);
  const message = match[3] ?? match[4];
  return {
    framework: "surefire",
    suite: known.suite,
    name: known.name,
    ...(line === undefined ? {} : { line }),
    ...(message === undefined ? {} : { message }),
    log_line: n,
  };
}

function totalsOf(match: RegExpExecArray) {
  const failed = (intOf(match[2]) ?? 0) + (intOf(match[3]) ?? 0);
  return { framework: "surefire", run: intOf(match[1]) ?? 0, failed, skipped: intOf(match[4]) ?? 0 };
}

/** The log ends inside a test class: it hung or its process died, and nobody else will name it. */
function hung(findings: Findings, suite: string, from: number, to: number): void {
  findings.failedTest({ framework: "surefire", name: suite, message: "the log ends while this class runs", log_line: from });
  findings.failure({ from, to: Math.min(to, from + 40), code: "test.timeout" });
}
