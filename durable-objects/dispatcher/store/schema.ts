/** The tables of a dispatcher's SQLite, and how their rows read. Columns of later slices are here from the start. */
import type { Lane, Mode, TaskState } from "../../../workers/platform/tasks/model.ts";
import type { Envelope, EventRow, Head, Instance, RunRow, TaskRow } from "../machine/state.ts";

export type SqlValue = string | number | null;

/** What the store needs of SQLite: the Durable Object's storage has it, and so has Node's. */
export interface Database {
  /** Rows as arrays, in the order of the columns. */
  all(query: string, ...bindings: SqlValue[]): SqlValue[][];
  run(query: string, ...bindings: SqlValue[]): void;
  transaction<T>(body: () => T): T;
}

/** Every index costs a write per row: the ones here serve a query of the hot path or a promise of uniqueness. */
export const SCHEMA = [
  `create table if not exists head(one integer primary key check (one = 1), body text not null)`,
  `create table if not exists instances(inst integer primary key, node_id text not null, fp text not null, gen integer not null default 1,
    input text not null, spec text not null, to_seq integer, valve text not null default 'open')`,
  `create table if not exists cursors(inst integer not null, edge integer not null default 0, seq integer not null, primary key(inst, edge)) without rowid`,
  `create table if not exists events(seq integer primary key, event_id text not null unique, dataset_id text not null, gen integer not null default 1,
    partition text not null, kind text not null default 'append', cursor_start integer, cursor_end integer, event_time_min integer, event_time_max integer,
    mode integer not null, lane integer not null, run integer not null, node_fp text, payload text, payload_ref text, content_hash text, at integer not null)`,
  `create index if not exists events_by_dataset on events(dataset_id, seq)`,
  `create table if not exists runs(run integer primary key, run_id text not null unique, status text not null, mode integer not null, lane integer not null,
    subject text, request_id text not null, total integer not null, succeeded integer not null, failed integer not null, canceled integer not null,
    open integer not null, unpassed integer not null, created_at integer not null, ended_at integer, change integer not null, traceparent text,
    attempts integer not null default 0, work_ms integer not null default 0)`,
  `create table if not exists tasks(tid integer primary key, id text not null unique, inst integer not null, event_seq integer not null, run integer not null,
    mode integer not null, lane integer not null, state integer not null, attempt integer not null, base integer not null, lost integer not null,
    envelope integer not null, not_before integer not null, error text, created_at integer not null, updated_at integer not null, change integer not null)`,
  `create index if not exists tasks_by_run on tasks(run)`,
  `create index if not exists tasks_ready on tasks(not_before) where state = 0`,
  `create table if not exists envelopes(id integer primary key, inst integer not null, mode integer not null, lane integer not null, members text not null,
    state text not null, fence integer not null, lease_until integer not null, hard_until integer not null, sent_at integer not null)`,
  `create table if not exists outbox(id integer primary key, kind text not null, body text not null, not_before integer not null, tries integer not null)`,
  // While Postgres is down the outbox grows by a row per turn, and each turn asks what is due.
  `create index if not exists outbox_due on outbox(not_before)`,
] as const;

/** Columns that came after the first release: objects of that time have their tables without them. */
export const ADDED_COLUMNS = [
  { table: "runs", column: "traceparent", type: "text" },
  { table: "runs", column: "attempts", type: "integer not null default 0" },
  { table: "runs", column: "work_ms", type: "integer not null default 0" },
] as const;

/** States are stored as numbers; only ever appended to. */
export const STATES: readonly TaskState[] = [
  "ready",
  "queued",
  "leased",
  "canceling",
  "succeeded",
  "failed",
  "canceled",
];
export const stateNumber = (state: TaskState): number => STATES.indexOf(state);

const MODES: readonly Mode[] = ["live", "backfill"];
const LANES: readonly Lane[] = ["queue", "direct"];
export const modeNumber = (mode: Mode): number => MODES.indexOf(mode);
export const laneNumber = (lane: Lane): number => LANES.indexOf(lane);

export const NEW_HEAD: Head = {
  orgId: "",
  dagId: "",
  configHash: "",
  incarnation: 1,
  fences: 0,
  seq: 0,
  tid: 0,
  run: 0,
  inst: 0,
  envelope: 0,
  outbox: 0,
  change: 0,
  inFlight: 0,
  direct: 0,
  ready: 0,
  open: 0,
  unpassed: 0,
};

const text = (value: SqlValue | undefined): string => String(value ?? "");
const number = (value: SqlValue | undefined): number => Number(value ?? 0);
const orNull = (value: SqlValue | undefined): number | null =>
  value === null || value === undefined ? null : Number(value);
