/** Figures of the last day, and the rows that background work looks for. */
import { numberOf, textOf, textOrNull } from "../../adapters/rows.ts";
import type { Tx } from "../../adapters/sql.ts";
import type { Instant } from "../../model.ts";
import { LOG_KEPT_MS } from "./rows.ts";

const iso = (at: Instant): string => new Date(at).toISOString();

export interface DayFigures {
  readonly day: {
    readonly total: number;
    readonly completed: number;
    readonly failed: number;
    readonly pending: number;
  };
  readonly by_category: { readonly category: string; readonly count: number }[];
}

export async function dayFigures(tx: Tx, orgId: string, since: Instant): Promise<DayFigures> {
  const [day] = await tx.query(
    `select count(*)::int as total, count(*) filter (where s = 'completed')::int as completed,
       count(*) filter (where s = 'failed')::int as failed, count(*) filter (where s in ('pending', 'processing'))::int as pending
     from (select case when a.status in ('pending', 'processing') and r.status in ('failed', 'canceled') then 'failed' else a.status end as s
       from platform.analyses a left join platform.runs r on r.org_id = a.org_id and r.id = a.run_id
       where a.org_id = $1 and a.created_at >= $2) rows`,
    [orgId, iso(since)],
  );
  const categories = await tx.query(
    `select category, count(*)::int as count from platform.analyses
     where org_id = $1 and created_at >= $2 and category is not null group by category order by count desc, category limit 20`,
    [orgId, iso(since)],
  );
  const figures = day ?? {};
  return {
    day: {
      total: numberOf(figures, "total"),
      completed: numberOf(figures, "completed"),
      failed: numberOf(figures, "failed"),
      pending: numberOf(figures, "pending"),
    },
    by_category: categories.map((row) => ({
      category: textOf(row, "category"),
      count: numberOf(row, "count"),
    })),
  };
}

/** Analyses whose upload was cut off between storing the log and starting its run. */
export async function orphans(tx: Tx, before: Instant): Promise<readonly string[]> {
  const rows = await tx.query(
    "select id from platform.analyses where run_id is null and status = 'pending' and created_at < $1 order by created_at limit 100",
    [iso(before)],
  );
  return rows.map((row) => textOf(row, "id"));
}

export interface FailedRun {
  readonly id: string;
  readonly runId: string;
  /** Of the request that started the run. */
  readonly traceparent: string | undefined;
}

/** Analyses whose run failed since `since` without a word of their own. */
export async function failedByRun(tx: Tx, since: Instant): Promise<readonly FailedRun[]> {
  const rows = await tx.query(
    `select a.id, a.run_id, a.traceparent from platform.analyses a join platform.runs r on r.org_id = a.org_id and r.id = a.run_id
     where r.status = 'failed' and r.ended_at >= $1 and a.status in ('pending', 'processing') order by r.ended_at limit 500`,
    [iso(since)],
  );
  return rows.map((row) => ({
    id: textOf(row, "id"),
    runId: textOf(row, "run_id"),
    traceparent: textOrNull(row, "traceparent") ?? undefined,
  }));
}

/** Up to 500 logs that have been kept long enough, whatever became of them; the keys are to be deleted after the transaction. */
export async function expireLogs(tx: Tx, now: Instant): Promise<readonly string[]> {
  const rows = await tx.query(
    `with old as (select org_id, id, log_key from platform.analyses
       where log_key is not null and created_at < $1 order by created_at limit 500)
     update platform.analyses a set log_key = null from old where a.org_id = old.org_id and a.id = old.id returning old.log_key`,
    [iso(now - LOG_KEPT_MS)],
  );
  return rows.map((row) => textOf(row, "log_key"));
}

/** Removes analyses past their time, their failed tests with them. */
export async function expireResults(tx: Tx, now: Instant): Promise<void> {
  await tx.query("delete from platform.analyses where expires_at < $1 and log_key is null", [
    iso(now),
  ]);
}

/** Which of these analyses there are. */
export async function existing(tx: Tx, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await tx.query("select id from platform.analyses where id::text = any($1::text[])", [
    ids,
  ]);
  return new Set(rows.map((row) => textOf(row, "id")));
}
