/** Cron over organizations of which one fails: those behind it get what is theirs. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { openPlatform, setUp, type TestPlatform } from "../../../test/platform.ts";
import type { Scope, Sql } from "../adapters/sql.ts";
import { analysesTick } from "../analyses/schedule.ts";
import { Fault } from "../model.ts";
import { PLATFORM_ORG_ID } from "../tasks/rules.ts";
import { deliveriesTick } from "./schedule.ts";

const postgres = vi.hoisted(() => ({ sql: undefined as Sql | undefined }));
vi.mock(import("../adapters/postgres.ts"), () => ({
  sqlFrom: () => {
    if (postgres.sql === undefined) throw new Error("no database yet");
    return postgres.sql;
  },
}));

let platform: TestPlatform;
let orgId: string;
/** Organizations whose rows were asked for. */
const reached: string[] = [];

beforeAll(async () => {
  platform = await openPlatform();
  ({ orgId } = await setUp(platform));
  postgres.sql = {
    transaction: (scope: Scope, body, options) => {
      if ("org" in scope) reached.push(scope.org);
      if ("org" in scope && scope.org === PLATFORM_ORG_ID)
        return Promise.reject(new Fault("postgres", { retryable: true }));
      return platform.sql.transaction(scope, body, options);
    },
  };
});
afterAll(() => platform.close());

test.each([
  ["deliveries", deliveriesTick, "7 3 * * *"],
  ["analyses, every minute", analysesTick, "* * * * *"],
  ["analyses, at night", analysesTick, "7 3 * * *"],
] as const)("[A2] an organization that fails holds up no other: %s", async (_what, tick, cron) => {
  reached.length = 0;
  const lines: string[] = [];
  const logged = vi.spyOn(console, "log").mockImplementation((line) => void lines.push(line));
  const warned = vi.spyOn(console, "error").mockImplementation((line) => void lines.push(line));
  await tick(cron, platform.env);
  logged.mockRestore();
  warned.mockRestore();
  expect(reached).toContain(PLATFORM_ORG_ID);
  expect(reached).toContain(orgId);
  expect(lines.join()).toContain(PLATFORM_ORG_ID);
});
