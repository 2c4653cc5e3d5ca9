/** XCTest and Swift Testing, plain and through xcpretty: failed cases with their assertions. */
import type { Parser } from "./contract.ts";
import { intOf, oneLine } from "./words.ts";

export const xctest: Parser = oneLine({
  id: "xctest",
  kind: "test",
  prefilter: [
    String.raw`: error: -?\[?\w`,
    String.raw`^Test Case '.*' failed \(`,
    String.raw`^[✗✘] Test `,
    String.raw`^\s+✗ test\w+, `,
    String.raw`^\s*Executed \d+ tests?, with `,
  ],
  rows: [
    {
      // `file.swift:12: error: -[Module.Class testX] : XCTAssertEqual failed: ...`, on Linux `Class.testX : ...`
      shape: /^(\S.*?):(\d+): error: (?:-\[([\w.]+) (\w+)\]|(\w+)\.(test\w*)) : (.*)$/,
      found(match, n, findings) {
        const line = intOf(match[2]);
        findings.failedTest({
          framework: "xctest",
          suite: match[3] ?? match[5] ?? "",
          name: match[4] ?? match[6] ?? "",
          file: match[1] ?? "",
          line,
          message: match[7] ?? "",
          log_line: n,
        });
        findings.failure({ from: n, to: n, code: "test.assertion" });
      },
    },
    {
      shape: /^Test Case '(?:-\[([\w.]+) (\w+)\]|(\w+)\.(\w+))' failed \(/,
      found(match, n, findings) {
        findings.failedTest({
          framework: "xctest",
          suite: match[1] ?? match[3] ?? "",
          name: match[2] ?? match[4] ?? "",
          log_line: n,
        });
      },
    },
    {
      shape:
        /^[✗✘] Test (?:"([^"]*)"|(\w+\(.*?\))) (?:recorded an issue at (\S+?):(\d+):\d+: (.*)|failed after .*)$/,
      found(match, n, findings) {
        const line = intOf(match[4]);
        findings.failedTest({
          framework: "swift_testing",
          name: match[1] ?? match[2] ?? "",
          file: match[3],
          line,
          message: match[5],
          log_line: n,
        });
        findings.failure({ from: n, to: n, code: "test.assertion" });
      },
    },
    {
      shape: /^\s+✗ (test\w+), (.*)$/,
      found(match, n, findings) {
        findings.failedTest({
          framework: "xctest",
          name: match[1] ?? "",
          message: match[2] ?? "",
          log_line: n,
        });
        findings.failure({ from: n, to: n, code: "test.assertion" });
      },
    },
    {
      shape: /^\s*Executed (\d+) tests?, with (?:(\d+) tests? skipped and )?(\d+) failures? \(/,
      found(match, n, findings) {
        const [run = 0, skipped = 0, failed = 0] = match.slice(1).map(intOf);
        if (n > 0) findings.counts({ framework: "xctest", run, failed, skipped });
      },
    },
  ],
});
