/** Counting: the closing line is what others read, so it adds up or the run fails. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { closingLine, readJunit, sum, writeJunit } from "./junit.ts";

const file = (): string => join(mkdtempSync(join(tmpdir(), "junit-")), "report.xml");

test("a report that was written is counted as written", () => {
  const path = file();
  writeJunit(path, "check", [
    { name: "types", outcome: "passed", seconds: 1 },
    { name: "lint <a & b>", outcome: "failed", seconds: 2, output: `1 < 2 && "x"\u001b[31m` },
    { name: "browser", outcome: "skipped", seconds: 0 },
  ]);
  expect(readJunit(path)).toEqual({ passed: 1, failed: 1, skipped: 1 });
});

test("errors and failures of several suites are added, and skipped tests are not passed ones", () => {
  const path = file();
  writeFileSync(
    path,
    `<testsuites tests="9"><testsuite name="a" tests="5" failures="1" errors="1" skipped="2" time="1">` +
      `</testsuite><testsuite name="b" tests="4" failures="0" errors="0" skipped="0"></testsuite></testsuites>`,
  );
  expect(readJunit(path)).toEqual({ passed: 5, failed: 2, skipped: 2 });
});

test("a report without a suite is an error, not a success", () => {
  const path = file();
  writeFileSync(path, "<testsuites></testsuites>");
  expect(() => readJunit(path)).toThrow("no test suite");
});

test("the closing line adds up all stages", () => {
  const totals = sum([
    { passed: 3, failed: 0, skipped: 1 },
    { passed: 4, failed: 2, skipped: 0 },
  ]);
  expect(closingLine(totals)).toBe("7 passed, 2 failed, 1 skipped");
});
