/** What runs and analyses cost: the dispatcher's real machine, the real limiter machine, a real Postgres. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Event } from "../../../durable-objects/dispatcher/machine/step.ts";
import { turn } from "../../../durable-objects/dispatcher/machine/turn.ts";
import { usedBy } from "../../../durable-objects/dispatcher/machine/views.ts";
import type { Assignment, TaskReport } from "../../../durable-objects/dispatcher/model.ts";
import { SqliteStore } from "../../../durable-objects/dispatcher/store/sqlite.ts";
import { openPlatform, setUp, type SignedIn, type TestPlatform } from "../../../test/platform.ts";
import { nodeDatabase } from "../../../test/simulation/node-sqlite.ts";
import { SYSTEM_DAGS } from "../dags/rules.ts";
import { done, refuse } from "../model.ts";
import { UsageReport } from "../usage/model.ts";
import { mirrorRuns, recordTaskUsage } from "./service.ts";

const DAG = "sys.analyses";
const ANALYSIS = "01900000-0000-7000-8000-00000000000e";
const LEASE_MS = 60_000;

let platform: TestPlatform;
let owner: SignedIn;
const store = new SqliteStore(nodeDatabase());

beforeAll(async () => {
  const run = ({ run_id }: { run_id: string }) => {
    const view = store.runView(run_id);
    return Promise.resolve(view === null ? refuse("not_found") : done(view));
  };
  const stub = { run, tasks: () => Promise.resolve(done([])) };
  platform = await openPlatform({ DISPATCHER: { idFromName: () => "", get: () => stub } });
  owner = await setUp(platform);
  const config = SYSTEM_DAGS.get(DAG);
  if (config === undefined) throw new Error("no such DAG");
  take({ type: "dag.configured", orgId: owner.orgId, config });
  await platform.db.as("superuser")`
    insert into platform.analyses (org_id, id, source, created_by, logs_size_bytes, created_at, expires_at)
    values (${owner.orgId}, ${ANALYSIS}, 'api', 'key:x', 1, now(), now())`;
});
afterAll(() => platform.close());

const take = (event: Event) =>
  turn(store, event, {
    now: platform.clock.now,
    rng: { next: () => 0 },
    policy: { leaseMs: LEASE_MS, heartbeatMs: 20_000 },
  });

/** A run about the analysis. @returns its id */
function emit(dedup: string): string {
  const turned = take({
    type: "events.emitted",
    datasetId: "sys.analyses.logs",
    request: {
      v: 1,
      org_id: owner.orgId,
      dag_id: DAG,
      source_id: "logs",
      lane: "queue",
      mode: "live",
      request_id: "test",
      subject: `analysis:${ANALYSIS}`,
      events: [{ dedup, partition: "_", payload: "{}" }],
    },
  });
  if (!turned.ok || turned.answer.kind !== "emitted") throw new Error("not emitted");
  return turned.answer.runIds[0] ?? "";
}

function lease(): Assignment {
  for (const { body } of store.outbox("send", Number.MAX_SAFE_INTEGER, 1_000)) {
    if (body.kind !== "send") continue;
    const turned = take({ type: "envelope.fetched", envelope: body.envelope });
    if (turned.ok && turned.answer.kind === "assigned") return turned.answer.assignment;
  }
  throw new Error("nothing to lease");
}

/** Works on the next task for `ms`; `output` names what it puts out. */
function work(ms: number, end: { readonly output?: string; readonly code?: string } = {}): string {
  const { envelope_id, fence, tasks } = lease();
  const outputs =
    end.output === undefined
      ? []
      : [{ dataset_id: `sys.analyses.${end.output}`, partition: "_", payload: "{}" }];
  const results = tasks.map(({ tid }): TaskReport =>
    end.code === undefined
      ? { tid, ms, ok: true, outputs }
      : { tid, ms, ok: false, code: end.code, message: "m", retryable: false },
  );
  const request = { v: 1, org_id: owner.orgId, dag_id: DAG, envelope_id, fence, results } as const;
  take({ type: "results.reported", request: { ...request, results, last: true } });
  return tasks[0]?.task_id ?? "";
}

