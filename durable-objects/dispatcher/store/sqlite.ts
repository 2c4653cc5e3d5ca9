/** The dispatcher's state in SQLite: loads the slice an event names, writes what the transition changed. */
import type { NodeCounts, RunView, TaskView } from "../model.ts";
import { ENVELOPES_IN_FLIGHT_MAX, OUTBOX_GRACE_MS, RESEND_MS } from "../machine/limits.ts";
import type {
  Changes,
  Envelope,
  EventRow,
  Head,
  Instance,
  Lag,
  Needs,
  OutboxBody,
  OutboxKind,
  OutboxRow,
  RunRow,
  Slice,
  Store,
  TaskRow,
} from "../machine/state.ts";
import { runView, taskView } from "../machine/views.ts";
import type { TaskState } from "../../../workers/platform/tasks/model.ts";
import {
  type Cache,
  ADDED_COLUMNS,
  type Database,
  ENVELOPE_COLUMNS,
  envelopeOf,
  EVENT_COLUMNS,
  eventOf,
  NEW_HEAD,
  RUN_COLUMNS,
  runOf,
  SCHEMA,
  stateNumber,
  STATES,
  type SqlValue,
  TASK_COLUMNS,
  taskOf,
} from "./schema.ts";
import { write } from "./write.ts";

export class SqliteStore implements Store {
  readonly #db: Database;
  #cache: Cache | null = null;

  /** Makes the tables that are missing. */
  constructor(db: Database) {
    this.#db = db;
    this.startOver();
  }

  /** Makes the tables that are missing and forgets what was read of them: also after all of them were dropped. */
  startOver(): void {
    this.#cache = null;
    for (const statement of SCHEMA) this.#db.run(statement);
    for (const { table, column, type } of ADDED_COLUMNS)
      if (!this.#db.all(`pragma table_info(${table})`).some((row) => row[1] === column))
        this.#db.run(`alter table ${table} add column ${column} ${type}`);
  }

  transaction<T>(body: () => T): T {
    try {
      return this.#db.transaction(body);
    } catch (error) {
      this.#cache = null;
      throw error;
    }
  }

  head(): Head {
    return this.#cached().head;
  }

  load(needs: Needs): Slice {
    const { head, instances } = this.#cached();
    const lags = needs.advance === undefined ? [] : this.#lags(needs.advance.events);
    const envelopes = this.#envelopes(needs);
    const tasks = this.#tasks(needs, envelopes);
    const wanted = new Set(tasks.map((task) => task.run));
    for (const { events } of lags) for (const event of events) wanted.add(event.run);
    const runs = this.#runs([...wanted]);
    if (needs.runId !== undefined)
      for (const run of this.#rows(
        runOf,
        `select ${RUN_COLUMNS} from runs r where run_id = ?`,
        needs.runId,
      ))
        runs.set(run.run, run);
    return {
      head,
      instances,
      lags,
      envelopes,
      tasks,
      runs,
      known: this.#known(needs.eventIds ?? []),
      events: needs.envelope === undefined ? new Map() : this.#events(tasks),
      outbox: this.#outboxOf(needs),
    };
  }

