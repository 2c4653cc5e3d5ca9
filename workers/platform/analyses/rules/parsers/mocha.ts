/** Mocha and runners that share its spec reporter: the numbered list below `N failing`, and its totals. */
import { PARSER_LINES_MAX, type Findings, type OpenParser, type Parser } from "./contract.ts";
import { brief, group, intOf } from "./words.ts";

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
  /** Column of the last title: a deeper line goes on with it, even behind a title that ends in a colon. */
  column: number;
  /** The last line that is surely the failure's: indented, not blank. */
  end: number;
  message?: string | undefined;
}

function open(findings: Findings): OpenParser {
  const totals = { passing: 0, pending: 0, failing: 0, gap: 0 };
  let failure: Failure | undefined;
  let expected = 1;
  const flush = (): void => {
    if (failure !== undefined) report(findings, failure);
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
      const item = ITEM.exec(line);
      if (item !== null && intOf(item[1]) === expected && totals.failing >= expected) {
        flush();
        expected += 1;
        failure = {
          from: n,
          end: n,
          titles: [],
          titled: false,
          column: columnOf(line, group(item, 2)),
        };
        addTitle(failure, group(item, 2));
        return true;
      }
      if (failure === undefined) return header(line);
      take(failure, line, n);
      return !over(failure, line, n);
    },
    end() {
      flush();
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

const columnOf = (line: string, text: string): number =>
  line.length - line.trimStart().length + (text === "" ? 0 : line.trimStart().indexOf(text));

function take(failure: Failure, line: string, n: number): void {
  const text = line.trim();
  if (text !== "" && /^\s/.test(line)) failure.end = n;
  const column = line.length - line.trimStart().length;
  const deeper = failure.message === undefined && column > failure.column && text !== "";
  if (failure.titled && !deeper) failure.message ??= brief(text);
  else {
    if (failure.titled) failure.titles.push(`${failure.titles.pop() ?? ""}:`);
    failure.column = column;
    addTitle(failure, text);
  }
}

function addTitle(failure: Failure, text: string): void {
  if (text === "") {
    failure.titled = true;
    return;
  }
  failure.titled = text.endsWith(":") || failure.titles.length >= TITLE_LINES_MAX;
  failure.titles.push(text.replace(/:$/, ""));
}

function report(findings: Findings, failure: Failure): void {
  const suites = failure.titles.slice(0, -1);
  const name = failure.titles.at(-1) ?? "";
  const hook = /^"(?:before|after)/.test(name);
  findings.failure({
    from: failure.from,
    to: failure.end,
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
