/** The life of an analysis as a row: made, at work, completed or failed, run again, deleted. */
import { numberOf, numberOrNull, textOf, textOrNull } from "../../adapters/rows.ts";
import { jsonText, type Tx } from "../../adapters/sql.ts";
import type { Instant } from "../../model.ts";
import { AnalysisStatus, type AnalysisMeta, type Result } from "../model.ts";

const iso = (at: Instant): string => new Date(at).toISOString();

/** Results are kept this long, raw logs LOG_KEPT_MS [AN28]. */
export const RESULT_KEPT_MS = 400 * 86_400_000;
export const LOG_KEPT_MS = 7 * 86_400_000;

export interface NewAnalysis {
  readonly id: string;
  readonly orgId: string;
  readonly source: "api" | "console";
  readonly createdBy: string;
  readonly meta: AnalysisMeta;
  readonly bytes: number;
  readonly sha256: string;
  readonly logKey: string;
  readonly createdAt: Instant;
}

/** Adds the row; a second try with the same id adds nothing. */
export async function insertAnalysis(tx: Tx, analysis: NewAnalysis): Promise<void> {
  const { meta } = analysis;
  await tx.query(
    `insert into platform.analyses (org_id, id, source, created_by, name, repository, workflow, job, step, head_sha, branch,
       run_attempt, exit_code, logs_size_bytes, log_key, log_sha256, created_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
     on conflict (org_id, id) do nothing`,
    [
      analysis.orgId,
      analysis.id,
      analysis.source,
      analysis.createdBy,
      meta.name ?? meta.job ?? meta.workflow ?? "log",
      meta.repository ?? null,
      meta.workflow ?? null,
      meta.job ?? null,
      meta.step ?? null,
      meta.head_sha ?? null,
      meta.branch ?? null,
      meta.run_attempt ?? null,
      meta.exit_code ?? null,
      analysis.bytes,
      analysis.logKey,
      analysis.sha256,
      iso(analysis.createdAt),
      iso(analysis.createdAt + RESULT_KEPT_MS),
    ],
  );
}

export async function setRun(
  tx: Tx,
  id: string,
  run: { readonly id: string; readonly traceparent: string | undefined },
): Promise<void> {
  await tx.query(
    `update platform.analyses set run_id = $2, traceparent = $3
     where id = $1 and (run_id is null or run_id = $2)`,
    [id, run.id, run.traceparent ?? null],
  );
}

/** Size and hash of the log as it was stored. */
export async function readStored(
  tx: Tx,
  id: string,
): Promise<{ readonly bytes: number; readonly sha256: string } | undefined> {
  const [row] = await tx.query(
    "select logs_size_bytes, log_sha256 from platform.analyses where id = $1",
    [id],
  );
  if (row === undefined) return undefined;
  return { bytes: numberOf(row, "logs_size_bytes"), sha256: textOf(row, "log_sha256") };
}

/** Where the log lies, and what is needed to page through it. */
export interface LogRow {
  readonly id: string;
  readonly status: AnalysisStatus;
  readonly logKey: string | null;
  readonly bytes: number;
  readonly totalLines: number | null;
  readonly lineIndex: readonly number[] | null;
}

export async function readLogRow(tx: Tx, id: string): Promise<LogRow | undefined> {
  const [row] = await tx.query(
    "select id, status, log_key, logs_size_bytes, total_lines, line_index from platform.analyses where id = $1",
    [id],
  );
  if (row === undefined) return undefined;
  const index = row["line_index"];
  return {
    id: textOf(row, "id"),
    status: AnalysisStatus.parse(row["status"]),
    logKey: textOrNull(row, "log_key"),
    bytes: numberOf(row, "logs_size_bytes"),
    totalLines: numberOrNull(row, "total_lines"),
    lineIndex: Array.isArray(index) ? index.map(Number) : null,
  };
}

/** `pending` becomes `processing`, and the run is noted if its starter died before; later states stay. */
export async function markProcessing(tx: Tx, id: string, runId: string): Promise<void> {
  await tx.query(
    `update platform.analyses set status = 'processing', run_id = $2
     where id = $1 and status = 'pending' and (run_id is null or run_id = $2)`,
    [id, runId],
  );
}

