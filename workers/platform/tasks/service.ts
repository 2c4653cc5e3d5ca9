/** What other capabilities use of the engine: the interface of operators, emitting events, waiting for runs. */
import {
  type Assignment,
  AWAIT_MS_MAX,
  type Backlog,
  type DispatcherApi,
  type Hint,
  type RunView,
  type TaskReport,
} from "../../../durable-objects/dispatcher/model.ts";
import type { Log } from "../adapters/log.ts";
import type { Sql } from "../adapters/sql.ts";
import { SYSTEM_DAGS } from "../dags/rules.ts";
import { done, Fault, refuse, type JsonValue, type Result } from "../model.ts";
import {
  type Lane,
  type OperatorOutcome,
  type OperatorTask,
  PAYLOAD_BYTES_MAX,
  type Run,
  type RunStatus,
} from "./model.ts";
import { recordAll } from "../usage/service.ts";
import { dispatcherName } from "./rules.ts";
import {
  findRun,
  type DispatcherHead,
  listHeads,
  listOrgIds,
  listRuns,
  mirror,
  runFigures,
  type MirrorBatch,
  type RunFigures,
} from "./store.ts";

export interface OperatorContext {
  readonly env: Env;
  readonly sql: Sql;
  /** Aborted on cancel, on a lost lease and at the node's timeout. */
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly now: () => number;
}

/**
 * The code of a node. `n` rises when the same input may give another output [C24].
 * Throwing counts as a retryable failure; an expected no is `{ok: false}`.
 */
export interface Operator {
  readonly name: string;
  readonly n: number;
  run(context: OperatorContext, task: OperatorTask): Promise<OperatorOutcome>;
}

/** The partition of events that have none. */
const NO_PARTITION = "_";

export interface SourceEvent {
  readonly org_id: string;
  readonly dag_id: string;
  readonly source_id: string;
  /** Sending the same key again is the same event [E2]. */
  readonly dedup: string;
  readonly payload: JsonValue;
  /** `direct` starts at once, `queue` (the default) scales. */
  readonly lane?: Lane;
  /** What the run is about, `analysis:<id>`. */
  readonly subject?: string;
  readonly request_id: string;
  readonly traceparent?: string | undefined;
}

/**
 * Stores a source event; when this answers, its run survives any crash [E3].
 * Refusals: not_found (no such DAG or source), payload_too_large, backlog_full.
 *
 * @throws Fault("dispatcher") when the dispatcher is not reachable
 */
export async function emitSource(
  env: Env,
  event: SourceEvent,
): Promise<Result<{ run_id: string; duplicate: boolean }>> {
  const payload = JSON.stringify(event.payload);
  if (payload.length > PAYLOAD_BYTES_MAX) {
    return refuse("payload_too_large", {
      detail: `The event has ${String(payload.length)} bytes; the limit is ${String(PAYLOAD_BYTES_MAX)}. Store the data and name it.`,
    });
  }
  const { org_id, dag_id, source_id, dedup, lane = "queue", subject = null, request_id } = event;
  const emitted = await ask(env, org_id, dag_id, (dispatcher) =>
    dispatcher.emit({
      v: 1,
      org_id,
      dag_id,
      source_id,
      lane,
      mode: "live",
      request_id,
      traceparent: event.traceparent ?? null,
      subject,
      events: [{ dedup, partition: NO_PARTITION, payload }],
    }),
  );
  if (!emitted.ok) return emitted;
  const [runId = ""] = emitted.value.run_ids;
  return done({ run_id: runId, duplicate: emitted.value.duplicates > 0 });
}

/**
 * Waits until the run has ended, at most `deadline_ms` (<= 25,000): `pending` means look again later [Q8].
 * An unreachable or crowded dispatcher is `pending` too: the run goes on without us.
 */
export async function awaitRun(
  env: Env,
  wait: { org_id: string; dag_id: string; run_id: string; deadline_ms: number },
): Promise<Exclude<RunStatus, "running"> | "pending"> {
  const { org_id, dag_id, run_id } = wait;
  const deadline_ms = Math.min(AWAIT_MS_MAX, Math.max(0, Math.floor(wait.deadline_ms)));
  const answer = await dispatcherOf(env, org_id, dag_id)
    .awaitRun({ v: 1, org_id, dag_id, run_id, deadline_ms })
    .catch(() => null);
  return answer?.ok === true && answer.value !== "running" ? answer.value : "pending";
}

/** One call of a dispatcher. @throws Fault("dispatcher") when it is not reachable */
export async function ask<T>(
  env: Env,
  orgId: string,
  dagId: string,
  call: (dispatcher: DispatcherApi) => Promise<T>,
): Promise<T> {
  try {
    return await call(dispatcherOf(env, orgId, dagId));
  } catch (cause) {
    throw new Fault("dispatcher", { retryable: true, cause });
  }
}

/** The dispatcher of one DAG of one organization. */
export function dispatcherOf(env: Env, orgId: string, dagId: string): DispatcherApi {
  const stub: unknown = env.DISPATCHER.get(env.DISPATCHER.idFromName(dispatcherName(orgId, dagId)));
  // Wrangler's generated types do not carry the class of the binding
  return stub as DispatcherApi;
}

export type Ran = "accepted" | "done" | "gone";

