/** cargo test (libtest) and cargo-nextest: result lines, panics with their place, and totals. */
import { PARSER_LINES_MAX, type Findings, type OpenParser, type Parser } from "./contract.ts";
import { intOf, oneLine } from "./words.ts";

const RESULT = /^test (\S.*?)(?: - should panic)? \.\.\. FAILED\s*$/;
const TOTALS = /^test result: (?:ok|FAILED)\. (\d+) passed; (\d+) failed; (\d+) ignored;/;
const STDOUT = /^---- (\S.*?) stdout ----\s*$/;
const PANIC =
  /^thread '[^']*'(?: \(\d+\))? panicked at (?:'(.*)', (\S+?):(\d+)(?::\d+)?|(\S+?):(\d+)(?::\d+)?:)\s*$/;

export const cargoTest: Parser = {
  id: "cargo_test",
  kind: "test",
  prefilter: [
    String.raw`^test \S.* \.\.\. FAILED`,
    "^test result: ",
    String.raw`^---- \S.* stdout ----`,
  ],
  opens: (line) => RESULT.test(line) || TOTALS.test(line) || STDOUT.test(line),
  open,
};

interface Failure {
  readonly name: string;
  readonly from: number;
  file?: string;
  line?: number;
  message?: string;
}

function open(findings: Findings): OpenParser {
  let failure: Failure | undefined;
  let wants = false;
  let last = 0;
  const flush = (to: number): void => {
    if (failure !== undefined) report(findings, failure, to);
    failure = undefined;
  };
  return {
    feed(line, n) {
      last = n;
      const heading = STDOUT.exec(line)?.[1];
      if (heading !== undefined) {
        flush(n - 1);
        failure = { name: heading, from: n };
        return true;
      }
      if (failure === undefined) return single(line, n, findings);
      if (wants && failure.message === undefined) failure.message = line.trim().slice(0, 500);
      const panic = PANIC.exec(line);
      wants = panic !== null && panic[4] !== undefined;
      if (panic !== null && failure.file === undefined) place(failure, panic);
      if (line === "failures:" || TOTALS.test(line)) {
        flush(n - 1);
        return single(line, n, findings);
      }
      return n - failure.from < PARSER_LINES_MAX;
    },
    end: () => flush(last),
  };
}

function single(line: string, n: number, findings: Findings): boolean {
  const name = RESULT.exec(line)?.[1];
  if (name !== undefined) findings.failedTest({ framework: "cargo", name, log_line: n });
  const totals = TOTALS.exec(line);
  if (totals !== null) {
    const [passed = 0, failed = 0, skipped = 0] = totals.slice(1).map(intOf);
    findings.counts({ framework: "cargo", run: passed + failed, failed, skipped });
  }
  return false;
}

function place(failure: Failure, panic: RegExpExecArray): void {
  const file = panic[2] ?? panic[4];
  const line = intOf(panic[3] ?? panic[5]);
  if (file !== undefined) failure.file = file;
  if (line !== undefined) failure.line = line;
  if (panic[1] !== undefined) failure.message = panic[1];
}

function report(findings: Findings, failure: Failure, to: number): void {
  // Without a panic this captured output proves nothing; the result line names the test then.
  if (failure.file === undefined && failure.message === undefined) return;
  findings.failedTest({
    framework: "cargo",
    name: failure.name,
    file: failure.file,
    line: failure.line,
    message: failure.message,
    log_line: failure.from,
  });
  findings.failure({ from: failure.from, to, code: "test.assertion" });
}

/** `        FAIL [   0.005s] (3/9) crate::binary module::test` */
export const nextest: Parser = oneLine({
  id: "nextest",
  kind: "test",
  prefilter: [
    String.raw`^\s+(?:FAIL|SIGABRT|SIGSEGV|TIMEOUT|LEAK-FAIL) \[ *[\d.]+s\]`,
    String.raw`^\s+Summary \[ *[\d.]+s\] `,
  ],
  rows: [
    {
      shape:
        /^\s+(?:FAIL|SIGABRT|SIGSEGV|TIMEOUT|LEAK-FAIL) \[ *[\d.]+s\] (?:\( *\d+\/\d+\) )?(\S+) (\S.*?)\s*$/,
      found(match, n, findings) {
        findings.failedTest({
          framework: "cargo",
          suite: match[1] ?? "",
          name: match[2] ?? "",
          log_line: n,
        });
        findings.failure({
          from: n,
          to: n,
          code: /TIMEOUT/.test(match[0]) ? "test.timeout" : "test.assertion",
        });
      },
    },
    {
      shape:
        /^\s+Summary \[ *[\d.]+s\] (\d+)(?:\/\d+)? tests? run: (?:.*?(\d+) failed)?(?:.*?(\d+) skipped)?/,
      found(match, n, findings) {
        const [run = 0, failed = 0, skipped = 0] = match.slice(1).map(intOf);
        if (n > 0) findings.counts({ framework: "cargo", run, failed, skipped });
      },
    },
  ],
});
