/** Gathers what all parsers of one log found: bounded, in log order, and each failed test once. */
import type { Diagnostic, FailedTest, TestCounts } from "../../model.ts";
import { DIAGNOSTICS_MAX, FAILED_TESTS_MAX, type FailureRange, type Findings } from "./contract.ts";
import { present } from "./words.ts";

/** Failure ranges kept per log. */
export const FAILURES_MAX = 2_000;
/** Longest name and message kept of one finding: 10,000 whole lines would be 40 MB. */
export const TEXT_CHARS_MAX = 1_000;
/** Totals kept per log: one per test run, and a build may run one per module. */
export const COUNTS_MAX = 1_000;
/** Tests of one name that are compared before a further one is simply kept. */
const SAME_NAME_MAX = 64;

/** All findings of one log. */
export interface Found {
  readonly failed_tests: readonly FailedTest[];
  readonly counts: readonly TestCounts[];
  readonly diagnostics: readonly Diagnostic[];
  readonly failures: readonly FailureRange[];
}

/**
 * A sink for parsers and a way to read it. Frameworks print one failure up to three times (while running, in detail,
 * in a summary), with more or less of its name: those are merged into the first, which gains what it lacked.
 */
export function collect(): { readonly findings: Findings; read(): Found } {
  const tests: FailedTest[] = [];
  const byName = new Map<string, number[]>();
  const counts: TestCounts[] = [];
  const diagnostics: Diagnostic[] = [];
  const failures: FailureRange[] = [];
  const seen = new Set<string>();
  return {
    findings: {
      failedTest(test) {
        const key = `${test.framework}\n${test.name}`;
        const same = byName.get(key) ?? [];
        const at = same.slice(0, SAME_NAME_MAX).find((index) => sameTest(tests[index], test));
        const known = at === undefined ? undefined : tests[at];
        if (at !== undefined && known !== undefined) {
          tests[at] = merged(known, test);
          return;
        }
        if (tests.length >= FAILED_TESTS_MAX) return;
        same.push(tests.length);
        byName.set(key, same);
        tests.push(present({ ...test, name: cut(test.name), message: cut(test.message) }));
      },
      counts(total) {
        if (counts.length < COUNTS_MAX) counts.push(total);
      },
      diagnostic(diagnostic) {
        // Two parsers may know one line: the one asked first keeps it.
        const key = `${diagnostic.log_line} ${diagnostic.line ?? ""} ${diagnostic.file}`;
        if (diagnostics.length >= DIAGNOSTICS_MAX || seen.has(key)) return;
        seen.add(key);
        diagnostics.push(present({ ...diagnostic, message: cut(diagnostic.message) }));
      },
      failure(range) {
        const last = failures.at(-1);
        const known = last !== undefined && last.from <= range.from && range.to <= last.to;
        if (!known && failures.length < FAILURES_MAX) failures.push(range);
      },
    },
    read: () => ({
      failed_tests: tests.toSorted((a, b) => a.log_line - b.log_line),
      counts,
      diagnostics: diagnostics.toSorted((a, b) => a.log_line - b.log_line),
      failures: failures.toSorted((a, b) => a.from - b.from || a.to - b.to),
    }),
  };
}

function cut(text: string): string;
function cut(text: string | undefined): string | undefined;
function cut(text: string | undefined): string | undefined {
  return text?.slice(0, TEXT_CHARS_MAX);
}

/** Whether two reports of one framework and name mean one test: the shorter suite ends the longer at a boundary. */
function sameTest(known: FailedTest | undefined, test: FailedTest): boolean {
  if (known === undefined) return false;
  const a = known.suite ?? "";
  const b = test.suite ?? "";
  if (a === b || a === "" || b === "") return true;
  return a.length > b.length ? endsAtBoundary(a, b) : endsAtBoundary(b, a);
}

const endsAtBoundary = (long: string, short: string): boolean =>
  long.endsWith(short) && /[./\\:$ >]/.test(long.charAt(long.length - short.length - 1));

function merged(known: FailedTest, test: FailedTest): FailedTest {
  const suite = (test.suite ?? "").length > (known.suite ?? "").length ? test.suite : known.suite;
  const { file, line } = known.file === undefined ? test : known;
  return present({ ...known, suite, file, line, message: known.message ?? test.message });
}
