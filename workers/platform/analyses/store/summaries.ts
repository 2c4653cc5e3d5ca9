/** Analyses as the API shows them. A row whose run failed reads as failed, whatever it still says. */
import { and, desc, eq, fillPlaceholders, sql, type SQL } from "drizzle-orm";
import { QueryBuilder } from "drizzle-orm/pg-core";
import { instantOf, numberOf, numberOrNull, textOf, textOrNull } from "../../adapters/rows.ts";
import type { SqlRow, SqlValue, Tx } from "../../adapters/sql.ts";
import { assert, type Instant } from "../../model.ts";
import { Analysis, AnalysisStatus, type AnalysisSummary } from "../model.ts";
import { analyses, runs } from "./tables.ts";

const status = sql`case when ${analyses.status} in ('pending', 'processing')
  and ${runs.status} in ('failed', 'canceled') then 'failed' else ${analyses.status} end`;

/** What all runs about it cost: a re-run adds to it [US10]. */
const cost = sql`(select sum(about.cost_usd)::text from platform.runs about
  where about.org_id = ${analyses.org_id} and about.subject_id = ${analyses.id}::text)`;

const SUMMARY = {
  id: analyses.id,
  name: analyses.name,
  status: status.as("status"),
  run_status: sql`${runs.status}`.as("run_status"),
  source: analyses.source,
  repository: analyses.repository,
  workflow: analyses.workflow,
  job: analyses.job,
  step: analyses.step,
  head_sha: analyses.head_sha,
  branch: analyses.branch,
  run_attempt: analyses.run_attempt,
  logs_size_bytes: analyses.logs_size_bytes,
  category: analyses.category,
  confidence_value: analyses.confidence_value,
  confidence_band: analyses.confidence_band,
  title: analyses.title,
  failed_test_count: analyses.failed_test_count,
  run_id: analyses.run_id,
  error_code: analyses.error_code,
  error_message: analyses.error_message,
  created_at: analyses.created_at,
  completed_at: analyses.completed_at,
  processing_ms: analyses.processing_ms,
  cost_usd: cost.as("cost_usd"),
};

const sameRun = and(eq(runs.org_id, analyses.org_id), eq(runs.id, analyses.run_id));

export interface ListFilter {
  readonly status: AnalysisStatus | undefined;
  /** A code, or its group. */
  readonly category: string | undefined;
  readonly repository: string | undefined;
  readonly after: { readonly createdAt: string; readonly id: string } | undefined;
  readonly limit: number;
}

/** Each optional filter with its condition; the values are filled in per request. */
const CONDITIONS = {
  status: sql`${status} = ${sql.placeholder("status")}`,
  repository: eq(analyses.repository, sql.placeholder("repository")),
  category: sql`${sql.placeholder("category")} in (${analyses.category}, split_part(${analyses.category}, '.', 1))`,
  after: sql`(${analyses.created_at}, ${analyses.id}) < (${sql.placeholder("createdAt")}::timestamptz, ${sql.placeholder("afterId")}::uuid)`,
} as const satisfies Record<string, SQL>;
type Condition = keyof typeof CONDITIONS;

interface Built {
  readonly sql: string;
  readonly params: readonly unknown[];
}

/** Built once per set of filters, at most 16: building costs more than the rest of a request. */
const lists = new Map<string, Built>();

function listQuery(names: readonly Condition[]): Built {
  const shape = names.join();
  const known = lists.get(shape);
  if (known !== undefined) return known;
  const built = new QueryBuilder()
    .select(SUMMARY)
    .from(analyses)
    .leftJoin(runs, sameRun)
    .where(
      and(eq(analyses.org_id, sql.placeholder("orgId")), ...names.map((name) => CONDITIONS[name])),
    )
    .orderBy(desc(analyses.created_at), desc(analyses.id))
    .limit(sql.placeholder("limit"))
    .toSQL();
  lists.set(shape, built);
  return built;
}

/** At most `limit` summaries, newest first. */
export async function listAnalyses(
  tx: Tx,
  orgId: string,
  filter: ListFilter,
): Promise<readonly AnalysisSummary[]> {
  const names = (["status", "repository", "category", "after"] as const).filter(
    (name) => filter[name] !== undefined,
  );
  const { createdAt, id: afterId } = filter.after ?? {};
  const rows = await run(tx, listQuery(names), { ...filter, orgId, createdAt, afterId });
  return rows.map(summaryOf);
}

const read = new QueryBuilder()
  .select({ ...SUMMARY, result: analyses.result })
  .from(analyses)
  .leftJoin(runs, sameRun)
  .where(and(eq(analyses.org_id, sql.placeholder("orgId")), eq(analyses.id, sql.placeholder("id"))))
  .toSQL();

