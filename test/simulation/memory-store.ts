/** The dispatcher's state in maps: what the simulator runs on. The same contract suite holds it and the SQLite store. */
import {
  ENVELOPES_IN_FLIGHT_MAX,
  OUTBOX_GRACE_MS,
  RESEND_MS,
} from "../../durable-objects/dispatcher/machine/limits.ts";
import type {
  Changes,
  Envelope,
  EventRow,
  Head,
  Instance,
  Lag,
  Needs,
  OutboxKind,
  OutboxRow,
  RunRow,
  Slice,
  Store,
  TaskRow,
} from "../../durable-objects/dispatcher/machine/state.ts";
import { runView, taskView } from "../../durable-objects/dispatcher/machine/views.ts";
import type { NodeCounts, RunView, TaskView } from "../../durable-objects/dispatcher/model.ts";
import { NEW_HEAD } from "../../durable-objects/dispatcher/store/schema.ts";
import type { TaskState } from "../../workers/platform/tasks/model.ts";

const OPEN: ReadonlySet<TaskState> = new Set<TaskState>(["ready", "queued", "leased", "canceling"]);

export class MemoryStore implements Store {
  readonly instances = new Map<number, Instance>();
  readonly cursors = new Map<number, number>();
  readonly events = new Map<number, EventRow>();
  readonly eventIds = new Map<string, number>();
  readonly runs = new Map<number, RunRow>();
  readonly runIds = new Map<string, number>();
  readonly tasks = new Map<number, TaskRow>();
  readonly taskIds = new Map<string, number>();
  readonly envelopes = new Map<number, Envelope>();
  readonly items = new Map<number, OutboxRow>();
  #head: Head = NEW_HEAD;
  #undo: (() => void)[] = [];
  /** Called between the tables of one write; a simulated crash throws here. */
  readonly #betweenTables: () => void;

  constructor(betweenTables: () => void = () => {}) {
    this.#betweenTables = betweenTables;
  }