  apply(changes: Changes): void {
    const cache = this.#cached();
    write(this.#db, changes);
    for (const instance of changes.instances) {
      const { inst, nodeId, fp, input, toSeq, ...spec } = instance;
      this.#db.run(
        "insert or replace into instances(inst, node_id, fp, input, spec, to_seq) values (?, ?, ?, ?, ?, ?)",
        inst,
        nodeId,
        fp,
        input,
        JSON.stringify(spec),
        toSeq,
      );
      cache.instances.set(inst, instance);
    }
    for (const { inst, seq } of changes.cursors) cache.cursors.set(inst, seq);
    for (const inst of new Set(changes.cursors.map((cursor) => cursor.inst))) {
      this.#db.run(
        "insert or replace into cursors(inst, edge, seq) values (?, 0, ?)",
        inst,
        cache.cursors.get(inst) ?? 0,
      );
    }
    for (const event of changes.events) cache.newest.set(event.datasetId, event.seq);
    cache.head = changes.head;
    this.#db.run(
      "insert or replace into head(one, body) values (1, ?)",
      JSON.stringify(changes.head),
    );
  }

  outbox(kind: OutboxKind, now: number, limit: number): readonly OutboxRow[] {
    return this.#outboxRows(
      "where kind = ? and not_before <= ? order by +id limit ?",
      kind,
      now,
      limit,
    );
  }

  outboxSize(): number {
    return this.#number("select count(*) from outbox") ?? 0;
  }

  nextWake(apart: readonly number[] = []): number | null {
    const wakes = [
      this.#number("select min(lease_until) from envelopes where state = 'leased'"),
      this.#number(
        `select min(sent_at) + ${String(RESEND_MS)} from envelopes where state = 'queued'`,
      ),
      apart.length === 0
        ? this.#number(`select min(not_before) + ${String(OUTBOX_GRACE_MS)} from outbox`)
        : this.#number(
            `select min(not_before) + ${String(OUTBOX_GRACE_MS)} from outbox where id not in (select value from json_each(?))`,
            JSON.stringify(apart),
          ),
      // Ready tasks without credit wait for an envelope to end, not for the clock.
      this.head().inFlight < ENVELOPES_IN_FLIGHT_MAX
        ? this.#number("select min(not_before) from tasks where state = 0")
        : null,
    ].filter((at) => at !== null);
    return wakes.length === 0 ? null : Math.min(...wakes);
  }

  runView(runId: string): RunView | null {
    const [run] = this.#rows(runOf, `select ${RUN_COLUMNS} from runs r where run_id = ?`, runId);
    return run === undefined ? null : runView(run);
  }

  mirrored(
    runs: readonly number[],
    tids: readonly number[],
  ): { runs: readonly RunView[]; tasks: readonly TaskView[] } {
    return {
      runs: [...this.#runs(runs).values()].map(runView),
      tasks: this.#views("where t.tid in (select value from json_each(?))", JSON.stringify(tids)),
    };
  }

  taskView(taskId: string): TaskView | null {
    return this.#views("where t.id = ?", taskId)[0] ?? null;
  }

  taskViews(filter: {
    runId: string | null;
    state: TaskState | null;
    before: number;
    limit: number;
  }): readonly TaskView[] {
    return this.#views(
      "where (?1 is null or t.run = (select run from runs where run_id = ?1)) and (?2 is null or t.state = ?2) and t.tid < ?3 order by t.tid desc limit ?4",
      filter.runId,
      filter.state === null ? null : stateNumber(filter.state),
      filter.before,
      filter.limit,
    );
  }

  counts(runId: string): readonly NodeCounts[] {
    const rows = this.#db.all(
      "select i.node_id, t.state, count(*), count(distinct t.event_seq) from tasks t join instances i on i.inst = t.inst where t.run = (select run from runs where run_id = ?) group by 1, 2",
      runId,
    );
    return rows.map(([node, state, tasks, events]) => ({
      node_id: String(node),
      state: STATES[Number(state)] ?? "ready",
      tasks: Number(tasks),
      events: Number(events),
    }));
  }

  #cached(): Cache {
    this.#cache ??= {
      head: this.#readHead(),
      instances: new Map(
        this.#rows(instanceOf, "select inst, node_id, fp, input, spec, to_seq from instances").map(
          (row) => [row.inst, row],
        ),
      ),
      cursors: new Map(
        this.#db
          .all("select inst, seq from cursors")
          .map(([inst, seq]) => [Number(inst), Number(seq)]),
      ),
      newest: new Map(
        this.#db
          .all("select dataset_id, max(seq) from events group by 1")
          .map(([id, seq]) => [String(id), Number(seq)]),
      ),
    };
    return this.#cache;
  }

  #readHead(): Head {
    const [row] = this.#db.all("select body from head");
    return row === undefined ? NEW_HEAD : { ...NEW_HEAD, ...(JSON.parse(String(row[0])) as Head) };
  }

  #lags(limit: number): readonly Lag[] {
    const { instances, cursors, newest } = this.#cached();
    const lags: Lag[] = [];
    let left = limit;
    for (const { inst, input, toSeq } of instances.values()) {
      const after = cursors.get(inst) ?? 0;
      const until = Math.min(newest.get(input) ?? 0, toSeq ?? Number.MAX_SAFE_INTEGER);
      if (after >= until || left <= 0) continue;
      const events = this.#rows(
        eventOf,
        `select ${EVENT_COLUMNS} from events e where dataset_id = ? and seq > ? and seq <= ? order by seq limit ?`,
        input,
        after,
        until,
        left,
      );
      left -= events.length;
      if (events.length > 0) lags.push({ inst, events });
    }
    return lags;
  }

  #envelopes(needs: Needs): readonly Envelope[] {
    const from = `select ${ENVELOPE_COLUMNS} from envelopes v`;
    if (needs.envelope !== undefined)
      return this.#rows(envelopeOf, `${from} where id = ?`, needs.envelope);
    if (needs.queued === true)
      return this.#rows(envelopeOf, `${from} where state = 'queued' order by id`);
    if (needs.overdue === undefined) return [];
    const { now, sentBefore } = needs.overdue;
    return this.#rows(
      envelopeOf,
      `${from} where (state = 'leased' and lease_until <= ?) or (state = 'queued' and sent_at <= ?) order by id`,
      now,
      sentBefore,
    );
  }

  #outboxOf({ outboxIds, queued, overdue }: Needs): readonly OutboxRow[] {
    const named = "where id in (select value from json_each(?))";
    if (outboxIds !== undefined) return this.#outboxRows(named, JSON.stringify(outboxIds));
    return queued === true || overdue !== undefined ? this.#outboxRows("where kind = 'send'") : [];
  }

  /** Members of the envelopes that still travel in them, or the tasks that are named otherwise. */
  #tasks(needs: Needs, envelopes: readonly Envelope[]): readonly TaskRow[] {
    const from = `select ${TASK_COLUMNS} from tasks t`;
    if (needs.advance !== undefined) {
      const { now, tasks } = needs.advance;
      if (tasks === 0 || this.head().ready === 0) return [];
      return this.#rows(
        taskOf,
        `${from} where state = 0 and not_before <= ? order by not_before, tid limit ?`,
        now,
        tasks,
      );
    }
    if (needs.taskId !== undefined) return this.#rows(taskOf, `${from} where id = ?`, needs.taskId);
    if (needs.runId !== undefined) {
      return this.#rows(
        taskOf,
        `${from} where run = (select run from runs where run_id = ?) and +state < 4 order by tid`,
        needs.runId,
      );
    }
    return envelopes.flatMap((envelope) =>
      this.#rows(
        taskOf,
        `${from} where tid in (select value from json_each(?)) and +envelope = ? and +state < 4 order by tid`,
        JSON.stringify(envelope.members),
        envelope.id,
      ),
    );
  }

  #runs(runs: readonly number[]): Map<number, RunRow> {
    if (runs.length === 0) return new Map();
    const rows = this.#rows(
      runOf,
      `select ${RUN_COLUMNS} from runs r where run in (select value from json_each(?))`,
      JSON.stringify(runs),
    );
    return new Map(rows.map((run) => [run.run, run]));
  }

  #events(tasks: readonly TaskRow[]): ReadonlyMap<number, EventRow> {
    const seqs = JSON.stringify(tasks.map((task) => task.eventSeq));
    const rows = this.#rows(
      eventOf,
      `select ${EVENT_COLUMNS} from events e where seq in (select value from json_each(?))`,
      seqs,
    );
    return new Map(rows.map((event) => [event.seq, event]));
  }

  #known(eventIds: readonly string[]): Slice["known"] {
    if (eventIds.length === 0) return new Map();
    const rows = this.#db.all(
      "select e.event_id, e.seq, r.run_id from events e join runs r on r.run = e.run where e.event_id in (select value from json_each(?))",
      JSON.stringify(eventIds),
    );
    return new Map(
      rows.map(([id, seq, runId]) => [String(id), { seq: Number(seq), runId: String(runId) }]),
    );
  }

  #outboxRows(where: string, ...bindings: SqlValue[]): readonly OutboxRow[] {
    return this.#db
      .all(`select id, body, not_before, tries from outbox ${where}`, ...bindings)
      .map(([id, body, notBefore, tries]) => ({
        id: Number(id),
        body: JSON.parse(String(body)) as OutboxBody,
        notBefore: Number(notBefore),
        tries: Number(tries),
      }));
  }

  #views(where: string, ...bindings: SqlValue[]): readonly TaskView[] {
    const { instances } = this.#cached();
    const tasks = this.#rows(taskOf, `select ${TASK_COLUMNS} from tasks t ${where}`, ...bindings);
    const runs = this.#runs([...new Set(tasks.map((task) => task.run))]);
    return tasks.flatMap((task) => {
      const instance = instances.get(task.inst);
      const run = runs.get(task.run);
      return instance === undefined || run === undefined
        ? []
        : [taskView(task, run.runId, instance)];
    });
  }

  #rows<T>(
    read: (row: readonly SqlValue[]) => T,
    query: string,
    ...bindings: SqlValue[]
  ): readonly T[] {
    return this.#db.all(query, ...bindings).map(read);
  }

  #number(query: string, ...bindings: SqlValue[]): number | null {
    const value = this.#db.all(query, ...bindings)[0]?.[0];
    return value === null || value === undefined ? null : Number(value);
  }
}

function instanceOf(row: readonly SqlValue[]): Instance {
  const [inst, nodeId, fp, input, spec, toSeq] = row;
  const rest = JSON.parse(String(spec)) as Omit<
    Instance,
    "inst" | "nodeId" | "fp" | "input" | "toSeq"
  >;
  return {
    ...rest,
    inst: Number(inst),
    nodeId: String(nodeId),
    fp: String(fp),
    input: String(input),
    toSeq: toSeq === null || toSeq === undefined ? null : Number(toSeq),
  };
}
