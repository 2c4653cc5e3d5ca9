/** Vitest: ` FAIL  file > suite > test` lines, with their first message line, and the closing totals. */
import type { FailedTest } from "../../model.ts";
import type { Findings, OpenParser, Parser } from "./contract.ts";
import { intOf } from "./words.ts";

const FAIL =
  /^\s*(?:FAIL|❯ FAIL)\s+(?:\|?[\w@/.-]+\|? )??(\S+\.\w+) > (\S.*?)(?: \d+(?:\.\d+)?m?s)?\s*$/;
const CROSS = /^\s+[×✗✘] (?:(\S+\.\w+) > )(\S.*?)(?: \d+(?:\.\d+)?m?s)?\s*$/;
const TOTALS = /^\s+Tests {2,}(\d+ (?:failed|passed|skipped|todo).*)$/;

export const vitest: Parser = {
  id: "vitest",
  kind: "test",
  prefilter: [
    String.raw`^\s*FAIL\s+\S.* > `,
    String.raw`^\s+[×✗✘] \S+\.\w+ > `,
    String.raw`^\s+Tests {2,}\d+ `,
  ],
  opens: (line) => FAIL.test(line) || CROSS.test(line) || TOTALS.test(line),
  open,
};

function open(findings: Findings): OpenParser {
  let pending: { test: FailedTest; line: number }[] = [];
  const flush = (message: string | undefined, to: number): void => {
    for (const { test, line } of pending) {
      findings.failedTest(message === undefined ? test : { ...test, message });
      findings.failure({
        from: line,
        to,
        code: /snapshot/i.test(message ?? "") ? "test.snapshot" : "test.assertion",
      });
    }
    pending = [];
  };
  let last = 0;
  return {
    feed(line, n) {
      last = n;
      const match = FAIL.exec(line) ?? CROSS.exec(line);
      if (match !== null) {
        pending.push({ test: testOf(match[1] ?? "", match[2] ?? "", n), line: n });
        return pending.length < 100;
      }
      const totals = TOTALS.exec(line)?.[1];
      if (totals !== undefined) report(findings, totals);
      else flush(line.trim() === "" ? undefined : line.trim().slice(0, 500), n);
      return false;
    },
    end: () => flush(undefined, last),
  };
}

function testOf(file: string, path: string, n: number): FailedTest {
  const parts = path.split(" > ");
  const name = parts.pop() ?? path;
  return {
    framework: "vitest",
    ...(parts.length === 0 ? {} : { suite: parts.join(" > ") }),
    name,
    file,
    log_line: n,
  };
}

function report(findings: Findings, totals: string): void {
  const count = (word: string): number =>
    intOf(new RegExp(`(\\d+) ${word}`).exec(totals)?.[1]) ?? 0;
  findings.counts({
    framework: "vitest",
    run: count("failed") + count("passed"),
    failed: count("failed"),
    skipped: count("skipped") + count("todo"),
  });
}
