/** A worker fetches an envelope, renews its lease and reports its results: all by fence. */
import {
  done,
  refuse,
  type Instant,
  type Refused,
  type Result,
} from "../../../workers/platform/model.ts";
import { PAYLOAD_BYTES_MAX, type TaskError } from "../../../workers/platform/tasks/model.ts";
import type { Assignment, Held, ReportRequest, TaskReport } from "../model.ts";
import { Draft } from "./draft.ts";
import { outputEventId } from "./keys.ts";
import {
  DIRECT_HEARTBEAT_MS,
  DIRECT_LEASE_MS,
  type Policy,
  RETRY_AFTER_MS_MAX,
  RUNNER_CONCURRENCY,
} from "./limits.ts";
import type { Envelope, Instance, Rng, Slice, Step, TaskRow } from "./state.ts";

/** Everything a transition may not make up itself. */
export interface World {
  readonly now: Instant;
  readonly rng: Rng;
  readonly policy: Policy;
}

const leaseMs = (envelope: Envelope, policy: Policy): number =>
  envelope.lane === "direct" ? Math.min(policy.leaseMs, DIRECT_LEASE_MS) : policy.leaseMs;

const heartbeatMs = (envelope: Envelope, policy: Policy): number =>
  envelope.lane === "direct"
    ? Math.min(policy.heartbeatMs, DIRECT_HEARTBEAT_MS)
    : policy.heartbeatMs;

export function instanceOf(slice: Slice, inst: number): Instance {
  const instance = slice.instances.get(inst);
  if (instance === undefined)
    throw new RangeError(`instance ${String(inst)} is gone while its tasks live`);
  return instance;
}

/** The envelope under a new lease: a new fence, and an end that heartbeats cannot move [L1, L6]. */
export function leased(
  draft: Draft,
  envelope: Envelope,
  instance: Instance,
  world: World,
): Envelope {
  const ttl = leaseMs(envelope, world.policy);
  const waves = Math.ceil(envelope.members.length / RUNNER_CONCURRENCY);
  return {
    ...envelope,
    state: "leased",
    fence: draft.nextFence(),
    leaseUntil: world.now + ttl,
    hardUntil: world.now + instance.timeoutS * 1_000 * waves + ttl,
  };
}

/** Leases every live member, or answers `gone`: a duplicate message finds the envelope leased and takes nothing [Q2]. */
export function fetch(slice: Slice, world: World): Step {
  const draft = new Draft(slice, world.now);
  const [envelope] = slice.envelopes;
  if (envelope === undefined || envelope.state !== "queued") return draft.finish({ kind: "gone" });
  const waiting = slice.tasks.filter((task) => task.state === "queued");
  if (waiting.length === 0) {
    draft.dropEnvelope(envelope);
    return draft.finish({ kind: "gone" });
  }
  const instance = instanceOf(slice, envelope.inst);
  const members = waiting.map((task) => task.tid);
  const taken = leased(draft, { ...envelope, members }, instance, world);
  draft.putEnvelope(taken);
  // The attempt rises now, not at the result: a task that crashes its worker cannot be tried for ever [T5].
  const tasks = waiting.map((task) =>
    draft.update(task, { state: "leased", attempt: task.attempt + 1 }),
  );
  return draft.finish({
    kind: "assigned",
    assignment: assignmentOf({ ...slice, envelopes: [taken], tasks }, world.policy),
  });
}

/** What the worker of the slice's one envelope must know. */
export function assignmentOf(slice: Slice, policy: Policy): Assignment {
  const [envelope] = slice.envelopes;
  if (envelope === undefined) throw new RangeError("an assignment needs its envelope");
  const instance = instanceOf(slice, envelope.inst);
  return {
    envelope_id: envelope.id,
    fence: String(envelope.fence),
    lease_ms: leaseMs(envelope, policy),
    heartbeat_ms: heartbeatMs(envelope, policy),
    timeout_ms: instance.timeoutS * 1_000,
    org_id: slice.head.orgId,
    dag_id: slice.head.dagId,
    node_id: instance.nodeId,
    mode: envelope.mode,
    operator: { name: instance.operator, n: instance.n },
    config: instance.config,
    tasks: slice.tasks.flatMap((task) => {
      const event = slice.events.get(task.eventSeq);
      const run = slice.runs.get(task.run);
      if (event === undefined || run === undefined)
        throw new RangeError(`task ${task.id} lost its event or run`);
      const { datasetId: dataset_id, partition, payload } = event;
      return [
        {
          tid: task.tid,
          task_id: task.id,
          attempt: task.attempt,
          run_id: run.runId,
          request_id: run.requestId,
          traceparent: run.traceparent,
          dataset_id,
          partition,
          rev: event.seq,
          payload,
        },
      ];
    }),
  };
}

/** Extends the lease up to its hard end, and names the members to stop [L2, L6]. */
export function renew(slice: Slice, fence: string, world: World): Step {
  const envelope = holder(slice, fence);
  if (envelope === null || world.now >= envelope.hardUntil) return lost();
  const draft = new Draft(slice, world.now);
  const ttl = leaseMs(envelope, world.policy);
  draft.putEnvelope({ ...envelope, leaseUntil: Math.min(world.now + ttl, envelope.hardUntil) });
  const canceled = slice.tasks.filter((task) => task.state === "canceling").map((task) => task.tid);
  return draft.finish({ kind: "renewed", leaseMs: ttl, canceled });
}

