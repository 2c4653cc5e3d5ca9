/** Maven Surefire and Failsafe, all generations: `<<< FAILURE!` lines, the closing lists, totals, a class that hung. */
import type { FailedTest } from "../../model.ts";
import { PARSER_LINES_MAX, type Findings, type OpenParser, type Parser } from "./contract.ts";
import { javaName } from "./java-names.ts";
import { group, intOf } from "./words.ts";

const RUNNING = /^(?:\[INFO\] )?Running ((?:[\w$]+\.)+[\w$]+|[A-Z][\w$]*)\s*$/;
const TOTALS =
  /^(?:\[(?:ERROR|WARNING|INFO)\] ?)?Tests run: *(\d+), *Failures: *(\d+), *Errors: *(\d+)(?:, *Skipped: *(\d+))?(.*)$/;
const MARKED =
  /^(?:\[ERROR\] )?(\S.*?)(?: --|  ?) ?Time elapsed: [\d.,]+ (?:s|sec|ms) +<<< (FAILURE|ERROR)!/;
const LIST =
  /^(?:\[(?:ERROR|WARNING|INFO)\] )?(Failed tests|Tests in error|Crashed tests|Failures|Errors|Flaked tests|Flakes|Skipped): *(.*)$/;
const OLD_ITEM = /^(\S.*?)\(([\w$.]+\.[\w$]+)\)(?:\s*[:;] ?(.*))?$/;
const NEW_ITEM =
  /^((?:[\w$.]+>)?[\w$.]+\.[^\s:»(]+(?:\([\w$., ]*\))?(?:\[[^\]]*\])?)(?:->[\w$.:>-]*)?(?::(\d+)(?:->\S*)?)?(?: » (.*)| (.*))?$/;

const BUILD_END = /^\[(?:INFO|ERROR)\] BUILD (?:SUCCESS|FAILURE)|^\[INFO\] -{60,}$/;
const CRASHED_ITEM = /^(?:[\w$]+\.)+[A-Z][\w$]*$/;

export const surefire: Parser = {
  id: "surefire",
  kind: "test",
  prefilter: [
    String.raw`^(?:\[INFO\] )?Running (?:[\w$]+\.)*[\w$]+\s*$`,
    String.raw`<<< (?:FAILURE|ERROR)!`,
    String.raw`^(?:\[ERROR\] )?(?:Failed tests|Tests in error|Crashed tests|Failures|Errors): *`,
    String.raw`^(?:\[\w+\] ?)?Tests run: *\d+, *Failures: *\d+`,
  ],
  opens: (line) => RUNNING.test(line) || MARKED.test(line) || TOTALS.test(line) || LIST.test(line),
  open,
};

interface Marked {
  readonly test: FailedTest;
  readonly code: "test.assertion" | "test.error";
  message?: string;
}

/** What is known at one line of the log. */
interface State {
  running: { suite: string; at: number } | undefined;
  /** The closing list the lines belong to. */
  list: string;
  marked: Marked | undefined;
  since: number;
  last: number;
}

function open(findings: Findings): OpenParser {
  const state: State = { running: undefined, list: "", marked: undefined, since: 0, last: 0 };
  return {
    feed(line, n) {
      state.last = n;
      if (state.since === 0) state.since = n;
      if (significant(line)) {
        const goesOn = head(state, line, n, findings);
        if (goesOn !== undefined) return goesOn;
      }
      if (state.marked !== undefined && detail(state.marked, line)) flush(state, findings, n);
      if (state.list !== "") item(line, state.list, n, findings);
      if (BUILD_END.test(line)) {
        // The build went on: whatever ran has ended, even if its totals were garbled.
        state.running = undefined;
        return false;
      }
      return n - state.since < PARSER_LINES_MAX;
    },
    end() {
      flush(state, findings, state.last);
      const { running, last } = state;
      if (running !== undefined && last - running.at < PARSER_LINES_MAX)
        hung(findings, running, last);
    },
  };
}

function flush(state: State, findings: Findings, to: number): void {
  if (state.marked === undefined) return;
  const { test, code, message } = state.marked;
  findings.failedTest({ ...test, message });
  findings.failure({ from: test.log_line, to, code });
  state.marked = undefined;
}

/** The lines that steer: undefined for any other, else whether the automaton goes on. */
function head(state: State, line: string, n: number, findings: Findings): boolean | undefined {
  const total = TOTALS.exec(line);
  const mark = total === null ? MARKED.exec(line) : null;
  const running = RUNNING.exec(line)?.[1];
  const list = LIST.exec(line);
  if (total === null && mark === null && running === undefined && list === null) return undefined;
  flush(state, findings, n - 1);
  state.since = n;
  if (total !== null) return totals(state, total, findings);
  if (mark !== null) state.marked = begin(group(mark, 1), group(mark, 2), state.running?.suite, n);
  else if (running !== undefined) state.running = { suite: running, at: n };
  else {
    state.list = group(list, 1);
    item(group(list, 2), state.list, n, findings);
  }
  return true;
}

/** A class's own totals go on when it failed: its marks follow. */
function totals(state: State, match: RegExpExecArray, findings: Findings): boolean {
  const rest = group(match, 5);
  state.list = "";
  state.running = undefined;
  if (!rest.includes("Time elapsed")) findings.counts(totalsOf(match));
  return rest.includes("<<< ");
}

/** A cheap first look: all heads carry one of these. */
const significant = (line: string): boolean =>
  line.includes("Tests ") ||
  line.includes("<<<") ||
  line.includes("Running") ||
  line.includes("Fail") ||
  line.includes("Errors:") ||
  line.includes("Fla") ||
  line.includes("Crashed");

function begin(subject: string, kind: string, running: string | undefined, n: number): Marked {
  const known = javaName(subject) ?? {
    suite: running === subject ? undefined : running,
    name: subject,
  };
  const test = { framework: "surefire", suite: known.suite, name: known.name, log_line: n };
  return { test, code: kind === "ERROR" ? "test.error" : "test.assertion" };
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
  const crashed = list.startsWith("Crashed") && CRASHED_ITEM.test(text);
  const test = crashed
    ? { framework: "surefire", name: text, log_line: n }
    : (oldItem(text, n) ?? newItem(text, n));
  if (test === undefined) return;
  findings.failedTest(test);
  findings.failure({ from: n, to: n, code: crashed ? "test.crash" : code });
}

function oldItem(text: string, n: number): FailedTest | undefined {
  const match = OLD_ITEM.exec(text);
  if (match === null) return undefined;
  const [, name = "", suite = "", message] = match;
  const whole = name === suite;
  return {
    framework: "surefire",
    suite: whole ? undefined : suite,
    name,
    message: message === "" ? undefined : message,
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
    line,
    message,
    log_line: n,
  };
}

function totalsOf(match: RegExpExecArray) {
  const failed = (intOf(match[2]) ?? 0) + (intOf(match[3]) ?? 0);
  return {
    framework: "surefire",
    run: intOf(match[1]) ?? 0,
    failed,
    skipped: intOf(match[4]) ?? 0,
  };
}

/** The log ends inside a test class: it hung or its process died, and nobody else will name it. */
function hung(findings: Findings, running: { suite: string; at: number }, to: number): void {
  const from = running.at;
  findings.failedTest({
    framework: "surefire",
    name: running.suite,
    message: "the log ends while this class runs",
    log_line: from,
  });
  findings.failure({ from, to: Math.min(to, from + 40), code: "test.timeout" });
}
