/** RSpec: the numbered failures, the `rspec ./file:line # description` list, and the totals. */
import { PARSER_LINES_MAX, type Findings, type OpenParser, type Parser } from "./contract.ts";
import { intOf } from "./words.ts";

const ITEM = /^\s{2,}(\d+(?:\.\d+)?)\) (\S.*)$/;
const RERUN = /^rspec (?:'?(\.\/\S+?)(?::(\d+)|\[[\d:,]+\])'?) # (\S.*)$/;
const TOTALS = /^(\d+) examples?, (\d+) failures?(?:, (\d+) pending)?/;
const PLACE = /^\s+# (\.\/\S+?):(\d+)(?::in |$)/;

export const rspec: Parser = {
  id: "rspec",
  kind: "test",
  prefilter: [
    String.raw`^Failures:\s*$`,
    String.raw`^rspec '?\./\S`,
    String.raw`^\d+ examples?, \d+ failures?`,
  ],
  opens: (line) => /^Failures:\s*$/.test(line) || RERUN.test(line) || TOTALS.test(line),
  open,
};

interface Failure {
  readonly title: string;
  readonly from: number;
  own: boolean;
  message?: string;
  file?: string;
  line?: number;
}

function open(findings: Findings): OpenParser {
  let failure: Failure | undefined;
  let from = 0;
  let last = 0;
  const flush = (to: number): void => {
    // Other runners print `Failures:` and a numbered list too; only this one writes `Failure/Error:`.
    if (failure?.own === true) report(findings, failure, to);
    failure = undefined;
  };
  return {
    feed(line, n) {
      last = n;
      if (from === 0) from = n;
      const item = ITEM.exec(line);
      if (item !== null) {
        flush(n - 1);
        [failure, from] = [{ title: item[2] ?? "", from: n, own: false }, n];
        return true;
      }
      if (single(line, n, findings) || /^(?:Finished in |Failed examples:|Pending:)/.test(line)) {
        flush(n - 1);
        return false;
      }
      if (failure !== undefined) read(failure, line);
      return n - from < PARSER_LINES_MAX && (failure !== undefined || n - from < 4);
    },
    end: () => flush(last),
  };
}

function single(line: string, n: number, findings: Findings): boolean {
  const rerun = RERUN.exec(line);
  if (rerun !== null) {
    const number = intOf(rerun[2]);
    findings.failedTest({
      framework: "rspec",
      name: rerun[3] ?? "",
      file: (rerun[1] ?? "").replace(/^\.\//, ""),
      line: number,
      log_line: n,
    });
    return true;
  }
  const totals = TOTALS.exec(line);
  if (totals === null) return false;
  const [run = 0, failed = 0, skipped = 0] = totals.slice(1).map(intOf);
  findings.counts({ framework: "rspec", run, failed, skipped });
  return true;
}

function read(failure: Failure, line: string): void {
  const text = line.trim();
  if (text.startsWith("Failure/Error:") || /^Got \d+ failures/.test(text)) failure.own = true;
  else if (
    failure.own &&
    failure.message === undefined &&
    text !== "" &&
    /^(?:expected|Expected|\S*(?:Error|Exception|Mismatch)\S*:)/.test(text)
  )
    failure.message = text.slice(0, 500);
  const place = PLACE.exec(line);
  if (place === null || !/_spec\.rb$|^\.\/spec\//.test(place[1] ?? "")) return;
  failure.file = (place[1] ?? "").replace(/^\.\//, "");
  const number = intOf(place[2]);
  if (number !== undefined) failure.line = number;
}

function report(findings: Findings, failure: Failure, to: number): void {
  findings.failedTest({
    framework: "rspec",
    name: failure.title.replace(/ \((?:FAILED|PENDING).*\)$/, ""),
    file: failure.file,
    line: failure.line,
    message: failure.message,
    log_line: failure.from,
  });
  findings.failure({ from: failure.from, to, code: "test.assertion" });
}
