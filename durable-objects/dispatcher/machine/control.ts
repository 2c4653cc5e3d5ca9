/** What time and operators do: leases end, lost messages are sent again, tasks are canceled and retried. */
import { refuse, type Refused } from "../../../workers/platform/model.ts";
import { Draft } from "./draft.ts";
import { giveBack, instanceOf, type World } from "./lease.ts";
import { OUTBOX_RETRY_MS_MAX, OUTBOX_RETRY_MS_MIN } from "./limits.ts";
import type { Envelope, Slice, Step, TaskRow } from "./state.ts";

/** Ends overdue leases and sends again what nobody fetched: losing every message costs a minute [Q6]. */
export function reap(slice: Slice, world: World): Step {
  const draft = new Draft(slice, world.now);
  for (const envelope of slice.envelopes) {
    const members = slice.tasks.filter((task) => task.envelope === envelope.id);
    if (envelope.state === "queued") resend(draft, envelope, { members, slice });
    else expire(draft, envelope, { members, slice, world });
  }
  return draft.finish();
}

function expire(
  draft: Draft,
  envelope: Envelope,
  given: { members: readonly TaskRow[]; slice: Slice; world: World },
): void {
  const { members, slice, world } = given;
  const instance = instanceOf(slice, envelope.inst);
  const code = world.now >= envelope.hardUntil ? "task_timeout" : "lease_lost";
  for (const task of members) giveBack(draft, task, { instance, world, code });
  draft.dropEnvelope(envelope);
}

function resend(
  draft: Draft,
  envelope: Envelope,
  given: { members: readonly TaskRow[]; slice: Slice },
): void {
  const { members, slice } = given;
  if (members.length === 0) {
    draft.dropEnvelope(envelope);
    return;
  }
  draft.putEnvelope({ ...envelope, sentAt: draft.now });
  // A queue that refuses for hours must not find a message per minute and envelope when it is back.
  const waits = slice.outbox.some(
    ({ body }) => body.kind === "send" && body.envelope === envelope.id,
  );
  if (!waits) draft.post({ kind: "send", envelope: envelope.id, n: members.length });
}

/** After a restart every queued envelope is sent at once: local queues are memory only [C10]. */
export function wake(slice: Slice, world: World): Step {
  const draft = new Draft(slice, world.now);
  for (const envelope of slice.envelopes) {
    const members = slice.tasks.filter((task) => task.envelope === envelope.id);
    resend(draft, envelope, { members, slice });
  }
  return draft.finish();
}

/** Refusals: not_found, task_state. */
export function cancelTask(slice: Slice, world: World): Step {
  const [task] = slice.tasks;
  if (task === undefined) return noTask();
  const draft = new Draft(slice, world.now);
  return cancel(draft, task)
    ? draft.finish()
    : wrongState(`The task is ${task.state}; only an open task can be canceled.`);
}

/** The run is over at once; leased members are told at their next heartbeat. Refusals: not_found, task_state. */
export function cancelRun(slice: Slice, world: World): Step {
  const [row] = slice.runs.values();
  if (row === undefined) return refuse("not_found", { detail: "There is no such run." });
  if (row.status !== "running")
    return wrongState(`The run is ${row.status}; only a running run can be canceled.`);
  const draft = new Draft(slice, world.now);
  for (const task of slice.tasks) cancel(draft, task);
  const run = draft.run(row.run);
  run.status = "canceled";
  run.endedAt = world.now;
  draft.effect({ kind: "ended", runId: run.runId, status: "canceled" });
  return draft.finish();
}

function cancel(draft: Draft, task: TaskRow): boolean {
  switch (task.state) {
    case "ready":
    case "queued":
      draft.update(task, { state: "canceled", envelope: 0 });
      return true;
    case "leased":
      draft.update(task, { state: "canceling" });
      return true;
    default:
      return task.state === "canceling";
  }
}

/** A failed task gets a fresh budget and its run goes on. Refusals: not_found, task_state. */
export function retryTask(slice: Slice, world: World): Step {
  const [task] = slice.tasks;
  if (task === undefined) return noTask();
  const draft = new Draft(slice, world.now);
  if (task.state !== "failed" || draft.run(task.run).status === "canceled") {
    return wrongState(
      `The task is ${task.state}; only a failed task of a run that was not canceled can be retried.`,
    );
  }
  draft.update(task, {
    state: "ready",
    base: task.attempt,
    lost: 0,
    notBefore: world.now,
    error: null,
  });
  return draft.finish();
}

/** The outbox forgets an item only now, after its receiver has it [E7]. */
export function sent(slice: Slice, ids: readonly number[], world: World): Step {
  const draft = new Draft(slice, world.now);
  for (const id of ids) draft.dropOutbox(id);
  return draft.finishQuietly();
}

export function unsent(slice: Slice, world: World): Step {
  const draft = new Draft(slice, world.now);
  for (const row of slice.outbox) {
    const delayMs = Math.min(OUTBOX_RETRY_MS_MAX, OUTBOX_RETRY_MS_MIN * 2 ** row.tries);
    draft.putOutbox({ ...row, tries: row.tries + 1, notBefore: world.now + delayMs });
  }
  return draft.finishQuietly();
}

const noTask = (): Refused => refuse("not_found", { detail: "There is no such task." });
const wrongState = (detail: string): Refused => refuse("task_state", { detail });
