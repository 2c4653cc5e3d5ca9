/** kill -9 amid a thousand tasks: none is lost, no effect is doubled, and the counts are exact. */
import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { DATABASE, urlOf } from "../../local/postgres-connection.ts";
import { readState, secretsOf, statePaths } from "../../local/state.ts";
import { launch, type Launch } from "../launcher.ts";

const TASKS = 1_000;
const PLATFORM_ORG_ID = "00000000-0000-7000-8000-000000000000";
/** A lease of 6 s and one sweep: the tasks of the dead worker come back within this. */
const RECOVERY_MS = 60_000;

const Probe = z.object({
  dag_id: z.string(),
  run_id: z.string(),
  status: z.string(),
  emitted: z.int(),
  succeeded: z.int(),
  collected: z.int(),
  failed: z.int(),
  open: z.int(),
  lost: z.int(),
  doubled: z.int(),
  elapsed_ms: z.number().nullable(),
});
type Probe = z.infer<typeof Probe>;

let product: Launch;

beforeAll(async () => {
  product = await launch({ flags: ["--var", "LEASE_MS=6000", "--var", "HEARTBEAT_MS=2000"] });
});
afterAll(async () => {
  await product?.stop();
});

test.each([1, 2, 3])(
  "[L1] [T3] [Q6] [Q13] kill -9 of workerd amid 1,000 tasks loses none and doubles nothing, round %i",
  async (round) => {
    const begun = await start(`kill-${String(round)}`);
    const amid = await until(begun, (probe) => probe.succeeded >= TASKS * 0.2 * round);
    await product.kill9("workerd");
    expect(amid.succeeded).toBeLessThan(TASKS);
    const ended = await until(begun, (probe) => probe.status !== "running");
    expect(ended).toMatchObject({
      status: "succeeded",
      emitted: TASKS,
      succeeded: TASKS,
      collected: TASKS,
      failed: 0,
      open: 0,
      lost: 0,
      doubled: 0,
    });
    await product.idle();
    const told = await mirrored(begun.run_id);
    expect(told).toMatchObject({
      rows: 2 * TASKS + 1,
      succeeded: 2 * TASKS + 1,
      status: "succeeded",
    });
    expect(told.retried, "the kill hit tasks at work").toBeGreaterThan(0);
  },
);

test("[E1] asking for the same run after a crash answers with the run that was made", async () => {
  const first = await start("kill-1");
  expect(first).toMatchObject({ status: "succeeded", succeeded: TASKS });
});

async function start(dedup: string): Promise<Probe> {
  return ask("POST", "/internal/v1/local/probe", {
    events: TASKS,
    collect: true,
    work_ms: 300,
    wait: false,
    dedup,
  });
}

async function ask(method: string, path: string, body?: unknown): Promise<Probe> {
  const headers = {
    authorization: `Bearer ${product.launcherToken}`,
    "content-type": "application/json",
  };
  const answer = await fetch(product.api + path, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok)
    throw new Error(`${path} answered ${String(answer.status)}: ${await answer.text()}`);
  return Probe.parse(await answer.json());
}

/** Polls; while workerd is dead nobody answers. */
async function until(run: Probe, holds: (probe: Probe) => boolean): Promise<Probe> {
  const deadline = Date.now() + RECOVERY_MS;
  for (;;) {
    const probe = await ask("GET", `/internal/v1/local/probe/${run.dag_id}/${run.run_id}`).catch(
      () => null,
    );
    if (probe !== null && holds(probe)) return probe;
    if (Date.now() > deadline)
      throw new Error(`not within ${String(RECOVERY_MS)} ms: ${JSON.stringify(probe)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** What Postgres was told, counted by Postgres. */
async function mirrored(
  runId: string,
): Promise<{ rows: number; succeeded: number; retried: number; status: string }> {
  const paths = statePaths(product.stateDir);
  const sql = postgres(
    urlOf(readState(paths).postgres?.port ?? 0, "platform_rt", DATABASE, secretsOf(paths)),
    { max: 1 },
  );
  try {
    return await sql.begin(async (tx) => {
      await tx`select set_config('platform.org_id', ${PLATFORM_ORG_ID}, true)`;
      const [counts] =
        await tx`select count(*)::int as rows, count(*) filter (where state = 'succeeded')::int as succeeded,
        count(*) filter (where attempt > 1)::int as retried from platform.task_history where run_id = ${runId}`;
      const [run] = await tx`select status from platform.runs where id = ${runId}`;
      return {
        rows: Number(counts?.["rows"]),
        succeeded: Number(counts?.["succeeded"]),
        retried: Number(counts?.["retried"]),
        status: String(run?.["status"]),
      };
    });
  } finally {
    await sql.end();
  }
}