/** As the object's outbox does it: rows to Postgres, usage to the limiter, then the items are gone, if the answer arrives. */
async function mirror(answerArrives = true): Promise<void> {
  const items = store.outbox("mirror", Number.MAX_SAFE_INTEGER, 1_000);
  const bodies = items.flatMap(({ body }) => (body.kind === "mirror" ? [body] : []));
  const rows = store.mirrored(
    bodies.flatMap((body) => body.runs),
    bodies.flatMap((body) => body.tids),
  );
  const { change, incarnation } = store.head();
  const head = { backlog: 0, nextWake: null, change };
  await mirrorRuns(platform.sql, { orgId: owner.orgId, dagId: DAG, ...rows, head });
  const of = { org: owner.orgId, dag: DAG };
  await recordTaskUsage(platform.env, of, usedBy(items, incarnation));
  if (answerArrives) take({ type: "outbox.sent", ids: items.map(({ id }) => id) });
}

async function runRow(id: string): Promise<Record<string, unknown>> {
  const [row = {}] = await platform.db.as("superuser")`
    select attempts::int, work_ms::int, price_version, cost_usd::text as cost,
      (attempts * (select usd from platform.price_books where meter = 'tasks' and version = price_version))::text as parts
    from platform.runs where id = ${id}`;
  return row;
}
const costOf = async (path: string): Promise<unknown> =>
  ((await (await owner.send(path)).json()) as { cost_usd: unknown }).cost_usd;

test("[US10] [C5.6] [N2] a run costs what its attempts cost, at the prices it got first, also when a task is tried again", async () => {
  const run = emit("first");
  work(10, { output: "units" });
  work(200, { output: "results" });
  const failed = work(30, { code: "broken" });
  await mirror();
  const before = await runRow(run);
  expect(before).toMatchObject({ attempts: 3, work_ms: 240, price_version: 1 });
  expect(before["cost"]).toBe("0.000003600000");
  expect(before["parts"]).toBe(before["cost"]);
  await platform.db.as(
    "superuser",
  )`insert into platform.price_books (version, meter, usd, effective_at) values
    (2, 'tasks', 1, '2026-01-01'), (2, 'task_ms', 1, '2026-01-01')`;
  take({ type: "task.retried", taskId: failed });
  work(60, { output: "reports" });
  await mirror();
  const after = await runRow(run);
  expect(after).toMatchObject({ attempts: 4, work_ms: 300, price_version: 1 });
  expect(after["cost"]).toBe("0.000004800000");
  expect(after["parts"]).toBe(after["cost"]);
  const [tasks] = await platform.db.as("superuser")`
    select sum(attempt)::int as attempts from platform.task_history where run_id = ${run}`;
  expect(tasks?.["attempts"]).toBe(4);
  expect(await costOf(`/api/v1/runs/${run}`)).toBe(after["cost"]);
  expect(await costOf(`/api/v1/analyses/${ANALYSIS}`)).toBe(after["cost"]);
});

test("[US10] [N2] an analysis costs what all runs about it cost: another run adds to it", async () => {
  const run = emit("again");
  work(1, { code: "broken" });
  await mirror();
  // The second price book is in force by now: one attempt, one millisecond.
  expect(await runRow(run)).toMatchObject({ price_version: 2, cost: "2.000000000000" });
  expect(await costOf(`/api/v1/analyses/${ANALYSIS}`)).toBe("2.000004800000");
  const list = await owner.send("/api/v1/analyses");
  expect(await list.json()).toMatchObject({ items: [{ cost_usd: "2.000004800000" }] });
});

test("[US10] [US1] usage has every attempt once, though its dispatcher tells of it again, and one whose worker is gone", async () => {
  emit("lost");
  lease();
  platform.clock.now += LEASE_MS;
  take({ type: "clock.ticked" });
  await mirror(false);
  await mirror(false);
  await mirror();
  await mirror();
  const org = owner.orgId;
  await platform.limiters.of(org).rollUp({ v: 1, org_id: org });
  const report = UsageReport.parse(await (await owner.send("/api/v1/usage")).json());
  const valueOf = (name: string) => report.rows.find(({ meter }) => meter === name)?.value;
  const [runs] = await platform.db.as("superuser")`
    select sum(attempts)::int as attempts, sum(work_ms)::int as ms from platform.runs`;
  expect([valueOf("tasks"), valueOf("task_ms")]).toEqual([6, 301]);
  expect(runs).toEqual({ attempts: 6, ms: 301 });
});
