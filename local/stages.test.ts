/** The gate's table: what a run may cost is written in one place and adds up. */
import { expect, test } from "vitest";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BUDGET_S, CI_STAGES, type Stage, TEST_STAGES } from "./stages.ts";

const budgets = (stages: readonly Stage[]): number =>
  stages.reduce((total, stage) => total + stage.budgetS, 0);

test("the stages of npm test fit into its budget of 8 minutes", () => {
  expect(BUDGET_S.test).toBe(8 * 60);
  expect(budgets(TEST_STAGES)).toBeLessThanOrEqual(BUDGET_S.test);
});

test("the stages of CI fit into its budget of 25 minutes", () => {
  expect(BUDGET_S.ci).toBe(25 * 60);
  expect(budgets(CI_STAGES)).toBeLessThanOrEqual(BUDGET_S.ci);
});

test("stage names are unique: each names its own report", () => {
  const names = [...TEST_STAGES, ...CI_STAGES].map((stage) => stage.name);
  expect(new Set(names).size).toBe(names.length);
});

test("every Vitest project is a stage", () => {
  const config = readFileSync(join(import.meta.dirname, "../vitest.config.ts"), "utf8");
  const projects = [...config.matchAll(/name: "(\w+)"|launched\("(\w+)"/g)].map(
    (match) => match[1] ?? match[2],
  );
  const run = [...TEST_STAGES, ...CI_STAGES]
    .flatMap((stage) => stage.work)
    .flatMap((work) => (work.kind === "vitest" ? [work.project] : []));
  expect(projects.length).toBeGreaterThan(5);
  expect(projects.filter((project) => project !== undefined && !run.includes(project))).toEqual([]);
});
