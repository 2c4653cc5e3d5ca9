/** What the gate runs: one table of stages, each with its budget in seconds on two cores. */

/** One check of a stage that is a program of its own; it counts as one test. */
export interface Command {
  name: string;
  /** Program and arguments; programs are looked up in node_modules/.bin first. */
  run: readonly [string, ...string[]];
}

export type Work =
  /** A Vitest project, or the tests under some paths whatever their project; Vitest writes the JUnit file. */
  | { kind: "vitest"; project: string }
  | { kind: "paths"; paths: readonly string[] }
  /** Programs, run one after the other. */
  | { kind: "commands"; commands: readonly Command[] }
  /** A program that writes its own JUnit file, whose path is appended to its arguments. */
  | { kind: "reporter"; run: readonly [string, ...string[]] }
  /** `npm test` in this checkout, exactly as a reader of the README runs it. */
  | { kind: "npm-test" }
  /** A clone of the last commit in an empty folder, installed from nothing. */
  | { kind: "clone" };

export interface Stage {
  name: string;
  budgetS: number;
  work: readonly Work[];
  env?: Readonly<Record<string, string>>;
  /** A stage that cannot run without a browser is skipped where none is installed. */
  needsBrowser?: boolean;
}

/** Budget of a whole run; going over it fails the run. */
export const BUDGET_S = { test: 480, ci: 1_500 } as const;

/** Seeds per machine: in `npm test`, and in CI. */
const SIM_SEEDS = { test: "2000", ci: "20000" } as const;

/** Requests per operation of the API; `npm test` sends the test's own number. */
const FUZZ_RUNS = { ci: "100" } as const;

export const TEST_STAGES: readonly Stage[] = [
  {
    name: "check",
    budgetS: 40,
    work: [
      {
        kind: "commands",
        commands: [
          { name: "types", run: ["tsc", "-b"] },
          {
            name: "lint",
            run: ["oxlint", "--type-aware", "--report-unused-disable-directives-severity=error"],
          },
          { name: "format", run: ["oxfmt", "--check"] },
          { name: "dead code", run: ["knip", "--no-progress", "--no-config-hints"] },
          {
            name: "api document",
            run: ["redocly", "lint", "docs/openapi.json", "--config", "test/contract/redocly.yaml"],
          },
        ],
      },
      { kind: "vitest", project: "house" },
    ],
    // The linter of the API document reports home and looks for updates by default; a check does neither.
    env: { REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" },
  },
  { name: "core", budgetS: 40, work: [{ kind: "vitest", project: "core" }] },
  {
    name: "sim",
    budgetS: 40,
    work: [{ kind: "vitest", project: "sim" }],
    env: { SIM_SEEDS: SIM_SEEDS.test },
  },
  { name: "workerd", budgetS: 50, work: [{ kind: "vitest", project: "workerd" }] },
  { name: "pg", budgetS: 80, work: [{ kind: "vitest", project: "pg" }] },
  { name: "e2e", budgetS: 80, work: [{ kind: "vitest", project: "e2e" }] },
  {
    name: "browser",
    budgetS: 150,
    work: [{ kind: "vitest", project: "browser" }],
    env: { BROWSER: "short" },
    needsBrowser: true,
  },
];

export const CI_STAGES: readonly Stage[] = [
  { name: "clone", budgetS: 60, work: [{ kind: "clone" }] },
  { name: "test", budgetS: BUDGET_S.test, work: [{ kind: "npm-test" }] },
  {
    name: "browser-ci",
    budgetS: 240,
    work: [{ kind: "vitest", project: "browser" }],
    needsBrowser: true,
  },
  {
    name: "sim-ci",
    budgetS: 120,
    work: [{ kind: "vitest", project: "sim" }],
    env: { SIM_SEEDS: SIM_SEEDS.ci },
  },
  {
    name: "mutants",
    budgetS: 330,
    work: [{ kind: "reporter", run: ["node", "test/mutants/run.ts", "--junit"] }],
  },
  {
    name: "fuzz",
    budgetS: 40,
    work: [{ kind: "paths", paths: ["test/contract/fuzz.pg.test.ts"] }],
    env: { FUZZ_RUNS: FUZZ_RUNS.ci },
  },
  { name: "kill", budgetS: 130, work: [{ kind: "vitest", project: "kill" }] },
  {
    name: "docs",
    budgetS: 20,
    work: [{ kind: "reporter", run: ["node", "test/docs/run.ts", "--junit"] }],
  },
  {
    name: "bench",
    budgetS: 80,
    work: [
      {
        kind: "commands",
        commands: [{ name: "smoke", run: ["node", "bench/run.ts", "--smoke"] }],
      },
    ],
  },
];
