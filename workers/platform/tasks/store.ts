/** The mirror of runs and tasks in Postgres: what lists read. Rows are applied only with a greater change number [C37]. */
import type { RunView, TaskView } from "../../../durable-objects/dispatcher/model.ts";
import { instantOrNull, numberOf, textOf } from "../adapters/rows.ts";
import type { Sql, SqlRow } from "../adapters/sql.ts";
import { Run, Task } from "./model.ts";
import { publicTaskId, subjectOf } from "./rules.ts";

export interface MirrorBatch {
  readonly orgId: string;
  readonly dagId: string;
  readonly runs: readonly RunView[];
  readonly tasks: readonly TaskView[];
  readonly head: {
    readonly backlog: number;
    readonly nextWake: number | null;
    readonly change: number;
  };
}

const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

/** Writes a batch in one transaction of the organization; repeating or reordering batches changes nothing. */
export async function mirror(sql: Sql, batch: MirrorBatch): Promise<void> {
  await sql.transaction({ org: batch.orgId }, async (tx) => {
    if (batch.runs.length > 0)
      await tx.query(UPSERT_RUNS, [
        JSON.stringify(batch.runs.map((run) => runRow(batch.dagId, run))),
      ]);
    if (batch.tasks.length > 0)
      await tx.query(UPSERT_TASKS, [
        JSON.stringify(batch.tasks.map((task) => taskRow(batch.dagId, task))),
      ]);
    await tx.query(UPSERT_HEAD, [
      batch.dagId,
      batch.head.backlog,
      iso(batch.head.nextWake),
      batch.head.change,
    ]);
  });
}

/** Postgres refuses NUL and half a surrogate pair, and would refuse the rows beside them too. */
const storable = (text: string | undefined): string | null =>
  text === undefined ? null : text.replaceAll("\0", "\uFFFD").toWellFormed();

function runRow(dagId: string, run: RunView): SqlRow {
  const subject = subjectOf(run.subject);
  return {
    id: run.run_id,
    dag_id: dagId,
    status: run.status,
    mode: run.mode,
    subject_kind: subject?.kind ?? null,
    subject_id: storable(subject?.id),
    total: run.total,
    succeeded: run.succeeded,
    failed: run.failed,
    canceled: run.canceled,
    open: run.open,
    attempts: run.attempts,
    work_ms: run.work_ms,
    created_at: iso(run.created_at),
    ended_at: iso(run.ended_at),
    change: run.change,
  };
}

function taskRow(dagId: string, task: TaskView): SqlRow {
  return {
    id: publicTaskId(dagId, task.task_id),
    run_id: task.run_id,
    dag_id: dagId,
    node_id: task.node_id,
    operator: task.operator,
    state: task.state,
    attempt: task.attempt,
    max_attempts: task.max_attempts,
    not_before: task.state === "ready" ? iso(task.not_before) : null,
    error_code: storable(task.error?.code),
    error_message: storable(task.error?.message),
    error_retryable: task.error?.retryable ?? null,
    created_at: iso(task.created_at),
    updated_at: iso(task.updated_at),
    change: task.change,
  };
}

const UPSERT_RUNS = `
  insert into platform.runs as kept (org_id, id, dag_id, status, mode, subject_kind, subject_id, total, succeeded, failed, canceled, open, created_at, ended_at, change,
    attempts, work_ms, price_version, cost_usd)
  select platform.current_org(), id, dag_id, status, mode, subject_kind, subject_id, total, succeeded, failed, canceled, open, created_at, ended_at, change,
    attempts, work_ms, p.version, platform.run_cost(attempts, work_ms, p.version, created_at)
  from jsonb_to_recordset($1::text::jsonb) as r(id text, dag_id text, status text, mode text, subject_kind text, subject_id text, total int, succeeded int,
    failed int, canceled int, open int, created_at timestamptz, ended_at timestamptz, change bigint, attempts bigint, work_ms bigint)
  cross join lateral (select coalesce(max(b.version), 0) as version from platform.price_books b where b.effective_at <= r.created_at) p
  on conflict (org_id, id) do update set status = excluded.status, total = excluded.total, succeeded = excluded.succeeded, failed = excluded.failed,
    canceled = excluded.canceled, open = excluded.open, ended_at = excluded.ended_at, change = excluded.change,
    attempts = excluded.attempts, work_ms = excluded.work_ms, price_version = coalesce(kept.price_version, excluded.price_version),
    cost_usd = platform.run_cost(excluded.attempts, excluded.work_ms, coalesce(kept.price_version, excluded.price_version), kept.created_at)
  where kept.change < excluded.change`;