/** The Runner as its callers see it, through loopback bindings. */
export interface RunnerApi {
  run(hint: Hint): Promise<Ran>;
  perform(assignment: Assignment): Promise<TaskReport[]>;
}

/** The Runner of this Worker. Wrangler's generated types know it only once index.ts exports it. */
export function runnerOf(exports: unknown): RunnerApi {
  // The loopback binding of our own entrypoint
  return (exports as { readonly Runner: RunnerApi }).Runner;
}

/**
 * The dispatcher that knows a run, and the run as it stands there. Postgres usually tells whose it is; a run younger than
 * its mirror is looked for in the platform's own DAGs. Refusal: not_found.
 */
export async function findDispatcherOfRun(
  env: Env,
  sql: Sql,
  orgId: string,
  runId: string,
): Promise<Result<{ dagId: string; run: RunView; costUsd: string | null }>> {
  const mirrored = await findRun(sql, orgId, runId);
  for (const dagId of mirrored === null ? SYSTEM_DAGS.keys() : [mirrored.dag_id]) {
    const run = await ask(env, orgId, dagId, (dispatcher) =>
      dispatcher.run({ v: 1, org_id: orgId, dag_id: dagId, run_id: runId }),
    );
    if (run.ok) return done({ dagId, run: run.value, costUsd: mirrored?.cost_usd ?? null });
  }
  return refuse("not_found");
}

/** Tells Postgres what a dispatcher's outbox holds. */
export const mirrorRuns = (sql: Sql, batch: MirrorBatch): Promise<void> => mirror(sql, batch);

/** Attempts that ended, and how long they took. `id` is the same whenever it is told again. */
export interface TaskUsage {
  readonly id: string;
  readonly tasks: number;
  readonly ms: number;
}

/** Records of one call of the limiter; each usage is two. */
const USAGE_MAX = 50;

/** Counts what a dispatcher's tasks used, each id once [US10]. @throws Fault("limiter") */
export async function recordTaskUsage(
  env: Env,
  { org, dag }: { readonly org: string; readonly dag: string },
  used: readonly TaskUsage[],
): Promise<void> {
  const source = `dispatchers/${dag}`;
  for (let at = 0; at < used.length; at += USAGE_MAX)
    await recordAll(
      env,
      org,
      used.slice(at, at + USAGE_MAX).flatMap(({ id, tasks, ms }) => [
        { source, id: `${id}.tasks`, meter: "tasks", value: tasks },
        { source, id: `${id}.ms`, meter: "task_ms", value: ms },
      ]),
    );
}

/** Every dispatcher that ever took an event. */
async function* heads(sql: Sql): AsyncIterable<DispatcherHead & { readonly orgId: string }> {
  for (const orgId of await listOrgIds(sql)) {
    for (const head of await listHeads(sql, orgId)) yield { ...head, orgId };
  }
}

/** After a restart: every dispatcher sends again what waits, since local queues are memory only [Q13]. */
export const wakeAll = (env: Env, sql: Sql): Promise<number> => wakeIf(env, sql, () => true);

/** Wakes those that wanted to wake before `before`: their alarm was lost [L5]. @returns how many */
export const wakeOverdue = (env: Env, sql: Sql, before: number): Promise<number> =>
  wakeIf(env, sql, ({ nextWake }) => nextWake !== null && nextWake < before);

async function wakeIf(
  env: Env,
  sql: Sql,
  wanted: (head: DispatcherHead) => boolean,
): Promise<number> {
  let woken = 0;
  const failures: unknown[] = [];
  for await (const head of heads(sql)) {
    if (!wanted(head)) continue;
    const { orgId: org_id, dagId: dag_id } = head;
    try {
      await ask(env, org_id, dag_id, (dispatcher) => dispatcher.wake({ v: 1, org_id, dag_id }));
      woken += 1;
    } catch (failure) {
      failures.push(failure);
    }
  }
  // One that cannot be reached must not keep those behind it asleep, yet the caller learns of it.
  if (failures.length > 0) throw new Fault("dispatcher", { retryable: true, cause: failures[0] });
  return woken;
}

/** What is still to do in all dispatchers; tests wait on it. */
export async function idle(
  env: Env,
  sql: Sql,
): Promise<{ idle: boolean; open_tasks: number; open_outbox: number }> {
  const total: Record<keyof Backlog, number> = { open_tasks: 0, open_outbox: 0, unpassed: 0 };
  for await (const { orgId, dagId } of heads(sql)) {
    const backlog = await ask(env, orgId, dagId, (dispatcher) =>
      dispatcher.backlog({ v: 1, org_id: orgId, dag_id: dagId }),
    );
    if (!backlog.ok) continue;
    total.open_tasks += backlog.value.open_tasks + backlog.value.unpassed;
    total.open_outbox += backlog.value.open_outbox;
  }
  const { open_tasks, open_outbox } = total;
  return { idle: open_tasks === 0 && open_outbox === 0, open_tasks, open_outbox };
}

/** Runs of an organization since `since` in figures, and the latest failed ones. */
export async function runsOverview(
  sql: Sql,
  orgId: string,
  since: string,
  latest: number,
): Promise<{ figures: RunFigures; failed: readonly Run[] }> {
  const [figures, failed] = await Promise.all([
    runFigures(sql, orgId, since),
    listRuns(sql, orgId, { dagId: null, status: "failed", after: undefined, limit: latest }),
  ]);
  return { figures, failed };
}
