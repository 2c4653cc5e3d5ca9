/** Writes the changes of a transition with few statements: rows travel as JSON and are unpacked by SQLite's json_each. */
import type { Changes, EventRow, TaskRow } from "../machine/state.ts";
import {
  type Database,
  errorText,
  laneNumber,
  modeNumber,
  stateNumber,
  type SqlValue,
} from "./schema.ts";

/** A Durable Object binds at most 2 MB per value (Durable Objects limits); JSON escapes may double a payload. */
const CHUNK_CHARS_MAX = 400_000;
const CHUNK_ROWS_MAX = 1_000;

/** Everything but the head and the instances, which the store caches. */
export function write(db: Database, changes: Changes): void {
  writeEvents(db, changes.events);
  writeRuns(db, changes);
  writeNewTasks(db, changes);
  updateTasks(db, changes.tasks);
  writeEnvelopes(db, changes);
  remove(db, "envelopes", changes.goneEnvelopes);
  writeOutbox(db, changes);
  remove(db, "outbox", changes.goneOutbox);
}

function writeRuns(db: Database, changes: Changes): void {
  insert(db, {
    table: "runs",
    verb: "insert or replace",
    columns:
      "run, run_id, status, mode, lane, subject, request_id, total, succeeded, failed, canceled, open, unpassed, created_at, ended_at, change, traceparent, attempts, work_ms",
    rows: changes.runs.map((r) => [
      r.run,
      r.runId,
      r.status,
      modeNumber(r.mode),
      laneNumber(r.lane),
      r.subject,
      r.requestId,
      r.total,
      r.succeeded,
      r.failed,
      r.canceled,
      r.open,
      r.unpassed,
      r.createdAt,
      r.endedAt,
      r.change,
      r.traceparent,
      r.attempts,
      r.workMs,
    ]),
  });
}

function writeNewTasks(db: Database, changes: Changes): void {
  insert(db, {
    table: "tasks",
    verb: "insert",
    columns:
      "tid, id, inst, event_seq, run, mode, lane, state, attempt, base, lost, envelope, not_before, error, created_at, updated_at, change",
    rows: changes.newTasks.map((t) => [
      t.tid,
      t.id,
      t.inst,
      t.eventSeq,
      t.run,
      modeNumber(t.mode),
      laneNumber(t.lane),
      stateNumber(t.state),
      t.attempt,
      t.base,
      t.lost,
      t.envelope,
      t.notBefore,
      errorText(t.error),
      t.createdAt,
      t.updatedAt,
      t.change,
    ]),
  });
}

function writeEnvelopes(db: Database, changes: Changes): void {
  insert(db, {
    table: "envelopes",
    verb: "insert or replace",
    columns: "id, inst, mode, lane, members, state, fence, lease_until, hard_until, sent_at",
    rows: changes.envelopes.map((e) => [
      e.id,
      e.inst,
      modeNumber(e.mode),
      laneNumber(e.lane),
      JSON.stringify(e.members),
      e.state,
      e.fence,
      e.leaseUntil,
      e.hardUntil,
      e.sentAt,
    ]),
  });
}

function writeOutbox(db: Database, changes: Changes): void {
  insert(db, {
    table: "outbox",
    verb: "insert or replace",
    columns: "id, kind, body, not_before, tries",
    rows: changes.outbox.map((o) => [
      o.id,
      o.body.kind,
      JSON.stringify(o.body),
      o.notBefore,
      o.tries,
    ]),
  });
}

const writeEvents = (db: Database, events: readonly EventRow[]): void =>
  insert(db, {
    table: "events",
    verb: "insert",
    columns: "seq, event_id, dataset_id, partition, mode, lane, run, payload, at",
    rows: events.map((e) => [
      e.seq,
      e.eventId,
      e.datasetId,
      e.partition,
      modeNumber(e.mode),
      laneNumber(e.lane),
      e.run,
      e.payload,
      e.at,
    ]),
  });

/** Tasks of one transition mostly change alike, so they are grouped by what they become. */
function updateTasks(db: Database, tasks: readonly TaskRow[]): void {
  const groups = new Map<string, { patch: SqlValue[]; tids: number[] }>();
  for (const task of tasks) {
    const patch = [
      stateNumber(task.state),
      task.attempt,
      task.base,
      task.lost,
      task.envelope,
      task.notBefore,
      errorText(task.error),
      task.updatedAt,
      task.change,
    ];
    const key = JSON.stringify(patch);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { patch, tids: [task.tid] });
    else group.tids.push(task.tid);
  }
  for (const { patch, tids } of groups.values()) {
    db.run(
      `update tasks set state = ?, attempt = ?, base = ?, lost = ?, envelope = ?, not_before = ?, error = ?, updated_at = ?, change = ?
       where tid in (select value from json_each(?))`,
      ...patch,
      JSON.stringify(tids),
    );
  }
}

function remove(db: Database, table: "envelopes" | "outbox", ids: readonly number[]): void {
  if (ids.length > 0)
    db.run(
      `delete from ${table} where id in (select value from json_each(?))`,
      JSON.stringify(ids),
    );
}

/** Names of tables and columns are constants of this file; only `rows` hold data, and they are bound. */
function insert(
  db: Database,
  into: {
    table: string;
    verb: "insert" | "insert or replace";
    columns: string;
    rows: readonly SqlValue[][];
  },
): void {
  if (into.rows.length === 0) return;
  const width = into.columns.split(",").length;
  const fields = Array.from({ length: width }, (_, index) => `value ->> ${String(index)}`).join(
    ", ",
  );
  const statement = `${into.verb} into ${into.table}(${into.columns}) select ${fields} from json_each(?)`;
  for (const chunk of chunks(into.rows)) db.run(statement, chunk);
}

/** JSON arrays of whole rows, each small enough to bind. */
function* chunks(rows: readonly SqlValue[][]): Iterable<string> {
  let held: string[] = [];
  let chars = 0;
  for (const row of rows) {
    const text = JSON.stringify(row);
    if (
      held.length === CHUNK_ROWS_MAX ||
      (held.length > 0 && chars + text.length > CHUNK_CHARS_MAX)
    ) {
      yield `[${held.join(",")}]`;
      held = [];
      chars = 0;
    }
    held.push(text);
    chars += text.length;
  }
  yield `[${held.join(",")}]`;
}