  transaction<T>(body: () => T): T {
    this.#undo = [];
    try {
      return body();
    } catch (error) {
      for (const undo of this.#undo.toReversed()) undo();
      throw error;
    } finally {
      this.#undo = [];
    }
  }

  head(): Head {
    return this.#head;
  }

  load(needs: Needs): Slice {
    const lags = needs.advance === undefined ? [] : this.#lags(needs.advance.events);
    const envelopes = this.#pickEnvelopes(needs);
    const tasks = this.#pickTasks(needs, envelopes);
    const runs = new Map<number, RunRow>();
    const want = (run: number): void => {
      const row = this.runs.get(run);
      if (row !== undefined) runs.set(run, row);
    };
    for (const task of tasks) want(task.run);
    for (const lag of lags) for (const event of lag.events) want(event.run);
    if (needs.runId !== undefined) want(this.runIds.get(needs.runId) ?? -1);
    return {
      head: this.#head,
      instances: this.instances,
      known: this.#known(needs.eventIds ?? []),
      envelopes,
      tasks,
      runs,
      lags,
      events: new Map(
        needs.envelope === undefined
          ? []
          : tasks
              .flatMap((task) => some(this.events.get(task.eventSeq)))
              .map((event) => [event.seq, event]),
      ),
      outbox:
        needs.queued === true || needs.overdue !== undefined
          ? [...this.items.values()].filter(({ body }) => body.kind === "send")
          : (needs.outboxIds ?? []).flatMap((id) => this.items.get(id) ?? []),
    };
  }

  apply(changes: Changes): void {
    for (const event of changes.events) {
      if (this.eventIds.has(event.eventId)) throw new Error("unique: events.event_id");
      this.#set(this.events, event.seq, event);
      this.#set(this.eventIds, event.eventId, event.seq);
    }
    this.#betweenTables();
    for (const run of changes.runs) {
      this.#set(this.runs, run.run, run);
      this.#set(this.runIds, run.runId, run.run);
    }
    for (const task of changes.newTasks) {
      if (this.taskIds.has(task.id)) throw new Error("unique: tasks.id");
      this.#set(this.tasks, task.tid, task);
      this.#set(this.taskIds, task.id, task.tid);
    }
    this.#betweenTables();
    for (const task of changes.tasks) this.#set(this.tasks, task.tid, task);
    for (const envelope of changes.envelopes) this.#set(this.envelopes, envelope.id, envelope);
    for (const id of changes.goneEnvelopes) this.#delete(this.envelopes, id);
    this.#betweenTables();
    for (const row of changes.outbox) this.#set(this.items, row.id, row);
    for (const id of changes.goneOutbox) this.#delete(this.items, id);
    for (const instance of changes.instances) this.#set(this.instances, instance.inst, instance);
    for (const { inst, seq } of changes.cursors) this.#set(this.cursors, inst, seq);
    this.#betweenTables();
    const before = this.#head;
    this.#undo.push(() => (this.#head = before));
    this.#head = { ...changes.head };
  }

  outbox(kind: OutboxKind, now: number, limit: number): readonly OutboxRow[] {
    return sorted(
      [...this.items.values()].filter((row) => row.body.kind === kind && row.notBefore <= now),
      (row) => row.id,
    ).slice(0, limit);
  }

  outboxSize(): number {
    return this.items.size;
  }

  nextWake(apart: readonly number[] = []): number | null {
    const wakes: number[] = [];
    for (const envelope of this.envelopes.values())
      wakes.push(envelope.state === "leased" ? envelope.leaseUntil : envelope.sentAt + RESEND_MS);
    for (const item of this.items.values())
      if (!apart.includes(item.id)) wakes.push(item.notBefore + OUTBOX_GRACE_MS);
    if (this.#head.inFlight < ENVELOPES_IN_FLIGHT_MAX) {
      for (const task of this.tasks.values())
        if (task.state === "ready") wakes.push(task.notBefore);
    }
    return wakes.length === 0 ? null : Math.min(...wakes);
  }

  runView(runId: string): RunView | null {
    const run = this.runs.get(this.runIds.get(runId) ?? -1);
    return run === undefined ? null : runView(run);
  }

  mirrored(
    runs: readonly number[],
    tids: readonly number[],
  ): { runs: readonly RunView[]; tasks: readonly TaskView[] } {
    return {
      runs: runs.flatMap((run) => this.runs.get(run) ?? []).map(runView),
      tasks: tids.flatMap((tid) => this.tasks.get(tid) ?? []).map((task) => this.#view(task)),
    };
  }

  taskView(taskId: string): TaskView | null {
    const task = this.tasks.get(this.taskIds.get(taskId) ?? -1);
    return task === undefined ? null : this.#view(task);
  }

  taskViews(filter: {
    runId: string | null;
    state: TaskState | null;
    before: number;
    limit: number;
  }): readonly TaskView[] {
    const run = filter.runId === null ? null : (this.runIds.get(filter.runId) ?? -1);
    const found = [...this.tasks.values()].filter(
      (task) =>
        task.tid < filter.before &&
        (run === null || task.run === run) &&
        (filter.state === null || task.state === filter.state),
    );
    return sorted(found, (task) => -task.tid)
      .slice(0, filter.limit)
      .map((task) => this.#view(task));
  }

  counts(runId: string): readonly NodeCounts[] {
    const run = this.runIds.get(runId) ?? -1;
    const groups = new Map<
      string,
      { node_id: string; state: TaskState; tasks: number; seqs: Set<number> }
    >();
    for (const task of this.tasks.values()) {
      if (task.run !== run) continue;
      const node_id = this.instances.get(task.inst)?.nodeId ?? "";
      const group = groups.get(`${node_id} ${task.state}`) ?? {
        node_id,
        state: task.state,
        tasks: 0,
        seqs: new Set(),
      };
      group.tasks += 1;
      group.seqs.add(task.eventSeq);
      groups.set(`${node_id} ${task.state}`, group);
    }
    return [...groups.values()].map(({ seqs, ...group }) => ({ ...group, events: seqs.size }));
  }

  #view(task: TaskRow): TaskView {
    const instance = this.instances.get(task.inst);
    const run = this.runs.get(task.run);
    if (instance === undefined || run === undefined)
      throw new Error(`task ${String(task.tid)} has no run or instance`);
    return taskView(task, run.runId, instance);
  }

  #lags(limit: number): readonly Lag[] {
    const lags: Lag[] = [];
    let left = limit;
    for (const { inst, input, toSeq } of this.instances.values()) {
      const after = this.cursors.get(inst) ?? 0;
      if (left <= 0 || after >= this.#head.seq) continue;
      const behind = [...this.events.values()].filter(
        (event) =>
          event.datasetId === input && event.seq > after && (toSeq === null || event.seq <= toSeq),
      );
      const events = sorted(behind, (event) => event.seq).slice(0, left);
      left -= events.length;
      if (events.length > 0) lags.push({ inst, events });
    }
    return lags;
  }

  #pickEnvelopes(needs: Needs): readonly Envelope[] {
    if (needs.envelope !== undefined) return some(this.envelopes.get(needs.envelope));
    const all = sorted([...this.envelopes.values()], (envelope) => envelope.id);
    if (needs.queued === true) return all.filter((envelope) => envelope.state === "queued");
    const { overdue } = needs;
    if (overdue === undefined) return [];
    return all.filter((envelope) =>
      envelope.state === "leased"
        ? envelope.leaseUntil <= overdue.now
        : envelope.sentAt <= overdue.sentBefore,
    );
  }

  #pickTasks(needs: Needs, envelopes: readonly Envelope[]): readonly TaskRow[] {
    if (needs.advance !== undefined) {
      const { now, tasks } = needs.advance;
      const due = [...this.tasks.values()].filter(
        (task) => task.state === "ready" && task.notBefore <= now,
      );
      return due.sort((a, b) => a.notBefore - b.notBefore || a.tid - b.tid).slice(0, tasks);
    }
    if (needs.taskId !== undefined)
      return some(this.tasks.get(this.taskIds.get(needs.taskId) ?? -1));
    if (needs.runId !== undefined) {
      const run = this.runIds.get(needs.runId) ?? -1;
      return sorted(
        [...this.tasks.values()].filter((task) => task.run === run && OPEN.has(task.state)),
        (task) => task.tid,
      );
    }
    return envelopes.flatMap((envelope) =>
      sorted(
        envelope.members
          .flatMap((tid) => this.tasks.get(tid) ?? [])
          .filter((task) => task.envelope === envelope.id && OPEN.has(task.state)),
        (task) => task.tid,
      ),
    );
  }

  #known(eventIds: readonly string[]): Slice["known"] {
    const known = new Map<string, { seq: number; runId: string }>();
    for (const id of eventIds) {
      const event = this.events.get(this.eventIds.get(id) ?? -1);
      const run = event === undefined ? undefined : this.runs.get(event.run);
      if (event !== undefined && run !== undefined)
        known.set(id, { seq: event.seq, runId: run.runId });
    }
    return known;
  }

  #set<K, V>(map: Map<K, V>, key: K, value: V): void {
    const had = map.has(key);
    const before = map.get(key);
    this.#undo.push(() => {
      if (had && before !== undefined) map.set(key, before);
      else map.delete(key);
    });
    map.set(key, value);
  }

  #delete<K, V>(map: Map<K, V>, key: K): void {
    const before = map.get(key);
    if (before !== undefined) this.#undo.push(() => map.set(key, before));
    map.delete(key);
  }
}

const sorted = <T>(rows: readonly T[], by: (row: T) => number): T[] =>
  rows.toSorted((a, b) => by(a) - by(b));

const some = <T>(row: T | undefined): T[] => (row === undefined ? [] : [row]);