function pick<T>(list: readonly T[], value: SqlValue | undefined): T {
  const found = list[number(value)];
  if (found === undefined)
    throw new RangeError(`the stored number ${String(value)} is unknown to this version`);
  return found;
}
const parse = (value: SqlValue | undefined): unknown => JSON.parse(text(value));

export const EVENT_COLUMNS =
  "e.seq, e.event_id, e.dataset_id, e.partition, e.mode, e.lane, e.run, e.payload, e.at";
export const eventOf = (row: readonly SqlValue[]): EventRow => ({
  seq: number(row[0]),
  eventId: text(row[1]),
  datasetId: text(row[2]),
  partition: text(row[3]),
  mode: pick(MODES, row[4]),
  lane: pick(LANES, row[5]),
  run: number(row[6]),
  payload: text(row[7]),
  at: number(row[8]),
});

export const TASK_COLUMNS =
  "t.tid, t.id, t.inst, t.event_seq, t.run, t.mode, t.lane, t.state, t.attempt, t.base, t.lost, t.envelope, t.not_before, t.error, t.created_at, t.updated_at, t.change";
export const taskOf = (row: readonly SqlValue[]): TaskRow => ({
  tid: number(row[0]),
  id: text(row[1]),
  inst: number(row[2]),
  eventSeq: number(row[3]),
  run: number(row[4]),
  mode: pick(MODES, row[5]),
  lane: pick(LANES, row[6]),
  state: pick(STATES, row[7]),
  attempt: number(row[8]),
  base: number(row[9]),
  lost: number(row[10]),
  envelope: number(row[11]),
  notBefore: number(row[12]),
  error: errorOf(row[13]),
  createdAt: number(row[14]),
  updatedAt: number(row[15]),
  change: number(row[16]),
});

export function errorOf(value: SqlValue | undefined): TaskRow["error"] {
  if (value === null || value === undefined) return null;
  const [code, message, retryable] = parse(value) as [string, string, boolean];
  return { code, message, retryable };
}
export const errorText = (error: TaskRow["error"]): string | null =>
  error === null ? null : JSON.stringify([error.code, error.message, error.retryable]);

export const RUN_COLUMNS =
  "r.run, r.run_id, r.status, r.mode, r.lane, r.subject, r.request_id, r.total, r.succeeded, r.failed, r.canceled, r.open, r.unpassed, r.created_at, r.ended_at, r.change, r.traceparent, r.attempts, r.work_ms";
export const runOf = (row: readonly SqlValue[]): RunRow => ({
  run: number(row[0]),
  runId: text(row[1]),
  status: statusOf(row[2]),
  mode: pick(MODES, row[3]),
  lane: pick(LANES, row[4]),
  subject: row[5] === null ? null : text(row[5]),
  requestId: text(row[6]),
  total: number(row[7]),
  succeeded: number(row[8]),
  failed: number(row[9]),
  canceled: number(row[10]),
  open: number(row[11]),
  unpassed: number(row[12]),
  createdAt: number(row[13]),
  endedAt: orNull(row[14]),
  change: number(row[15]),
  traceparent: row[16] === null || row[16] === undefined ? null : text(row[16]),
  attempts: number(row[17]),
  workMs: number(row[18]),
});

const STATUSES: readonly RunRow["status"][] = ["running", "succeeded", "failed", "canceled"];
export function statusOf(value: SqlValue | undefined): RunRow["status"] {
  const found = STATUSES.find((status) => status === value);
  if (found === undefined)
    throw new RangeError(`the stored run status ${String(value)} is unknown to this version`);
  return found;
}

export const ENVELOPE_COLUMNS =
  "v.id, v.inst, v.mode, v.lane, v.members, v.state, v.fence, v.lease_until, v.hard_until, v.sent_at";
export const envelopeOf = (row: readonly SqlValue[]): Envelope => ({
  id: number(row[0]),
  inst: number(row[1]),
  mode: pick(MODES, row[2]),
  lane: pick(LANES, row[3]),
  members: parse(row[4]) as number[],
  state: row[5] === "leased" ? "leased" : "queued",
  fence: number(row[6]),
  leaseUntil: number(row[7]),
  hardUntil: number(row[8]),
  sentAt: number(row[9]),
});

/** A state by its name, or null. */
export const stateOf = (name: string | null): TaskState | null =>
  STATES.find((state) => state === name) ?? null;

/** What every turn reads and few change; forgotten when a transaction fails. */
export interface Cache {
  head: Head;
  instances: Map<number, Instance>;
  /** Instance -> the newest event its cursor passed. */
  cursors: Map<number, number>;
  /** Dataset -> its newest event. */
  newest: Map<string, number>;
}
