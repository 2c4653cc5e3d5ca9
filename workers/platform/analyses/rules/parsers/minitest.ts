/** Minitest, its reporters, Rails' runner, and test-unit: numbered failures, `Class#test` lines, totals. */
import type { Findings, OpenParser, Parser } from "./contract.ts";
import { intOf, oneLine } from "./words.ts";

const HEADING = /^\s*(?:\d+\) )?(Failure|Error):\s*(.*)$/;
/** `FooTest#test_bar [test/foo_test.rb:12]:`, or without a place; old: `test_bar(FooTest) [file:12]:` */
const NEW = /^([\w:]+(?: [\w:]+)*)#(test_\S.*?)(?: \[([^\]]+?):(\d+)\])?:?\s*$/;
const OLD = /^(test\S*.*?)\(([\w:]+)\)(?: \[([^\]]+?):(\d+)\])?:?(?: ?(.*))?$/;
const TOTALS = /^(\d+) (?:runs|tests), \d+ assertions, (\d+) failures, (\d+) errors(?:, (\d+) (?:skips|pendings))?/;

export const minitest: Parser = {
  id: "minitest",
  kind: "test",
  prefilter: [String.raw`^\s*(?:\d+\) )?(?:Failure|Error):\s*(?:$|test|[A-Z]\w*.*#test)`, String.raw`^\d+ (?:runs|tests), \d+ assertions, `],
  opens(line) {
    if (TOTALS.test(line)) return true;
    const heading = HEADING.exec(line);
    return heading !== null && (heading[2] === "" || subject(heading[2] ?? "") !== null);
  },
  open,
};

const subject = (text: string): RegExpExecArray | null => NEW.exec(text) ?? OLD.exec(text);

function open(findings: Findings): OpenParser {
  let code: "test.assertion" | "test.error" = "test.assertion";
  let named: { name: string; suite: string; file?: string; line?: number; message?: string; from: number } | undefined;
  let from = 0;
  const flush = (to: number): void => {
    if (named === undefined) return;
    const { from: log_line, ...rest } = named;
    findings.failedTest({ framework: "minitest", ...rest, log_line });
    findings.failure({ from, to, code });
    named = undefined;
  };
  const name = (text: string, n: number): boolean => {
    const match = subject(text);
    if (match === null) return false;
    const modern = NEW.test(text);
    const line = intOf(match[4]);
    named = {
      name: (modern ? match[2] : match[1]) ?? "",
      suite: (modern ? match[1] : match[2]) ?? "",
      ...(match[3] === undefined ? {} : { file: match[3] }),
      ...(line === undefined ? {} : { line }),
      ...(match[5] === undefined || match[5] === "" ? {} : { message: match[5] }),
      from: n,
    };
    return true;
  };
  return {
    feed(line, n) {
      const totals = TOTALS.exec(line);
      if (totals !== null) {
        const [run = 0, failures = 0, errors = 0, skipped = 0] = totals.slice(1).map(intOf);
        findings.counts({ framework: "minitest", run, failed: failures + errors, skipped });
        return false;
      }
      if (from === 0) {
        from = n;
        const heading = HEADING.exec(line);
        code = heading?.[1] === "Error" ? "test.error" : "test.assertion";
        const rest = heading?.[2] ?? "";
        return rest === "" || name(rest, n);
      }
      if (named === undefined) return name(line, n);
      const text = line.trim();
      if (named.message === undefined && text !== "" && !/^\S+:\d+:in /.test(text)) named.message = text.slice(0, 500);
      if (text !== "" && n - from < 60) return true;
      flush(n - 1);
      return false;
    },
    end: () => flush(from),
  };
}

/** `FAIL["test_x", "FooTest", 0.1]`, `FAIL FooTest#test_x (0.01s)`, `test_0001_does x  FAIL (0.02s)` of its reporters. */
export const minitestReporters: Parser = oneLine({
  id: "minitest_reporters",
  kind: "test",
  prefilter: [String.raw`^\s*(?:FAIL|ERROR)\[?"?\s?(?:test_|[A-Z][\w:]*#test_)`, String.raw`^\s*test_.* (?:FAIL|ERROR) \([\d.]+s\)`],
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

function add(findings: Findings, kind: string | undefined, suite: string | undefined, name: string | undefined, n: number): void {
  findings.failedTest({ framework: "minitest", ...(suite === undefined ? {} : { suite }), name: name ?? "", log_line: n });
  findings.failure({ from: n, to: n + 3, code: kind === "ERROR" ? "test.error" : "test.assertion" });
}