const UPSERT_TASKS = `
  insert into platform.task_history as kept (org_id, id, run_id, dag_id, node_id, operator, state, attempt, max_attempts, not_before,
    error_code, error_message, error_retryable, created_at, updated_at, change)
  select platform.current_org(), id, run_id, dag_id, node_id, operator, state, attempt, max_attempts, not_before,
    error_code, error_message, error_retryable, created_at, updated_at, change
  from jsonb_to_recordset($1::text::jsonb) as t(id text, run_id text, dag_id text, node_id text, operator text, state text, attempt int, max_attempts int,
    not_before timestamptz, error_code text, error_message text, error_retryable boolean, created_at timestamptz, updated_at timestamptz, change bigint)
  on conflict (org_id, id) do update set state = excluded.state, attempt = excluded.attempt, max_attempts = excluded.max_attempts,
    not_before = excluded.not_before, error_code = excluded.error_code, error_message = excluded.error_message,
    error_retryable = excluded.error_retryable, updated_at = excluded.updated_at, change = excluded.change
  where kept.change < excluded.change`;

const UPSERT_HEAD = `
  insert into platform.dispatcher_heads as kept (org_id, dag_id, backlog, next_wake, change)
  values (platform.current_org(), $1, $2::bigint, $3::timestamptz, $4::bigint)
  on conflict (org_id, dag_id) do update set backlog = excluded.backlog, next_wake = excluded.next_wake, change = excluded.change
  where kept.change < excluded.change`;

export interface DispatcherHead {
  readonly dagId: string;
  readonly backlog: number;
  /** When it wanted to wake as it last told; null when it had nothing to do. */
  readonly nextWake: number | null;
}

/** The dispatchers of one organization. */
export async function listHeads(sql: Sql, orgId: string): Promise<readonly DispatcherHead[]> {
  const rows = await sql.transaction({ org: orgId }, (tx) =>
    tx.query("select dag_id, backlog, next_wake from platform.dispatcher_heads order by dag_id"),
  );
  return rows.map((row) => ({
    dagId: textOf(row, "dag_id"),
    backlog: numberOf(row, "backlog"),
    nextWake: instantOrNull(row, "next_wake"),
  }));
}

/** Every organization, for sweeps [TN6]. */
export async function listOrgIds(sql: Sql): Promise<readonly string[]> {
  const rows = await sql.transaction({ none: true }, (tx) =>
    tx.query("select platform.list_org_ids() as id"),
  );
  return rows.map((row) => textOf(row, "id"));
}

export interface Page {
  readonly limit: number;
  /** The last row of the page before: (created_at, id), newest first. */
  readonly after: { readonly createdAt: string; readonly id: string } | undefined;
}

/** At most `limit` runs, newest first. */
export async function listRuns(
  sql: Sql,
  orgId: string,
  filter: Page & { dagId: string | null; status: string | null },
): Promise<readonly Run[]> {
  const rows = await sql.transaction({ org: orgId }, (tx) =>
    tx.query(
      `select * from platform.runs where ($1::text is null or dag_id = $1) and ($2::text is null or status = $2)
         and ($3::timestamptz is null or (created_at, id) < ($3::timestamptz, $4)) order by created_at desc, id desc limit $5::int`,
      [
        filter.dagId,
        filter.status,
        filter.after?.createdAt ?? null,
        filter.after?.id ?? "",
        filter.limit,
      ],
    ),
  );
  return rows.map(runOf);
}

