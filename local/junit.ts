/** JUnit files: how the gate counts, and how tools that are not test runners are counted. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

export interface Totals {
  passed: number;
  failed: number;
  skipped: number;
}

/** One check that is no test file: a compiler, a linter, a mutant. */
export interface Case {
  name: string;
  outcome: "passed" | "failed" | "skipped";
  seconds: number;
  /** What a failure printed, or why it was skipped. */
  output?: string;
}

/** Longest output kept per failed case; a report is for reading. */
const OUTPUT_CHARS_MAX = 20_000;

export const NOTHING: Totals = { passed: 0, failed: 0, skipped: 0 };

export const sum = (all: readonly Totals[]): Totals => ({
  passed: all.reduce((total, one) => total + one.passed, 0),
  failed: all.reduce((total, one) => total + one.failed, 0),
  skipped: all.reduce((total, one) => total + one.skipped, 0),
});

/** The line that closes every run, alone on its line. */
export const closingLine = (totals: Totals): string =>
  `${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`;

/**
 * Counts the test cases of a JUnit file over its `<testsuite>` elements; errors count as failures.
 *
 * @throws when the file does not exist or holds no suite: a run that reports nothing has not passed.
 */
export function readJunit(file: string): Totals {
  const suites = readFileSync(file, "utf8").match(/<testsuite\s[^>]*>/g) ?? [];
  if (suites.length === 0) throw new Error(`${file} holds no test suite`);
  return sum(suites.map(totalsOf));
}

function totalsOf(suite: string): Totals {
  const count = (name: string): number =>
    Number(new RegExp(`\\s${name}="(\\d+)"`).exec(suite)?.[1] ?? 0);
  const failed = count("failures") + count("errors");
  const skipped = count("skipped");
  return { failed, skipped, passed: count("tests") - failed - skipped };
}

/** Writes the cases as one suite, creating the folder. */
export function writeJunit(file: string, suite: string, cases: readonly Case[]): void {
  const of = (outcome: Case["outcome"]): number =>
    cases.filter((one) => one.outcome === outcome).length;
  const seconds = cases.reduce((total, one) => total + one.seconds, 0);
  const counts = `tests="${cases.length}" failures="${of("failed")}" errors="0" skipped="${of("skipped")}"`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(
    file,
    [
      `<?xml version="1.0" encoding="UTF-8"?>`,
      `<testsuites>`,
      `<testsuite name="${escape(suite)}" ${counts} time="${seconds.toFixed(3)}">`,
      ...cases.map((one) => caseXml(suite, one)),
      `</testsuite>`,
      `</testsuites>`,
      "",
    ].join("\n"),
  );
}

function caseXml(suite: string, one: Case): string {
  const head = `<testcase classname="${escape(suite)}" name="${escape(one.name)}" time="${one.seconds.toFixed(3)}"`;
  const output = escape((one.output ?? "").slice(-OUTPUT_CHARS_MAX));
  if (one.outcome === "passed") return `${head}/>`;
  const tag = one.outcome === "failed" ? "failure" : "skipped";
  return `${head}><${tag} message="${one.outcome}">${output}</${tag}></testcase>`;
}

/** XML text; characters that XML 1.0 cannot hold at all are dropped. */
const escape = (text: string): string =>
  Array.from(text)
    .filter((char) => char >= " " || char === "\n" || char === "\t")
    .join("")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