/** Commits results with their outputs, in one step, for the holder of the current lease only [L2, T3]. */
export function report(slice: Slice, request: ReportRequest, world: World): Step {
  const envelope = holder(slice, request.fence);
  if (envelope === null) return lost();
  const draft = new Draft(slice, world.now);
  const instance = instanceOf(slice, envelope.inst);
  const open = new Map(slice.tasks.map((task) => [task.tid, task]));
  for (const result of request.results) {
    const task = open.get(result.tid);
    if (task === undefined) continue;
    open.delete(result.tid);
    settle(draft, task, { instance, result, world });
  }
  if (request.last) {
    for (const task of open.values()) giveBack(draft, task, { instance, world, code: "no_result" });
    open.clear();
  }
  if (open.size === 0) draft.dropEnvelope(envelope);
  return draft.finish();
}

function settle(
  draft: Draft,
  task: TaskRow,
  given: { instance: Instance; result: TaskReport; world: World },
): void {
  const { instance, result, world } = given;
  draft.attempted(task, result.ms ?? 0);
  if (task.state === "canceling") {
    // Whatever the worker answers, a canceled task commits nothing.
    draft.update(task, { state: "canceled", envelope: 0 });
  } else if (!result.ok) {
    const { code, message, retryable, retry_after_ms: atLeastMs = 0 } = result;
    fail(
      draft,
      { ...task, lost: 0 },
      { instance, world, error: { code, message, retryable }, atLeastMs },
    );
  } else {
    const error = refusedOutput(instance, result);
    if (error === null) succeed(draft, task, result);
    else fail(draft, task, { instance, world, error, atLeastMs: 0 });
  }
}

function succeed(draft: Draft, task: TaskRow, result: Extract<TaskReport, { ok: true }>): void {
  result.outputs.forEach(({ dataset_id: datasetId, partition, payload }, index) => {
    const eventId = outputEventId(task.id, { datasetId, partition, index });
    const { mode, lane, run } = task;
    draft.append({ eventId, datasetId, partition, mode, lane, run, payload });
  });
  draft.update(task, { state: "succeeded", envelope: 0, error: null });
}

/** Nothing is published of a task that names a foreign dataset or carries too much [W4]. */
function refusedOutput(
  instance: Instance,
  result: Extract<TaskReport, { ok: true }>,
): TaskError | null {
  for (const { dataset_id, payload } of result.outputs) {
    if (!instance.outputs.includes(dataset_id)) {
      return {
        code: "output_not_declared",
        message: `${instance.nodeId} does not declare ${dataset_id}.`,
        retryable: false,
      };
    }
    if (payload.length > PAYLOAD_BYTES_MAX) {
      return {
        code: "payload_too_large",
        message: `An output of ${instance.nodeId} exceeds ${String(PAYLOAD_BYTES_MAX)} bytes; store it and name it.`,
        retryable: false,
      };
    }
  }
  return null;
}

/** A member whose worker is gone: canceled if that was wanted, else tried again in smaller company [T12]. */
export function giveBack(
  draft: Draft,
  task: TaskRow,
  given: { instance: Instance; world: World; code: "lease_lost" | "task_timeout" | "no_result" },
): void {
  // How long a worker that is gone was at it nobody knows.
  draft.attempted(task, 0);
  if (task.state === "canceling") {
    draft.update(task, { state: "canceled", envelope: 0 });
    return;
  }
  const error = { code: given.code, message: LOST[given.code], retryable: true };
  fail(draft, { ...task, lost: task.lost + 1 }, { ...given, error, atLeastMs: 0 });
}

const LOST = {
  lease_lost: "The worker did not answer before its lease ended.",
  task_timeout: "The task ran longer than its timeout.",
  no_result: "The worker answered without this task's result.",
} as const;

function fail(
  draft: Draft,
  task: TaskRow,
  given: { instance: Instance; world: World; error: TaskError; atLeastMs: number },
): void {
  const { instance, world, error, atLeastMs } = given;
  const made = task.attempt - task.base;
  const { lost: lostLeases } = task;
  if (!error.retryable || made >= instance.maxAttempts) {
    draft.update(task, { state: "failed", envelope: 0, error, lost: lostLeases });
    return;
  }
  const asked = Math.min(atLeastMs, RETRY_AFTER_MS_MAX);
  const notBefore = world.now + Math.max(asked, backoffMs(instance, made, world.rng));
  draft.update(task, { state: "ready", envelope: 0, error, lost: lostLeases, notBefore });
}

/** random(0, min(cap, 2^attempt s)), or the node's own schedule [T4]. */
export function backoffMs(
  instance: Pick<Instance, "capS" | "scheduleS">,
  attempt: number,
  rng: Rng,
): number {
  const { capS, scheduleS } = instance;
  const fixed = scheduleS[Math.min(attempt, scheduleS.length) - 1];
  if (fixed !== undefined) return fixed * 1_000;
  return Math.floor(rng.next() * Math.min(capS, 2 ** attempt) * 1_000);
}

/** The envelope, if `fence` is that of its current lease. */
/** How long the lease of a task still runs, if `fence` is its fence; the slice holds the task's envelope [L2]. */
export function holds(
  slice: Slice,
  held: { readonly tid: number; readonly fence: string },
  now: Instant,
): Result<Held> {
  const envelope = holder(slice, held.fence);
  const working = slice.tasks.some(({ tid, state }) => tid === held.tid && state === "leased");
  if (envelope === null || !working || envelope.leaseUntil <= now) return lost();
  return done({ lease_ms: envelope.leaseUntil - now });
}

function holder(slice: Slice, fence: string): Envelope | null {
  const [envelope] = slice.envelopes;
  if (envelope === undefined || envelope.state !== "leased") return null;
  return String(envelope.fence) === fence ? envelope : null;
}

const lost = (): Refused =>
  refuse("lease_lost", {
    detail: "The lease ended or was given to another worker; the result was not taken.",
  });
