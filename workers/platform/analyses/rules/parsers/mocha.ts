/** Mocha and runners that share its spec reporter: the numbered list below `N failing`, and its totals. */
import { PARSER_LINES_MAX, type Findings, type OpenParser, type Parser } from "./contract.ts";
import { intOf } from "./words.ts";

const PASSING = /^\s*(?:[✓✔√] )?(\d+) (?:passing|tests? complete)(?: \(.*\))?\s*$/;
const PENDING = /^\s*(?:- )?(\d+) pending\s*$/;
const FAILING = /^\s*(?:[✖×✗] )?(\d+) (?:failing|of \d+ tests? failed:?)\s*$/;
const ITEM = /^\s*(\d+)\) (\S.*?)\s*$/;
/** Lines of the title part; a tenth is surely no title. */
const TITLE_LINES_MAX = 10;

export const mocha: Parser = {
  id: "mocha",
  kind: "test",
  prefilter: [String.raw`^\s*(?:[✖×✗✓✔√] )?\d+ (?:failing|passing|of \d+ tests? failed)`],
  opens: (line) => FAILING.test(line) || PASSING.test(line),
  open,
};

interface Failure {
  readonly from: number;
  readonly titles: string[];
  titled: boolean;
  message?: string;
}

function open(findings: Findings): OpenParser {
  const totals = { passing: 0, pending: 0, failing: 0, gap: 0 };
  let failure: Failure | undefined;
  let expected = 1;
  let last = 0;
  const flush = (to: number): void => {
    if (failure !== undefined) report(findings, failure, to);
    failure = undefined;
  };
  /** Before the list: totals in any order, blank lines between; three other lines end it. */
  const header = (line: string): boolean => {
    const passing = PASSING.exec(line)?.[1];
    const pending = PENDING.exec(line)?.[1];
    const failing = FAILING.exec(line)?.[1];
    if (passing !== undefined) totals.passing = intOf(passing) ?? 0;
    else if (pending !== undefined) totals.pending = intOf(pending) ?? 0;
    else if (failing !== undefined) totals.failing = intOf(failing) ?? 0;
    else if (line.trim() !== "") totals.gap += 1;
    return totals.gap < 3;
  };
  return {
    feed(line, n) {
      last = n;
      const item = ITEM.exec(line);
      if (item !== null && intOf(item[1]) === expected && totals.failing >= expected) {
        flush(n - 1);
        expected += 1;
        failure = { from: n, titles: [], titled: false };
        addTitle(failure, item[2] ?? "");
        return true;
      }
      if (failure === undefined) return header(line);
      if (!failure.titled) addTitle(failure, line.trim());
      else readDetail(failure, line);
      return !over(failure, line, n);
    },
    end() {
      flush(last);
      if (totals.passing + totals.failing === 0) return;
      findings.counts({
        framework: "mocha",
        run: totals.passing + totals.failing,
        failed: totals.failing,
        skipped: totals.pending,
      });
    },
  };
}

/** The list ends at the next program's output: a line at the margin that no failure prints there. */
const over = (failure: Failure, line: string, n: number): boolean =>
  n - failure.from > PARSER_LINES_MAX ||
  /^(?:npm ERR!|error Command failed|\$ |=====|ERROR: |The command )/.test(line);

function addTitle(failure: Failure, text: string): void {
  if (text === "") {
    failure.titled = true;
    return;
  }
  failure.titled = text.endsWith(":") || failure.titles.length >= TITLE_LINES_MAX;
  failure.titles.push(text.replace(/:$/, ""));
}

function readDetail(failure: Failure, line: string): void {
  const text = line.trim();
  if (failure.message === undefined && text !== "") failure.message = text.slice(0, 500);
}

function report(findings: Findings, failure: Failure, to: number): void {
  const suites = failure.titles.slice(0, -1);
  const name = failure.titles.at(-1) ?? "";
  const hook = /^"(?:before|after)/.test(name);
  findings.failure({
    from: failure.from,
    to,
    code: hook
      ? "test.setup"
      : /Timeout of \d/.test(failure.message ?? "")
        ? "test.timeout"
        : "test.assertion",
  });
  findings.failedTest({
    framework: "mocha",
    ...(suites.length === 0 ? {} : { suite: suites.join(" ") }),
    name,
    message: failure.message,
    log_line: failure.from,
  });
}
