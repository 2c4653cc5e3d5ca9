/** Scores the names of failed tests, and the totals, against logs whose outcomes people checked (BugSwarm). */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { FailedTest, LogSource, TestCounts } from "../../workers/platform/analyses/model.ts";
import { analyze } from "../../workers/platform/analyses/rules/analyze.ts";

/** One log and what is known of it; undefined where nobody said. */
export interface TestCase {
  readonly log: string;
  readonly path: string;
  readonly failed: readonly string[] | undefined;
  readonly counts: { readonly run: number | undefined; readonly failed: number | undefined };
}

/** Sums over all logs with known names; shares of logs with known totals. */
export interface TestScore {
  readonly logs: number;
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly countedLogs: number;
  readonly runExact: number;
  readonly failedExact: number;
  readonly misses: readonly string[];
}

/** The cases of a set, or null when the directory is no set of test outcomes. */
export function readTestCases(dir: string): readonly TestCase[] | null {
  const expectations = join(dir, "expect.jsonl");
  if (!existsSync(expectations)) return null;
  const cases = new Map<string, TestCase>();
  for (const line of readFileSync(expectations, "utf8").split("\n")) {
    if (line === "") continue;
    const { log, expect }: { log: string; expect: Record<string, unknown> } = JSON.parse(line);
    const known = cases.get(log);
    const failed =
      namesOf(expect["tr_t_failed"]) ?? (expect["num_t_failed"] === 0 ? [] : undefined);
    cases.set(log, {
      log,
      path: join(dir, "logs", log),
      failed: known?.failed ?? failed,
      counts: {
        run: known?.counts.run ?? numberOf(expect["num_t_run"]),
        failed: known?.counts.failed ?? numberOf(expect["num_t_failed"]),
      },
    });
  }
  return [...cases.values()];
}

const numberOf = (value: unknown): number | undefined =>
  typeof value === "number" ? value : undefined;

/** The set joins names by `#`; a test that failed twice stands twice. */
function namesOf(value: unknown): readonly string[] | undefined {
  if (typeof value !== "string") return undefined;
  return [...new Set(value.split("#").filter((name) => name !== ""))];
}

/** Runs the whole product over every log. TP, FP and FN are summed over logs; F1 is that of the sums. */
export async function scoreTests(cases: readonly TestCase[]): Promise<TestScore> {
  const sum = { logs: 0, tp: 0, fp: 0, fn: 0, counted: 0, run: 0, failed: 0 };
  const misses: string[] = [];
  for (const testCase of cases) {
    const { result } = await analyze(sourceOf(readFileSync(testCase.path)), {});
    if (testCase.failed !== undefined) {
      const { tp, fp, fn } = matched(testCase.failed, result.failed_tests);
      sum.logs += 1;
      sum.tp += tp;
      sum.fp += fp.length;
      sum.fn += fn.length;
      misses.push(
        ...fp.map((name) => `${testCase.log}: too much: ${name}`),
        ...fn.map((name) => `${testCase.log}: missed: ${name}`),
      );
    }
    const totals = comparison(testCase, result.counts);
    if (totals === undefined) continue;
    sum.counted += 1;
    sum.run += Number(totals.run);
    sum.failed += Number(totals.failed);
  }
  const precision = ratio(sum.tp, sum.tp + sum.fp);
  const recall = ratio(sum.tp, sum.tp + sum.fn);
  return {
    logs: sum.logs,
    truePositives: sum.tp,
    falsePositives: sum.fp,
    falseNegatives: sum.fn,
    precision,
    recall,
    f1: ratio(2 * precision * recall, precision + recall),
    countedLogs: sum.counted,
    runExact: ratio(sum.run, sum.counted),
    failedExact: ratio(sum.failed, sum.counted),
    misses,
  };
}

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

function sourceOf(bytes: Uint8Array): LogSource {
  return {
    size: bytes.length,
    read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)),
  };
}

function comparison(
  testCase: TestCase,
  counts: readonly TestCounts[],
): { run: boolean; failed: boolean } | undefined {
  const { run, failed } = testCase.counts;
  if (run === undefined || failed === undefined) return undefined;
  const sum = (of: (total: TestCounts) => number): number =>
    counts.reduce((all, total) => all + of(total), 0);
  return {
    run: sum((total) => total.run) === run,
    failed: sum((total) => total.failed) === failed,
  };
}

/** Each expected name meets at most one found test, under any of the spellings its framework's tools use. */
export function matched(
  expected: readonly string[],
  found: readonly FailedTest[],
): { tp: number; fp: readonly string[]; fn: readonly string[] } {
  const open = new Map(expected.map((name) => [folded(name), name]));
  const fp: string[] = [];
  for (const test of found) {
    const hit = spellings(test)
      .map(folded)
      .find((name) => open.has(name));
    if (hit === undefined) fp.push(`${test.suite ?? ""} ## ${test.name}`);
    else open.delete(hit);
  }
  return { tp: expected.length - open.size, fp, fn: [...open.values()] };
}

function spellings({ suite, name }: FailedTest): readonly string[] {
  if (suite === undefined) return [name];
  // pytest writes `module::Class::test`.
  const node = suite.replace(/\.(?=[^.]*$)/, "::");
  return [".", "::", " › ", " > ", " "]
    .map((separator) => `${suite}${separator}${name}`)
    .concat(`${node}::${name}`, `${name} (${suite})`, `${name}(${suite})`, name);
}

const folded = (name: string): string => name.replace(/:$/, "").replace(/\s+/g, " ").trim();

/** The score as lines of text. */
export function testTable(score: TestScore): string {
  return [
    `failed-test names: F1 ${score.f1.toFixed(3)}  P ${score.precision.toFixed(3)}  R ${score.recall.toFixed(3)}  ` +
      `(TP ${score.truePositives}, FP ${score.falsePositives}, FN ${score.falseNegatives}; ${score.logs} logs with known names)`,
    `totals equal: run ${score.runExact.toFixed(3)}, failed ${score.failedExact.toFixed(3)} of ${score.countedLogs} logs`,
    ...score.misses.map((miss) => `  ${miss}`),
  ].join("\n");
}

/** Scores a set and prints it. Exit code 2: the directory is no such set. */
export async function main(dir: string): Promise<number> {
  const cases = readTestCases(dir);
  if (cases === null) {
    process.stderr.write(`${dir} holds no expect.jsonl.\n`);
    return 2;
  }
  process.stdout.write(`${testTable(await scoreTests(cases))}\n`);
  return 0;
}
