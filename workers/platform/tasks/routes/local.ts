/** Routes of the launcher: wake the dispatchers after a start, tell whether all is done, and run the self-test. */
import { z } from "zod";
import type { NodeCounts, RunView } from "../../../../durable-objects/dispatcher/model.ts";
import { PROBE_HOPS_MAX } from "../../dags/rules.ts";
import { launcherOnly } from "../../http/local.ts";
import { type AppContext, createApp } from "../../http/plumbing.ts";
import { refused } from "../../http/problem.ts";
import { PLATFORM_ORG_ID, PROBE_EVENTS_MAX } from "../rules.ts";
import { ask, awaitRun, emitSource, idle, wakeAll } from "../service.ts";

const Probe = z.strictObject({
  /** Units the start spreads into, each a task. */
  events: z.int().min(1).max(PROBE_EVENTS_MAX).default(1),
  payload_bytes: z.int().min(0).max(8_192).default(0),
  /** A second task per unit collects its result. */
  collect: z.boolean().default(false),
  /** The longest a unit takes. */
  work_ms: z.int().min(0).max(10_000).default(0),
  /** Hops of a chain instead of a fan-out. */
  chain: z.int().min(0).max(PROBE_HOPS_MAX).default(0),
  lane: z.enum(["direct", "queue"]).default("queue"),
  /** Answer when the run has ended, else at once. */
  wait: z.boolean().default(true),
  /** The run's name: asking twice with one is one run. */
  dedup: z.string().min(1).max(100).optional(),
});
type Probe = z.infer<typeof Probe>;

/** The longest the launcher waits; beyond it the status route tells more. */
const WAIT_ROUNDS_MAX = 12;
const ROUND_MS = 10_000;

export const localTaskRoutes = createApp();
for (const path of ["/wake", "/idle", "/probe", "/probe/*"])
  localTaskRoutes.use(path, launcherOnly());
localTaskRoutes.post("/wake", async (c) => {
  await wakeAll(c.env, c.var.sql);
  return c.body(null, 204);
});
localTaskRoutes.get("/idle", async (c) => c.json(await idle(c.env, c.var.sql)));
localTaskRoutes.post("/probe", async (c) => {
  const probe = Probe.safeParse(await c.req.json());
  if (!probe.success)
    return refused(c, { code: "validation_failed", detail: z.prettifyError(probe.error) });
  return start(c, probe.data);
});
localTaskRoutes.get("/probe/:dag/:run", (c) => tell(c, c.req.param("dag"), c.req.param("run")));

async function start(c: AppContext, probe: Probe): Promise<Response> {
  const { events, payload_bytes, collect, work_ms, chain, lane } = probe;
  const dag_id = chain > 0 ? "sys.chain" : "sys.probe";
  const emitted = await emitSource(c.env, {
    org_id: PLATFORM_ORG_ID,
    dag_id,
    source_id: "starts",
    dedup: probe.dedup ?? c.var.requestId,
    lane,
    request_id: c.var.requestId,
    payload: chain > 0 ? { hops: chain } : { events, payload_bytes, collect, work_ms },
  });
  if (!emitted.ok) return refused(c, emitted.refusal);
  const { run_id } = emitted.value;
  for (let round = 0; probe.wait && round < WAIT_ROUNDS_MAX; round += 1) {
    if (
      (await awaitRun(c.env, {
        org_id: PLATFORM_ORG_ID,
        dag_id,
        run_id,
        deadline_ms: ROUND_MS,
      })) !== "pending"
    )
      break;
  }
  return tell(c, dag_id, run_id, chain > 0 ? chain : events);
}

async function tell(
  c: AppContext,
  dagId: string,
  runId: string,
  expected?: number,
): Promise<Response> {
  const request = { v: 1, org_id: PLATFORM_ORG_ID, dag_id: dagId, run_id: runId } as const;
  const [run, counts] = await Promise.all([
    ask(c.env, PLATFORM_ORG_ID, dagId, (dispatcher) => dispatcher.run(request)),
    ask(c.env, PLATFORM_ORG_ID, dagId, (dispatcher) => dispatcher.counts(request)),
  ]);
  if (!run.ok) return refused(c, run.refusal);
  return counts.ok
    ? c.json({ dag_id: dagId, ...probeCounts(run.value, counts.value, expected) })
    : refused(c, counts.refusal);
}

/** `lost`: made but without success once the run has ended. `doubled`: tasks beyond one per event and node. */
function probeCounts(run: RunView, counts: readonly NodeCounts[], expected: number | undefined) {
  const worked = counts.filter(
    (count) => count.node_id !== "spread" && count.node_id !== "collect",
  );
  const sum = (rows: readonly NodeCounts[], of: (row: NodeCounts) => number): number =>
    rows.reduce((total, row) => total + of(row), 0);
  const made = sum(worked, (row) => row.tasks);
  const succeeded = sum(
    worked.filter((row) => row.state === "succeeded"),
    (row) => row.tasks,
  );
  const emitted = expected ?? made;
  return {
    run_id: run.run_id,
    status: run.status,
    emitted,
    succeeded,
    collected: sum(
      counts.filter((row) => row.node_id === "collect" && row.state === "succeeded"),
      (row) => row.tasks,
    ),
    failed: run.failed,
    open: run.open,
    lost: run.status === "running" ? 0 : Math.max(0, emitted - succeeded),
    doubled: sum(counts, (row) => row.tasks - row.events) + Math.max(0, made - emitted),
    elapsed_ms: run.ended_at === null ? null : run.ended_at - run.created_at,
  };
}