export async function readAnalysis(
  tx: Tx,
  orgId: string,
  id: string,
): Promise<Analysis | undefined> {
  const [row] = await run(tx, read, { orgId, id });
  return row === undefined
    ? undefined
    : Analysis.parse({ ...summaryOf(row), result: row["result"] ?? null });
}

const run = (tx: Tx, built: Built, values: Record<string, unknown>): Promise<readonly SqlRow[]> =>
  tx.query(built.sql, fillPlaceholders([...built.params], values).map(bindable));

function bindable(value: unknown): SqlValue {
  assert(typeof value === "string" || typeof value === "number", "filters are text and numbers");
  return value;
}

function summaryOf(row: SqlRow): AnalysisSummary {
  const found = AnalysisStatus.parse(row["status"]);
  const band = textOrNull(row, "confidence_band");
  return {
    id: textOf(row, "id"),
    name: textOrNull(row, "name") ?? "log",
    status: found,
    source: row["source"] === "console" ? "console" : "api",
    repository: textOrNull(row, "repository"),
    workflow: textOrNull(row, "workflow"),
    job: textOrNull(row, "job"),
    step: textOrNull(row, "step"),
    head_sha: textOrNull(row, "head_sha"),
    branch: textOrNull(row, "branch"),
    run_attempt: numberOrNull(row, "run_attempt"),
    logs_size_bytes: numberOf(row, "logs_size_bytes"),
    category: textOrNull(row, "category"),
    confidence:
      band === null ? null : { value: numberOf(row, "confidence_value"), band: bandOf(band) },
    title: textOrNull(row, "title"),
    failed_tests: numberOf(row, "failed_test_count"),
    run_id: textOrNull(row, "run_id"),
    error: found === "failed" ? errorOf(row) : null,
    created_at: textOf(row, "created_at"),
    completed_at: textOrNull(row, "completed_at"),
    processing_ms: numberOrNull(row, "processing_ms"),
    cost_usd: textOrNull(row, "cost_usd"),
  };
}

/** The code of an analysis that says nothing of its own because its run failed. */
const RUN_FAILED = "analysis_failed";

const bandOf = (text: string): "high" | "medium" | "low" =>
  text === "high" || text === "medium" ? text : "low";

function errorOf(row: SqlRow): { code: string; message: string } {
  const code = textOrNull(row, "error_code");
  if (code !== null) return { code, message: textOrNull(row, "error_message") ?? code };
  return row["run_status"] === "canceled"
    ? { code: "analysis_canceled", message: "The run was canceled. Run the analysis again." }
    : {
        code: RUN_FAILED,
        message: "The run failed; its tasks say why. Run the analysis again.",
      };
}

/** What the outside is told of an analysis that ended: ids and a few words, never the log. */
export interface EndedAnalysis {
  readonly status: "completed" | "failed";
  readonly repository: string | null;
  readonly branch: string | null;
  readonly workflow: string | null;
  readonly job: string | null;
  readonly category: string | null;
  readonly confidence: number | null;
  readonly band: string | null;
  readonly headline: string | null;
  readonly error_code: string | null;
  /** Of its organization. */
  readonly slug: string;
  readonly endedAt: Instant;
}

/** Undefined unless this run ended it; a run that failed ends it too, whatever the row still says. */
export async function readEnded(
  tx: Tx,
  id: string,
  runId: string,
): Promise<EndedAnalysis | undefined> {
  const [row] = await tx.query(
    `select case when a.status in ('completed', 'failed') then a.status else 'failed' end as status,
       a.repository, a.branch, a.workflow, a.job, a.category, a.confidence_value, a.confidence_band, a.title,
       coalesce(a.error_code, case when a.status <> 'completed' then $3 end) as error_code,
       coalesce(a.completed_at, r.ended_at) as ended_at, o.slug
     from platform.analyses a join platform.orgs o on o.id = a.org_id
       left join platform.runs r on r.org_id = a.org_id and r.id = a.run_id
     where a.id = $1 and a.run_id = $2 and (a.status in ('completed', 'failed') or r.status = 'failed')`,
    [id, runId, RUN_FAILED],
  );
  if (row === undefined) return undefined;
  return {
    status: row["status"] === "failed" ? "failed" : "completed",
    repository: textOrNull(row, "repository"),
    branch: textOrNull(row, "branch"),
    workflow: textOrNull(row, "workflow"),
    job: textOrNull(row, "job"),
    category: textOrNull(row, "category"),
    confidence: numberOrNull(row, "confidence_value"),
    band: textOrNull(row, "confidence_band"),
    headline: textOrNull(row, "title"),
    error_code: textOrNull(row, "error_code"),
    slug: textOf(row, "slug"),
    endedAt: instantOf(row, "ended_at"),
  };
}
