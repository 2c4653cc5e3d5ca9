/** PHPUnit and Pest: the numbered failures with message and place, Pest's headings, and the totals. */
import { PARSER_LINES_MAX, type Findings, type OpenParser, type Parser } from "./contract.ts";
import { intOf, oneLine } from "./words.ts";

const SECTION =
  /^There (?:was|were) (\d+) (failure|error|warning|risky test|incomplete test|skipped test)s?:/;
const ITEM = /^(\d+)\) ([\w\\]+)::(\w+)(.*)$/;
const PLACE = /^(\S.*\.php):(\d+)$/;
const TOTALS = /^Tests: (\d+), Assertions: \d+(.*)\.\s*$/;

export const phpunit: Parser = {
  id: "phpunit",
  kind: "test",
  prefilter: [
    String.raw`^There (?:was|were) \d+ (?:failure|error)`,
    String.raw`^Tests: \d+, Assertions: \d+`,
  ],
  opens: (line) => SECTION.test(line) || TOTALS.test(line),
  open,
};

interface Failure {
  readonly suite: string;
  readonly name: string;
  readonly from: number;
  message?: string;
  file?: string;
  line?: number;
}

function open(findings: Findings): OpenParser {
  let code: "test.assertion" | "test.error" | undefined;
  let failure: Failure | undefined;
  let since = 0;
  let last = 0;
  const flush = (to: number): void => {
    if (failure !== undefined && code !== undefined) {
      const { from, ...rest } = failure;
      findings.failedTest({ framework: "phpunit", ...rest, log_line: from });
      findings.failure({ from, to, code });
    }
    failure = undefined;
  };
  return {
    feed(line, n) {
      last = n;
      if (since === 0) since = n;
      const section = SECTION.exec(line)?.[2];
      const item = section === undefined ? ITEM.exec(line) : null;
      if (section !== undefined || item !== null) {
        flush(n - 1);
        since = n;
        if (item !== null)
          failure = {
            suite: item[2] ?? "",
            name: `${item[3] ?? ""}${item[4] ?? ""}`.trimEnd(),
            from: n,
          };
        else code = codeOf(section);
        return true;
      }
      const totals = TOTALS.exec(line);
      if (totals !== null) {
        count(findings, totals);
        flush(n - 1);
        return false;
      }
      if (failure !== undefined) read(failure, line);
      return n - since < PARSER_LINES_MAX;
    },
    end: () => flush(last),
  };
}

function codeOf(section: string | undefined): "test.assertion" | "test.error" | undefined {
  if (section === "failure") return "test.assertion";
  return section === "error" ? "test.error" : undefined;
}

function read(failure: Failure, line: string): void {
  const text = line.trim();
  if (failure.message === undefined && text !== "") failure.message = text.slice(0, 500);
  const place = PLACE.exec(text);
  if (place === null || /[/\\]vendor[/\\]/.test(place[1] ?? "")) return;
  failure.file = place[1] ?? "";
  const number = intOf(place[2]);
  if (number !== undefined) failure.line = number;
}

function count(findings: Findings, totals: RegExpExecArray): void {
  const of = (word: string): number =>
    intOf(new RegExp(`${word}: (\\d+)`).exec(totals[2] ?? "")?.[1]) ?? 0;
  findings.counts({
    framework: "phpunit",
    run: intOf(totals[1]) ?? 0,
    failed: of("Failures") + of("Errors"),
    skipped: of("Skipped") + of("Incomplete"),
  });
}

/** Pest: `  FAILED  Tests\Unit\ExampleTest > it adds`, and `  • Tests\Unit\ExampleTest > it adds` of version 1. */
export const pest: Parser = oneLine({
  id: "pest",
  kind: "test",
  prefilter: [String.raw`^\s+(?:FAILED |•) +[A-Z]\w*\\\S* (?:>|→) `],
  rows: [
    {
      shape: /^\s+(?:FAILED |•) +([A-Z]\w*(?:\\\w+)+) (?:>|→) (\S.*?)(?:\s{2,}\S+)?\s*$/,
      found(match, n, findings) {
        findings.failedTest({
          framework: "pest",
          suite: match[1] ?? "",
          name: match[2] ?? "",
          log_line: n,
        });
        findings.failure({ from: n, to: n + 6, code: "test.assertion" });
      },
    },
  ],
});