export interface RunFigures {
  readonly total: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly running: number;
}

/** How many runs began since `since`, by how they stand. */
export async function runFigures(sql: Sql, orgId: string, since: string): Promise<RunFigures> {
  const [row = {}] = await sql.transaction({ org: orgId }, (tx) =>
    tx.query(
      `select count(*)::int as total, count(*) filter (where status = 'succeeded')::int as succeeded,
         count(*) filter (where status = 'failed')::int as failed, count(*) filter (where status = 'running')::int as running
       from platform.runs where created_at >= $1::timestamptz`,
      [since],
    ),
  );
  const { total, succeeded, failed, running } = row;
  return {
    total: Number(total),
    succeeded: Number(succeeded),
    failed: Number(failed),
    running: Number(running),
  };
}

export async function findRun(sql: Sql, orgId: string, id: string): Promise<Run | null> {
  const [row] = await sql.transaction({ org: orgId }, (tx) =>
    tx.query("select * from platform.runs where id = $1", [id]),
  );
  return row === undefined ? null : runOf(row);
}

/** At most `limit` tasks, newest first; of one state, or of all. */
export async function listTasks(
  sql: Sql,
  orgId: string,
  filter: Page & { state: string | null },
): Promise<readonly Task[]> {
  const rows = await sql.transaction({ org: orgId }, (tx) =>
    tx.query(
      `select * from platform.task_history where ($1::text is null or state = $1)
         and ($2::timestamptz is null or (created_at, id) < ($2::timestamptz, $3)) order by created_at desc, id desc limit $4::int`,
      [filter.state, filter.after?.createdAt ?? null, filter.after?.id ?? "", filter.limit],
    ),
  );
  return rows.map(taskOf);
}

function runOf(row: SqlRow): Run {
  const {
    id,
    dag_id,
    status,
    mode,
    subject_kind: kind,
    subject_id,
    total,
    succeeded,
    failed,
    open,
    created_at,
    ended_at,
    cost_usd,
  } = row;
  return Run.parse({
    id,
    dag_id,
    status,
    mode,
    subject: kind === null ? null : { kind, id: subject_id },
    tasks: { total, succeeded, failed, open },
    created_at,
    ended_at,
    cost_usd,
  });
}

function taskOf(row: SqlRow): Task {
  const {
    error_code: code,
    error_message: message,
    error_retryable: retryable,
    org_id: _org,
    change: _change,
    ...rest
  } = row;
  return Task.parse({ ...rest, error: code === null ? null : { code, message, retryable } });
}

/** A run as its dispatcher tells it; what it costs Postgres alone knows. */
export const runFromView = (dagId: string, run: RunView, costUsd: string | null): Run => ({
  id: run.run_id,
  dag_id: dagId,
  status: run.status,
  mode: run.mode,
  subject: subjectOf(run.subject),
  tasks: { total: run.total, succeeded: run.succeeded, failed: run.failed, open: run.open },
  created_at: new Date(run.created_at).toISOString(),
  ended_at: iso(run.ended_at),
  cost_usd: costUsd,
});

/** A task as its dispatcher tells it. */
export const taskFromView = (dagId: string, task: TaskView): Task => ({
  id: publicTaskId(dagId, task.task_id),
  run_id: task.run_id,
  dag_id: dagId,
  node_id: task.node_id,
  operator: task.operator,
  state: task.state,
  attempt: task.attempt,
  max_attempts: task.max_attempts,
  created_at: new Date(task.created_at).toISOString(),
  updated_at: new Date(task.updated_at).toISOString(),
  not_before: task.state === "ready" ? iso(task.not_before) : null,
  error: task.error,
});
