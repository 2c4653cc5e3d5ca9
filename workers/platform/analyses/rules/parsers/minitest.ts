/** Minitest, its reporters, Rails' runner, and test-unit: numbered failures, `Class#test` lines, totals. */
import type { Findings, OpenParser, Parser } from "./contract.ts";
import { brief, group, intOf, oneLine } from "./words.ts";

const HEADING = /^\s*(?:\d+\) )?(Failure|Error):\s*(.*)$/;
/** `FooTest#test_bar [test/foo_test.rb:12]:`, or without a place; old: `test_bar(FooTest) [file:12]:` */
const NEW = /^([\w:]+(?: [\w:]+)*)#(test_\S.*?)(?: \[([^\]]+?):(\d+)\])?:?\s*$/;
const OLD = /^(test\S*.*?)\(([\w:]+)\)(?: \[([^\]]+?):(\d+)\])?:?(?: ?(.*))?$/;
const TOTALS =
  /^(\d+) (?:runs|tests), \d+ assertions, (\d+) failures, (\d+) errors(?:, (\d+) (?:skips|pendings))?/;

export const minitest: Parser = {
  id: "minitest",
  kind: "test",
  prefilter: [
    String.raw`^\s*(?:\d+\) )?(?:Failure|Error):\s*(?:$|test|[A-Z]\w*.*#test)`,
    String.raw`^\d+ (?:runs|tests), \d+ assertions, `,
  ],
  opens(line) {
    if (TOTALS.test(line)) return true;
    const heading = HEADING.exec(line);
    return heading !== null && (heading[2] === "" || subject(heading[2] ?? "") !== null);
  },
  open,
};

const subject = (text: string): RegExpExecArray | null => NEW.exec(text) ?? OLD.exec(text);

interface Named {
  readonly name: string;
  readonly suite: string;
  readonly file: string | undefined;
  readonly line: number | undefined;
  message: string | undefined;
}

function namedBy(text: string): Named | undefined {
  const match = subject(text);
  if (match === null) return undefined;
  const [first, second] = [group(match, 1), group(match, 2)];
  const modern = NEW.test(text);
  return {
    name: modern ? second : first,
    suite: modern ? first : second,
    file: match[3],
    line: intOf(match[4]),
    message: brief(match[5]),
  };
}

/** Lines of one failure; a longer diff says nothing more. */
const DETAIL_LINES_MAX = 60;

function open(findings: Findings): OpenParser {
  let code: "test.assertion" | "test.error" = "test.assertion";
  let named: Named | undefined;
  let from = 0;
  const flush = (to: number): void => {
    if (named === undefined) return;
    findings.failedTest({ framework: "minitest", ...named, log_line: from });
    findings.failure({ from, to, code });
    named = undefined;
  };
  const begin = (line: string, n: number): boolean => {
    from = n;
    const heading = HEADING.exec(line);
    if (heading?.[1] === "Error") code = "test.error";
    named = namedBy(group(heading, 2));
    return named !== undefined || heading?.[2] === "";
  };
  return {
    feed(line, n) {
      if (totals(line, findings)) return false;
      if (from === 0) return begin(line, n);
      if (named === undefined) {
        named = namedBy(line);
        return named !== undefined;
      }
      const text = line.trim();
      if (!/^\S+:\d+:in /.test(text)) named.message ??= brief(text);
      if (text !== "" && n - from < DETAIL_LINES_MAX) return true;
      flush(n - 1);
      return false;
    },
    end: () => flush(from),
  };
}

function totals(line: string, findings: Findings): boolean {
  const match = TOTALS.exec(line);
  if (match === null) return false;
  const [run = 0, failures = 0, errors = 0, skipped = 0] = match.slice(1).map(intOf);
  findings.counts({ framework: "minitest", run, failed: failures + errors, skipped });
  return true;
}

/** `FAIL["test_x", "FooTest", 0.1]`, `FAIL FooTest#test_x (0.01s)`, `test_0001_does x  FAIL (0.02s)` of its reporters. */
export const minitestReporters: Parser = oneLine({
  id: "minitest_reporters",
  kind: "test",
  prefilter: [
    String.raw`(?:FAIL|ERROR)\["test_`,
    String.raw`^\s*(?:FAIL|ERROR) [A-Z][\w:]*#test_`,
    String.raw` (?:FAIL|ERROR) \(\d`,
  ],
  rows: [
    {
      shape: /^\s*(FAIL|ERROR)\["(test_[^"]*)", (?:#<Class:[^>]*>|"([^"]*)"|([\w:]+))/,
      found: (match, n, findings) => add(findings, match[1], match[3] ?? match[4], match[2], n),
    },
    {
      shape: /^\s*(FAIL|ERROR) ([A-Z][\w:]*)#(test_\S.*?) \([\d.]+ ?s\)/,
      found: (match, n, findings) => add(findings, match[1], match[2], match[3], n),
    },
    {
      shape: /^\s*(test_\S.*?)\s+(FAIL|ERROR) \([\d.]+s\)/,
      found: (match, n, findings) => add(findings, match[2], undefined, match[1], n),
    },
  ],
});

function add(
  findings: Findings,
  kind: string | undefined,
  suite: string | undefined,
  name: string | undefined,
  n: number,
): void {
  findings.failedTest({
    framework: "minitest",
    suite,
    name: name ?? "",
    log_line: n,
  });
  findings.failure({
    from: n,
    to: n + 3,
    code: kind === "ERROR" ? "test.error" : "test.assertion",
  });
}
