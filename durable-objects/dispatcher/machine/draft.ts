/** Collects the changes of one transition, keeps the counters right, and knows which task states may follow which. */
import { assert, type Instant } from "../../../workers/platform/model.ts";
import type { Lane, Mode, TaskState } from "../../../workers/platform/tasks/model.ts";
import type {
  Answer,
  Changes,
  Effect,
  Envelope,
  EventRow,
  Head,
  Instance,
  OutboxBody,
  OutboxRow,
  RunRow,
  Slice,
  Step,
  TaskRow,
} from "./state.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The table of engine.md section 6. What has no successor absorbs [T2]. */
const NEXT: Readonly<Record<TaskState, readonly TaskState[]>> = {
  ready: ["queued", "leased", "canceled"],
  queued: ["leased", "canceled"],
  leased: ["succeeded", "failed", "ready", "canceling"],
  canceling: ["canceled"],
  failed: ["ready"],
  succeeded: [],
  canceled: [],
};

/** States in which a run still waits for the task. */
export const OPEN: ReadonlySet<TaskState> = new Set<TaskState>([
  "ready",
  "queued",
  "leased",
  "canceling",
]);

export class Draft {
  readonly head: Mutable<Head>;
  readonly now: Instant;
  readonly #slice: Slice;
  readonly #runs = new Map<number, Mutable<RunRow>>();
  readonly #tasks = new Map<number, TaskRow>();
  readonly #newTasks: TaskRow[] = [];
  readonly #envelopes = new Map<number, Envelope>();
  readonly #goneEnvelopes: number[] = [];
  readonly #events: EventRow[] = [];
  readonly #instances: Instance[] = [];
  readonly #cursors: { inst: number; seq: number }[] = [];
  readonly #outbox: OutboxRow[] = [];
  readonly #goneOutbox: number[] = [];
  readonly #effects: Effect[] = [];
  readonly #mirrored: number[] = [];
  readonly #used = { tasks: 0, ms: 0 };
  #consumers: Map<string, number> | null = null;

  constructor(slice: Slice, now: Instant) {
    this.#slice = slice;
    this.now = now;
    this.head = { ...slice.head, change: slice.head.change + 1 };
  }

  run(run: number): Mutable<RunRow> {
    const drafted = this.#runs.get(run);
    if (drafted !== undefined) return drafted;
    const row = this.#slice.runs.get(run);
    assert(row !== undefined, "a transition loads the runs of its tasks");
    const copy = { ...row, change: this.head.change };
    this.#runs.set(run, copy);
    return copy;
  }

  addRun(row: Omit<RunRow, "run" | "change">): number {
    const run = ++this.head.run;
    this.#runs.set(run, { ...row, run, change: this.head.change });
    return run;
  }

  /** Appends to the log; each consumer's cursor has yet to pass it [E1]. */
  append(event: Omit<EventRow, "seq" | "at">): void {
    const consumers = this.#consumersOf(event.datasetId);
    this.#events.push({ ...event, seq: ++this.head.seq, at: this.now });
    this.run(event.run).unpassed += consumers;
    this.head.unpassed += consumers;
  }

  pass(event: EventRow): void {
    this.run(event.run).unpassed -= 1;
    this.head.unpassed -= 1;
  }

  moveCursor(inst: number, seq: number): void {
    this.#cursors.push({ inst, seq });
  }

  addInstance(instance: Instance): void {
    this.#instances.push(instance);
  }

  newTask(made: {
    id: string;
    inst: number;
    eventSeq: number;
    run: number;
    mode: Mode;
    lane: Lane;
  }): TaskRow {
    const run = this.run(made.run);
    run.total += 1;
    run.open += 1;
    this.head.open += 1;
    this.head.ready += 1;
    const { now } = this;
    return {
      ...made,
      tid: ++this.head.tid,
      state: "ready",
      attempt: 0,
      base: 0,
      lost: 0,
      envelope: 0,
      notBefore: now,
      error: null,
      createdAt: now,
      updatedAt: now,
      change: this.head.change,
    };
  }

  /** Files a row made by `newTask`, in whatever state the same transition brought it to. */
  insert(task: TaskRow): void {
    this.#newTasks.push(task);
  }