export interface Completion {
  readonly id: string;
  readonly runId: string;
  readonly result: Result;
  readonly lineIndex: readonly number[];
  readonly title: string | null;
  readonly at: Instant;
}

/** Keeps a result, unless a newer run owns the row; writing it twice changes nothing. */
export async function completeAnalysis(tx: Tx, orgId: string, done: Completion): Promise<boolean> {
  const { result } = done;
  const rows = await tx.query(
    `update platform.analyses set status = 'completed', result = $3, line_index = $4, engine_version = $5, total_lines = $6,
       category = $7, confidence_value = $8, confidence_band = $9, title = $10, failed_test_count = $11,
       completed_at = $12, processing_ms = greatest(0, extract(epoch from ($12::timestamptz - created_at)) * 1000)::int,
       error_code = null, error_message = null, run_id = coalesce(run_id, $2)
     where id = $1 and (run_id = $2 or run_id is null) and status in ('pending', 'processing') returning id`,
    [
      done.id,
      done.runId,
      jsonText(result),
      JSON.stringify(done.lineIndex),
      result.engine_version,
      result.lines,
      result.category,
      result.confidence.value,
      result.confidence.band,
      done.title,
      result.failed_tests.length,
      iso(done.at),
    ],
  );
  if (rows.length === 0) return false;
  await tx.query("delete from platform.failed_tests where analysis_id = $1", [done.id]);
  await tx.query(
    `insert into platform.failed_tests (org_id, analysis_id, n, framework, suite, name, file, line, message, log_line)
     select $1, $2, t.n, t.test->>'framework', t.test->>'suite', t.test->>'name', t.test->>'file', (t.test->>'line')::int,
       t.test->>'message', (t.test->>'log_line')::int
     from jsonb_array_elements($3::jsonb) with ordinality as t(test, n)`,
    [orgId, done.id, jsonText(result.failed_tests)],
  );
  return true;
}

export async function failAnalysis(
  tx: Tx,
  id: string,
  runId: string,
  error: { code: string; message: string },
  at: Instant,
): Promise<void> {
  await tx.query(
    `update platform.analyses set status = 'failed', error_code = $3, error_message = $4, completed_at = $5,
       run_id = coalesce(run_id, $2)
     where id = $1 and (run_id = $2 or run_id is null) and status in ('pending', 'processing')`,
    [id, runId, error.code, error.message, iso(at)],
  );
}

/** Back to `pending` for another run. */
export async function resetAnalysis(tx: Tx, id: string): Promise<void> {
  await tx.query(
    `update platform.analyses set status = 'pending', run_id = null, traceparent = null, result = null, error_code = null, error_message = null,
       completed_at = null, processing_ms = null
     where id = $1`,
    [id],
  );
}

/** The keys of what lies in R2 for it; undefined when there is no such row. */
export async function deleteAnalysis(
  tx: Tx,
  id: string,
): Promise<{ readonly logKey: string | null } | undefined> {
  const [row] = await tx.query("delete from platform.analyses where id = $1 returning log_key", [
    id,
  ]);
  return row === undefined ? undefined : { logKey: textOrNull(row, "log_key") };
}

/** What the analyzer needs of a row. */
export interface AnalysisInput {
  readonly logKey: string | null;
  readonly bytes: number;
  readonly name: string;
  readonly exitCode: number | null;
}

export async function readAnalysisInput(tx: Tx, id: string): Promise<AnalysisInput | undefined> {
  const [row] = await tx.query(
    "select log_key, logs_size_bytes, name, exit_code from platform.analyses where id = $1",
    [id],
  );
  if (row === undefined) return undefined;
  return {
    logKey: textOrNull(row, "log_key"),
    bytes: numberOf(row, "logs_size_bytes"),
    name: textOrNull(row, "name") ?? "log",
    exitCode: numberOrNull(row, "exit_code"),
  };
}
