/**
 * The gate: `npm test` and CI. Runs the stages of stages.ts one after the other and ends with one line of totals.
 * Every stage leaves a JUnit file in reports/; the totals are summed from those files, never from exit codes.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findChromium, NO_CHROMIUM } from "./chromium.ts";
import { ensureChromium } from "./chromium-install.ts";
import { closingLine, NOTHING, readJunit, sum, type Totals, writeJunit } from "./junit.ts";
import { runWork, type Shell } from "./gate-work.ts";
import { BUDGET_S, CI_STAGES, type Stage, TEST_STAGES } from "./stages.ts";

const ROOT = join(import.meta.dirname, "..");
const REPORTS = join(ROOT, "reports");

/** A stage that hangs is killed after this many times its budget, and not before this many seconds: a machine may be busy. */
const KILL_AFTER_BUDGETS = 3;
const KILL_AFTER_S_MIN = 300;

interface Outcome {
  stage: string;
  budgetS: number;
  seconds: number;
  totals: Totals;
  /** The stage ended badly although its report shows no failure. */
  broken: boolean;
}

/**
 * Runs what the arguments name.
 *
 * @param mode `test`: all stages of `npm test`, or the stages or paths in `names`; `ci`: the stages of CI
 * @returns 0 when every stage passed within the run's budget, else 1
 */
async function gate(mode: "test" | "ci", names: readonly string[]): Promise<number> {
  const started = performance.now();
  mkdirSync(REPORTS, { recursive: true });
  const outcomes: Outcome[] = [];
  if (mode === "ci") {
    const browser = ensureChromium(process.env);
    process.stdout.write(`browser: ${browser.why}\n`);
  }
  for (const stage of stagesFor(mode, names)) {
    process.stdout.write(`\n=== ${stage.name} (budget ${stage.budgetS} s)\n`);
    outcomes.push(await runStage(stage));
  }
  const seconds = (performance.now() - started) / 1000;
  return report(mode, outcomes, seconds, names.length === 0 ? BUDGET_S[mode] : Infinity);
}

/** Names that are no stage are paths for Vitest, in whatever worlds they live. */
function stagesFor(mode: "test" | "ci", names: readonly string[]): readonly Stage[] {
  const known =
    mode === "ci"
      ? CI_STAGES
      : [...TEST_STAGES, ...CI_STAGES.filter((stage) => stage.name !== "test")];
  if (names.length === 0) return mode === "ci" ? CI_STAGES : TEST_STAGES;
  const stages = known.filter((stage) => names.includes(stage.name));
  const paths = names.filter((name) => !known.some((stage) => stage.name === name));
  if (paths.length === 0) return stages;
  return [...stages, { name: "paths", budgetS: BUDGET_S.test, work: [{ kind: "paths", paths }] }];
}

async function runStage(stage: Stage): Promise<Outcome> {
  const started = performance.now();
  const skipped = stage.needsBrowser === true && findChromium(process.env) === null;
  const done = skipped ? withoutBrowser(stage) : await work(stage);
  const seconds = (performance.now() - started) / 1000;
  if (seconds > stage.budgetS) {
    process.stdout.write(
      `${stage.name} took ${seconds.toFixed(0)} s, over its budget of ${stage.budgetS} s\n`,
    );
  }
  return { stage: stage.name, budgetS: stage.budgetS, seconds, ...done };
}

async function work(stage: Stage): Promise<Pick<Outcome, "totals" | "broken">> {
  const shell: Shell = {
    root: ROOT,
    env: { ...stage.env },
    deadline: Date.now() + Math.max(stage.budgetS * KILL_AFTER_BUDGETS, KILL_AFTER_S_MIN) * 1000,
  };
  const all: Totals[] = [];
  let broken = false;
  for (const [index, one] of stage.work.entries()) {
    const file = join(
      REPORTS,
      index === 0 ? `${stage.name}.xml` : `${stage.name}-${index + 1}.xml`,
    );
    rmSync(file, { force: true });
    const ended = await runWork(one, file, { ...shell, suite: stage.name });
    const totals = sum(ended.reports.map(counted));
    all.push(totals);
    broken ||= !ended.ok && totals.failed === 0;
  }
  return { totals: sum(all), broken };
}

/** A missing report is no success: the stage is marked broken by its exit code. */
function counted(file: string): Totals {
  try {
    return readJunit(file);
  } catch (error) {
    process.stdout.write(`no report: ${error instanceof Error ? error.message : String(error)}\n`);
    return { ...NOTHING, failed: 1 };
  }
}

function withoutBrowser(stage: Stage): Pick<Outcome, "totals" | "broken"> {
  const required = process.env["REQUIRE_BROWSER"] === "1";
  process.stdout.write(`${required ? "FAILED" : "SKIPPED"} ${stage.name}: ${NO_CHROMIUM}\n`);
  const file = join(REPORTS, `${stage.name}.xml`);
  const outcome = required ? "failed" : "skipped";
  writeJunit(file, stage.name, [
    { name: "a browser is installed", outcome, seconds: 0, output: NO_CHROMIUM },
  ]);
  return { totals: readJunit(file), broken: false };
}

function report(
  mode: "test" | "ci",
  outcomes: readonly Outcome[],
  seconds: number,
  budgetS: number,
): number {
  const broken = outcomes.filter((outcome) => outcome.broken).map((outcome) => outcome.stage);
  const overBudget = seconds > budgetS;
  const extra = broken.length + (overBudget ? 1 : 0);
  const totals = sum([...outcomes.map((outcome) => outcome.totals), { ...NOTHING, failed: extra }]);
  const ok = totals.failed === 0;
  process.stdout.write(`\n${table(outcomes)}\n`);
  if (broken.length > 0)
    process.stdout.write(`ended with an error outside its tests: ${broken.join(", ")}\n`);
  if (overBudget)
    process.stdout.write(`the run took ${seconds.toFixed(0)} s; its budget is ${budgetS} s\n`);
  const name = mode === "ci" ? "ci-report.json" : "test-report.json";
  writeFileSync(
    join(REPORTS, name),
    `${JSON.stringify({ ok, seconds, budgetS, totals, stages: outcomes }, null, 2)}\n`,
  );
  process.stdout.write(`\n${closingLine(totals)}\n`);
  return ok ? 0 : 1;
}

function table(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ stage, seconds, budgetS, totals }) => [
    stage.padEnd(10),
    `${seconds.toFixed(1).padStart(7)} s of ${String(budgetS).padStart(4)}`,
    closingLine(totals),
  ]);
  return rows.map((row) => row.join("  ")).join("\n");
}

// Boot imports this file where it already runs the right Node, so nothing may ask for `import.meta.main`.
const [mode, ...names] = process.argv.slice(2);
if (mode !== "test" && mode !== "ci") {
  process.stderr.write(`edgewright: the gate runs "test" or "ci", not "${mode ?? ""}"\n`);
  process.exit(1);
}
process.exit(await gate(mode, names));