  /** The only way a task changes its state. Counters of run and object follow. */
  move(task: TaskRow, patch: Partial<TaskRow> & { state: TaskState }): TaskRow {
    const { state } = patch;
    assert(NEXT[task.state].includes(state), `a ${task.state} task does not become ${state}`);
    this.head.ready += Number(state === "ready") - Number(task.state === "ready");
    const opened = Number(OPEN.has(state)) - Number(OPEN.has(task.state));
    if (opened !== 0) {
      const run = this.run(task.run);
      run.open += opened;
      this.head.open += opened;
      this.#count(run, task.state, -1);
      this.#count(run, state, 1);
      this.#mirrored.push(task.tid);
    }
    return { ...task, ...patch, updatedAt: this.now, change: this.head.change };
  }

  update(task: TaskRow, patch: Partial<TaskRow> & { state: TaskState }): TaskRow {
    const moved = this.move(task, patch);
    this.replace(moved);
    return moved;
  }

  /** Files a row that `move` made of a stored task. */
  replace(task: TaskRow): void {
    this.#tasks.set(task.tid, task);
  }

  /** Counts an attempt that ended; its run, and the usage of the organization, grow by it. */
  attempted(task: TaskRow, ms: number): void {
    const run = this.run(task.run);
    run.attempts += 1;
    run.workMs += ms;
    this.#used.tasks += 1;
    this.#used.ms += ms;
  }

  putEnvelope(envelope: Envelope): void {
    this.#envelopes.set(envelope.id, envelope);
  }

  addEnvelope(envelope: Envelope): void {
    this.head.inFlight += 1;
    if (envelope.lane === "direct") this.head.direct += 1;
    this.putEnvelope(envelope);
  }

  dropEnvelope(envelope: Envelope): void {
    this.head.inFlight -= 1;
    if (envelope.lane === "direct") this.head.direct -= 1;
    this.#envelopes.delete(envelope.id);
    this.#goneEnvelopes.push(envelope.id);
  }

  nextFence(): number {
    this.head.fences += 1;
    return this.head.incarnation * 2 ** 32 + this.head.fences;
  }

  post(body: OutboxBody): void {
    this.#outbox.push({ id: ++this.head.outbox, body, notBefore: this.now, tries: 0 });
  }

  putOutbox(row: OutboxRow): void {
    this.#outbox.push(row);
  }

  dropOutbox(id: number): void {
    this.#goneOutbox.push(id);
  }

  effect(effect: Effect): void {
    this.#effects.push(effect);
  }

  /** Ends the runs that have nothing left to do [T8], and posts what Postgres mirrors. */
  finish(answer: Answer = { kind: "none" }): Step {
    for (const run of this.#runs.values()) this.#settle(run);
    if (this.#runs.size > 0)
      this.post({
        kind: "mirror",
        tids: this.#mirrored,
        runs: [...this.#runs.keys()],
        ...(this.#used.tasks === 0 ? {} : { used: this.#used }),
      });
    return { ok: true, changes: this.#changes(), effects: this.#effects, answer };
  }

  /** For transitions that touch bookkeeping alone. */
  finishQuietly(): Step {
    return { ok: true, changes: this.#changes(), effects: [], answer: { kind: "none" } };
  }

  #changes(): Changes {
    return {
      head: this.head,
      instances: this.#instances,
      cursors: this.#cursors,
      events: this.#events,
      runs: [...this.#runs.values()],
      newTasks: this.#newTasks,
      tasks: [...this.#tasks.values()],
      envelopes: [...this.#envelopes.values()],
      goneEnvelopes: this.#goneEnvelopes,
      outbox: this.#outbox,
      goneOutbox: this.#goneOutbox,
    };
  }

  #settle(run: Mutable<RunRow>): void {
    if (run.status === "canceled") return;
    const ended = run.open === 0 && run.unpassed === 0;
    const status = ended ? verdict(run) : "running";
    if (status === run.status) return;
    run.status = status;
    run.endedAt = ended ? this.now : null;
    if (ended) this.effect({ kind: "ended", runId: run.runId, status });
  }

  #count(run: Mutable<RunRow>, state: TaskState, by: number): void {
    if (state === "succeeded" || state === "failed" || state === "canceled") run[state] += by;
  }

  #consumersOf(datasetId: string): number {
    if (this.#consumers === null) {
      this.#consumers = new Map();
      for (const { input, toSeq } of this.#slice.instances.values()) {
        if (toSeq === null) this.#consumers.set(input, (this.#consumers.get(input) ?? 0) + 1);
      }
    }
    return this.#consumers.get(datasetId) ?? 0;
  }
}

function verdict(run: RunRow): "succeeded" | "failed" | "canceled" {
  if (run.failed > 0) return "failed";
  return run.canceled > 0 ? "canceled" : "succeeded";
}
