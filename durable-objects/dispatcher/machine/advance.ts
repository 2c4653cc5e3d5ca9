/** Cursors pass events and make tasks; tasks that are due travel in envelopes. */
import { Draft } from "./draft.ts";
import { taskIdOf } from "./keys.ts";
import { instanceOf, leased, type World } from "./lease.ts";
import {
  DIRECT_IN_FLIGHT_MAX,
  ENVELOPE_TASKS_MIN,
  ENVELOPES_IN_FLIGHT_MAX,
  LARGE_BACKLOG_TASKS,
  LOST_AGAIN_TASKS,
  LOST_ONCE_TASKS,
} from "./limits.ts";
import { ENVELOPE_TASKS_MAX } from "../model.ts";
import type { Envelope, Lag, Slice, Step, TaskRow } from "./state.ts";

/** Each (event, instance past it) gets exactly one task, in the transition that moves the cursor [T1, E4]. */
export function advance(slice: Slice, world: World): Step {
  const draft = new Draft(slice, world.now);
  const made = slice.lags.flatMap((lag) => pass(draft, lag, slice));
  const unsent = dispatch(draft, slice, { due: slice.tasks, made, world });
  for (const task of unsent) draft.insert(task);
  return draft.finish();
}

function pass(draft: Draft, lag: Lag, slice: Slice): readonly TaskRow[] {
  const instance = instanceOf(slice, lag.inst);
  const made: TaskRow[] = [];
  for (const event of lag.events) {
    draft.pass(event);
    draft.moveCursor(lag.inst, event.seq);
    if (draft.run(event.run).status === "canceled") continue;
    const { run, mode, lane } = event;
    made.push(
      draft.newTask({
        id: taskIdOf(instance, event.eventId),
        inst: lag.inst,
        eventSeq: event.seq,
        run,
        mode,
        lane,
      }),
    );
  }
  return made;
}

/** @returns the tasks among `made` that found no credit and wait as `ready` */
function dispatch(
  draft: Draft,
  slice: Slice,
  given: { due: readonly TaskRow[]; made: readonly TaskRow[]; world: World },
): readonly TaskRow[] {
  const isNew = new Set(given.made.map((task) => task.tid));
  const all = [...given.due, ...given.made];
  const usual = draft.head.open > LARGE_BACKLOG_TASKS ? ENVELOPE_TASKS_MAX : ENVELOPE_TASKS_MIN;
  const unsent: TaskRow[] = [];
  for (const group of groups(all, usual)) {
    if (draft.head.inFlight >= ENVELOPES_IN_FLIGHT_MAX) {
      unsent.push(...group.filter((task) => isNew.has(task.tid)));
      continue;
    }
    for (const task of envelop(draft, slice, group, given.world)) {
      if (isNew.has(task.tid)) draft.insert(task);
      else draft.replace(task);
    }
  }
  return unsent;
}

/** Cuts the tasks into envelopes of one instance, mode and lane, in order; suspects travel in small ones [Q1, T12]. */
function* groups(tasks: readonly TaskRow[], usual: number): Iterable<readonly TaskRow[]> {
  const open = new Map<string, TaskRow[]>();
  for (const task of tasks) {
    const size = task.lost === 0 ? usual : task.lost === 1 ? LOST_ONCE_TASKS : LOST_AGAIN_TASKS;
    const key = `${String(task.inst)} ${task.mode} ${task.lane} ${String(size)}`;
    const group = open.get(key) ?? [];
    group.push(task);
    open.set(key, group);
    if (group.length < size) continue;
    open.delete(key);
    yield group;
  }
  yield* open.values();
}

function envelop(
  draft: Draft,
  slice: Slice,
  tasks: readonly TaskRow[],
  world: World,
): readonly TaskRow[] {
  const [first] = tasks;
  if (first === undefined) return [];
  const { inst, mode } = first;
  const direct = first.lane === "direct" && draft.head.direct < DIRECT_IN_FLIGHT_MAX;
  const id = ++draft.head.envelope;
  const envelope: Envelope = {
    id,
    inst,
    mode,
    lane: direct ? "direct" : "queue",
    members: tasks.map((task) => task.tid),
    state: "queued",
    fence: 0,
    leaseUntil: 0,
    hardUntil: 0,
    sentAt: world.now,
  };
  if (direct) {
    draft.addEnvelope(leased(draft, envelope, instanceOf(slice, inst), world));
    draft.effect({ kind: "invoke", envelope: id });
    return tasks.map((task) =>
      draft.move(task, { state: "leased", envelope: id, attempt: task.attempt + 1 }),
    );
  }
  draft.addEnvelope(envelope);
  draft.post({ kind: "send", envelope: id, n: tasks.length });
  return tasks.map((task) => draft.move(task, { state: "queued", envelope: id }));
}
