/** Every rule of the house, each with sources it passes and sources it refuses. */
import { join } from "node:path";
import { RuleTester } from "oxlint/plugins-dev";
import { describe, test } from "vitest";
import {
  alarmClamped,
  fetchThroughAdapter,
  knownCode,
  layers,
  noRawHtml,
  pureWorld,
  reasonedDisable,
} from "./lint-rules.ts";

RuleTester.describe = describe;
RuleTester.it = test;

const ROOT = join(import.meta.dirname, "../..");
const tester = new RuleTester();
const TSX = { languageOptions: { parserOptions: { lang: "tsx" } } } as const;

/** One source in one file of the repository. */
const at = (path: string, code: string) => ({
  name: `${path}: ${code}`.slice(0, 110),
  filename: join(ROOT, path),
  code,
  ...TSX,
});
const refused = (path: string, code: string) => ({ ...at(path, code), errors: 1 });

const TASKS = "workers/platform/tasks";

tester.run("layers", layers, {
  valid: [
    at(`${TASKS}/routes.ts`, `import { list } from "./store.ts";`),
    at(`${TASKS}/routes.ts`, `import { Hono } from "hono";`),
    at(`${TASKS}/routes.ts`, `import { refused } from "../http/problem.ts";`),
    at(`${TASKS}/store/rows.ts`, `import { page } from "./page.ts";`),
    at(`${TASKS}/service.ts`, `import { sqlFrom } from "../adapters/postgres.ts";`),
    at(`${TASKS}/service.ts`, `import { Analysis } from "../analyses/model.ts";`),
    at(
      `${TASKS}/service.ts`,
      `import type { DispatcherRpc } from "../../../durable-objects/dispatcher/model.ts";`,
    ),
    at(
      "durable-objects/dispatcher/object.ts",
      `import { DurableObject } from "cloudflare:workers";`,
    ),
    at("workers/platform/analyses/rules/rank.ts", `import { keyOf } from "../model.ts";`),
    at(
      "workers/platform/adapters/postgres.ts",
      `import { overPool } from "../../../durable-objects/pool/client.ts";`,
    ),
    at("workers/platform/registry.ts", `import { operators } from "./analyses/operators.ts";`),
    at("workers/platform/http/authenticate.ts", `import { keyByToken } from "../keys/service.ts";`),
    at("workers/console/pages/runs.tsx", `import { Run } from "../../platform/tasks/model.ts";`),
    at(
      "cli/analyze.ts",
      `import { analyze } from "../workers/platform/analyses/rules/analyze.ts";`,
    ),
    at(
      `${TASKS}/store.pg.test.ts`,
      `import { openTestDatabase } from "../../../test/postgres.ts";`,
    ),
    at("bench/start.ts", `import { launch } from "../test/launcher.ts";`),
  ],
  invalid: [
    refused(`${TASKS}/model.ts`, `import { list } from "./store.ts";`),
    refused(`${TASKS}/rules.ts`, `import { Hono } from "hono";`),
    refused("durable-objects/dispatcher/machine/lease.ts", `import { save } from "../store.ts";`),
    refused(`${TASKS}/store.ts`, `import { submit } from "./service.ts";`),
    refused(`${TASKS}/store.ts`, `import { Hono } from "hono";`),
    refused(`${TASKS}/routes.ts`, `import { consume } from "./consumer.ts";`),
    refused(`${TASKS}/service.ts`, `import { refused } from "../http/problem.ts";`),
    refused(`${TASKS}/service.ts`, `import { insert } from "../analyses/store.ts";`),
    refused(`${TASKS}/service.ts`, `export { insert } from "../analyses/store.ts";`),
    refused(`${TASKS}/service.ts`, `const x = import("../analyses/store.ts");`),
    refused(`${TASKS}/service.ts`, `import { app } from "../app.ts";`),
    refused(`${TASKS}/client.ts`, `import { launch } from "../../../test/launcher.ts";`),
    refused("workers/platform/adapters/log.ts", `import { list } from "../tasks/store.ts";`),
    refused(
      "workers/apps/data/service.ts",
      `import { emit } from "../../platform/tasks/service.ts";`,
    ),
    refused("workers/console/main.tsx", `import { list } from "../platform/tasks/store.ts";`),
    refused("cli/analyze.ts", `import { start } from "../local/start.ts";`),
    refused("local/start.ts", `import { list } from "../workers/platform/tasks/store.ts";`),
    refused(
      "templates/todo/main.ts",
      `import { Task } from "../../workers/platform/tasks/model.ts";`,
    ),
    refused(`${TASKS}/helpers.ts`, `import { Hono } from "hono";`),
  ],
});

tester.run("pure-world", pureWorld, {
  valid: [
    at(`${TASKS}/service.ts`, "const now = Date.now();"),
    at(`${TASKS}/rules.ts`, "const half = Math.floor(n / 2);"),
  ],
  invalid: [
    refused(`${TASKS}/rules.ts`, "const now = Date.now();"),
    refused(`${TASKS}/rules/order.ts`, "const now = new Date();"),
    refused(`${TASKS}/machine.ts`, "const n = Math.random();"),
    refused("workers/platform/model.ts", "const n = performance.now();"),
  ],
});

tester.run("reasoned-disable", reasonedDisable, {
  valid: [
    at(
      `${TASKS}/rules.ts`,
      "// oxlint-disable-next-line complexity -- one row per state of the table\nlet a = 1;",
    ),
    at(`${TASKS}/rules.ts`, "// nothing is disabled here\nlet a = 1;"),
  ],
  invalid: [
    refused(`${TASKS}/rules.ts`, "// oxlint-disable-next-line complexity\nlet a = 1;"),
    refused(`${TASKS}/rules.ts`, "/* eslint-disable */\nlet a = 1;"),
    refused(`${TASKS}/rules.ts`, "// @ts-expect-error -- short\nlet a = 1;"),
  ],
});

tester.run("alarm-clamped", alarmClamped, {
  valid: [at("durable-objects/dispatcher/object.ts", "storage.setAlarm(Math.max(at, now + 1));")],
  invalid: [
    refused("durable-objects/dispatcher/object.ts", "this.ctx.storage.setAlarm(Date.now());"),
  ],
});

tester.run("fetch-through-adapter", fetchThroughAdapter, {
  valid: [
    at("workers/platform/adapters/egress.ts", "await fetch(url);"),
    at("workers/platform/github/client.ts", "await fetch(url);"),
    at("workers/platform/app.ts", "await env.ASSETS.fetch(request);"),
    at("local/start.ts", "await fetch(url);"),
  ],
  invalid: [
    refused(`${TASKS}/service.ts`, "await fetch(url);"),
    refused("durable-objects/dispatcher/object.ts", "await globalThis.fetch(url);"),
  ],
});

tester.run("known-code", knownCode, {
  valid: [
    at(`${TASKS}/service.ts`, `refuse("not_found");`),
    at(`${TASKS}/service.ts`, "refuse(code);"),
  ],
  invalid: [refused(`${TASKS}/service.ts`, `refuse("no_such_code");`)],
});

tester.run("no-raw-html", noRawHtml, {
  valid: [at("workers/console/line.tsx", "const x = <pre>{text}</pre>;")],
  invalid: [
    refused(
      "workers/console/line.tsx",
      "const x = <pre dangerouslySetInnerHTML={{ __html: text }} />;",
    ),
  ],
});
