/** Analyses as the API shows them. A row whose run failed reads as failed, whatever it still says. */
import { and, desc, eq, sql, type SQL } from "drizzle-orm";
import type { Tx } from "../../adapters/sql.ts";
import { Analysis, type AnalysisStatus, type AnalysisSummary } from "../model.ts";
import { analyses, runs } from "./tables.ts";

const status = sql<AnalysisStatus>`case when ${analyses.status} in ('pending', 'processing')
  and ${runs.status} in ('failed', 'canceled') then 'failed' else ${analyses.status} end`;

const SUMMARY = {
  id: analyses.id,
  name: analyses.name,
  status,
  run_status: runs.status,
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

/** At most `limit` summaries, newest first. */
export async function listAnalyses(
  tx: Tx,
  orgId: string,
  filter: ListFilter,
): Promise<readonly AnalysisSummary[]> {
  const rows = await tx.db
    .select(SUMMARY)
    .from(analyses)
    .leftJoin(runs, sameRun)
    .where(and(eq(analyses.org_id, orgId), ...conditions(filter)))
    .orderBy(desc(analyses.created_at), desc(analyses.id))
    .limit(filter.limit);
  return rows.map(summaryOf);
}

function conditions(filter: ListFilter): readonly (SQL | undefined)[] {
  const { category, repository, after } = filter;
  return [
    filter.status === undefined ? undefined : sql`${status} = ${filter.status}`,
    repository === undefined ? undefined : eq(analyses.repository, repository),
    category === undefined
      ? undefined
      : sql`${category} in (${analyses.category}, split_part(${analyses.category}, '.', 1))`,
    after === undefined
      ? undefined
      : sql`(${analyses.created_at}, ${analyses.id}) < (${after.createdAt}::timestamptz, ${after.id}::uuid)`,
  ];
}

export async function readAnalysis(
  tx: Tx,
  orgId: string,
  id: string,
): Promise<Analysis | undefined> {
  const [row] = await tx.db
    .select({ ...SUMMARY, result: analyses.result })
    .from(analyses)
    .leftJoin(runs, sameRun)
    .where(and(eq(analyses.org_id, orgId), eq(analyses.id, id)));
  return row === undefined
    ? undefined
    : Analysis.parse({ ...summaryOf(row), result: row.result ?? null });
}

/** What a query over SUMMARY answers. */
type Row = {
  [K in keyof typeof SUMMARY]: K extends keyof typeof analyses.$inferSelect
    ? (typeof analyses.$inferSelect)[K]
    : unknown;
};

function summaryOf(row: Row): AnalysisSummary {
  const {
    run_status,
    confidence_value,
    confidence_band,
    failed_test_count,
    error_code,
    error_message,
    ...rest
  } = row;
  return {
    ...rest,
    name: row.name ?? "log",
    confidence:
      confidence_value === null || confidence_band === null
        ? null
        : { value: confidence_value, band: confidence_band },
    failed_tests: failed_test_count,
    error: row.status === "failed" ? errorOf(error_code, error_message, run_status) : null,
  };
}

function errorOf(
  code: string | null,
  message: string | null,
  runStatus: unknown,
): { code: string; message: string } {
  if (code !== null) return { code, message: message ?? code };
  return runStatus === "canceled"
    ? { code: "analysis_canceled", message: "The run was canceled. Run the analysis again." }
    : {
        code: "analysis_failed",
        message: "The run failed; its tasks say why. Run the analysis again.",
      };
}
