/** wrangler.toml: nothing is declared without its counterpart, and production differs only where it must. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { unstable_readConfig as readConfig } from "wrangler";
import { z } from "zod";
import { SHIELD } from "../../workers/platform/http/shield.ts";
import { readText, ROOT } from "./files.ts";

/** What these tests look at; Wrangler's own type of a configuration does not resolve outside its repository. */
const Queue = z.looseObject({ queue: z.string(), dead_letter_queue: z.string().optional() });
const Configuration = z.object({
  name: z.string(),
  compatibility_date: z.string(),
  vars: z.record(z.string(), z.unknown()),
  assets: z.looseObject({ run_worker_first: z.boolean() }).optional(),
  r2_buckets: z.array(z.unknown()),
  hyperdrive: z.array(z.unknown()),
  triggers: z.unknown(),
  queues: z.object({
    producers: z.array(Queue).default([]),
    consumers: z.array(Queue).default([]),
  }),
  durable_objects: z.object({
    bindings: z.array(z.looseObject({ name: z.string(), class_name: z.string() })),
  }),
  ratelimits: z
    .array(z.looseObject({ name: z.string(), simple: z.looseObject({ limit: z.int() }) }))
    .default([]),
  migrations: z.array(z.looseObject({ new_sqlite_classes: z.array(z.string()).default([]) })),
});

const read = (file: string, env?: string): z.infer<typeof Configuration> =>
  Configuration.parse(
    readConfig(
      { config: join(ROOT, file), ...(env === undefined ? {} : { env }) },
      { hideWarnings: true },
    ),
  );

const local = read("wrangler.toml");
const production = read("wrangler.toml", "production");
const apps = read("workers/apps/wrangler.toml");

const names = (bindings: readonly { name: string }[]): readonly string[] =>
  bindings.map(({ name }) => name).toSorted();

describe("wrangler.toml", () => {
  test("names that local data hangs on are frozen", () => {
    expect([local.name, production.name, apps.name]).toEqual([
      "edgewright-platform",
      "edgewright-platform",
      "edgewright-apps",
    ]);
  });

  test("every queue that is written or is a dead-letter queue has a consumer", () => {
    const consumed = new Set(local.queues.consumers.map(({ queue }) => queue));
    const written = local.queues.producers.map(({ queue }) => queue);
    const dead = local.queues.consumers.flatMap(({ dead_letter_queue: queue }) => queue ?? []);
    expect([...written, ...dead].filter((queue) => !consumed.has(queue))).toEqual([]);
  });

  test("every Durable Object class has a migration and is exported by the entry", () => {
    const entry = readText("workers/platform/index.ts");
    const migrated = new Set(
      local.migrations.flatMap(({ new_sqlite_classes: classes }) => classes),
    );
    for (const { class_name: name } of local.durable_objects.bindings) {
      expect(migrated, `${name} has a migration`).toContain(name);
      expect(entry, `${name} is exported`).toMatch(new RegExp(`export [^;]*\\b${name}\\b`));
    }
  });

  test("production has the same bindings, but no local pool and no launcher", () => {
    const without = (all: readonly string[], ...gone: string[]): readonly string[] =>
      all.filter((name) => !gone.includes(name));
    expect(names(production.durable_objects.bindings)).toEqual(
      without(names(local.durable_objects.bindings), "POOL"),
    );
    expect(Object.keys(production.vars).toSorted()).toEqual(Object.keys(local.vars).toSorted());
    expect(production.r2_buckets).toEqual(local.r2_buckets);
    expect(production.queues).toEqual(local.queues);
    expect(production.hyperdrive).toEqual(local.hyperdrive);
    expect(production.assets).toEqual(local.assets);
    expect(production.migrations).toEqual(local.migrations);
    expect(production.triggers).toEqual(local.triggers);
    expect(production.compatibility_date).toBe(local.compatibility_date);
  });

  test("[RL3] production counts floods with the numbers that a local install counts with", () => {
    const declared = production.ratelimits.map(({ name, simple }) => [name, simple.limit]);
    const wanted = Object.values(SHIELD).map(({ binding, limit }) => [binding, limit]);
    expect(declared).toEqual(wanted);
    expect(local.ratelimits).toEqual([]);
  });

  test("the Worker sees a request before the static assets do", () => {
    expect(local.assets?.run_worker_first).toBe(true);
  });

  test("both planes run on one compatibility date", () => {
    expect(apps.compatibility_date).toBe(local.compatibility_date);
  });

  test("worker-configuration.d.ts is what wrangler generates now", () => {
    const folder = mkdtempSync(join(tmpdir(), "types-"));
    const fresh = join(folder, "worker-configuration.d.ts");
    try {
      execFileSync(
        "node_modules/.bin/wrangler",
        ["types", "--include-runtime=false", "--strict-vars=false", fresh],
        {
          cwd: ROOT,
          stdio: "pipe",
          env: {
            ...process.env,
            WRANGLER_SEND_METRICS: "false",
            CLOUDFLARE_CF_FETCH_ENABLED: "false",
          },
        },
      );
      expect(body(readText("worker-configuration.d.ts"))).toBe(body(readFileSync(fresh, "utf8")));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 30_000);
});

/** Without the comment lines, which repeat the command and its paths, and without the relative path to the entry. */
const body = (text: string): string =>
  text
    .split("\n")
    .filter((line) => !/^\s*(?:\/\*|\/\/|\*)/.test(line))
    .join("\n")
    .replaceAll(/import\("[^"]*\/(workers\/[^"]+)"\)/g, 'import("./$1")');
