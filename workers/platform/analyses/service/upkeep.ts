/** What becomes of analyses later: run again, deleted, expired, and uploads that were cut off are started. */
import { deleteObjects, listed } from "../../adapters/artifacts.ts";
import { done, refuse, type Instant, type Result } from "../../model.ts";
import type { Analysis } from "../model.ts";
import { existing, expireLogs, expireResults, orphans } from "../store/overview.ts";
import { deleteAnalysis, readLogRow, resetAnalysis } from "../store/rows.ts";
import { readAnalysis } from "../store/summaries.ts";
import {
  analysesPrefixOf,
  analysisIdOf,
  resultKeyOf,
  startRun,
  type AnalysisPorts,
} from "./intake.ts";

export interface RerunWish {
  readonly id: string;
  readonly orgId: string;
  /** The same key is the same rerun. */
  readonly dedup: string;
  readonly requestId: string;
  readonly traceparent: string | undefined;
}

/**
 * Analyses a stored log once more, with the engine of today.
 * Refusals: `not_found`, `log_expired`, `analysis_running`.
 */
export async function rerun(ports: AnalysisPorts, wish: RerunWish): Promise<Result<Analysis>> {
  const { id, orgId } = wish;
  const ready = await ports.sql.transaction({ org: orgId }, async (tx): Promise<Result<true>> => {
    const [row, analysis] = [await readLogRow(tx, id), await readAnalysis(tx, orgId, id)];
    if (row === undefined || analysis === undefined) return refuse("not_found");
    if (row.logKey === null) return refuse("log_expired");
    if (analysis.status === "pending" || analysis.status === "processing")
      return refuse("analysis_running");
    await resetAnalysis(tx, id);
    return done(true);
  });
  if (!ready.ok) return ready;
  const started = await startRun(ports, { ...wish, direct: false });
  // It is pending now; when the backlog was full, cron starts it as soon as there is room.
  if (!started.ok && started.refusal.code !== "backlog_full") return started;
  const analysis = await ports.sql.transaction({ org: orgId }, (tx) => readAnalysis(tx, orgId, id));
  return analysis === undefined ? refuse("not_found") : done(analysis);
}

/** Deletes an analysis and its log. A run that is at work finds nothing and ends. Refusal: `not_found`. */
export async function remove(
  ports: AnalysisPorts,
  orgId: string,
  id: string,
): Promise<Result<true>> {
  const deleted = await ports.sql.transaction({ org: orgId }, (tx) => deleteAnalysis(tx, id));
  if (deleted === undefined) return refuse("not_found");
  if (deleted.logKey !== null) await deleteObjects(ports.env.LOGS, [deleted.logKey]);
  await deleteObjects(ports.env.ARTIFACTS, [resultKeyOf(orgId, id)]);
  return done(true);
}

/** An upload normally starts its run within milliseconds. */
const ORPHAN_MS = 120_000;

/**
 * Starts the runs of uploads whose request died in between, and of reruns that found the backlog full. A second run of
 * the same log does no harm: it finds the same, and only the first one to end is kept.
 */
export async function adopt(ports: AnalysisPorts, orgId: string): Promise<number> {
  const ids = await ports.sql.transaction({ org: orgId }, (tx) =>
    orphans(tx, ports.now() - ORPHAN_MS),
  );
  for (const id of ids) {
    const started = await startRun(ports, {
      id,
      orgId,
      dedup: `adopt-${id}-${ports.now()}`,
      direct: false,
      requestId: `adopt-${id}`,
      traceparent: undefined,
    });
    if (!started.ok)
      ports.log.warn("a cut-off upload could not be started", {
        org: orgId,
        analysis: id,
        code: started.refusal.code,
      });
  }
  return ids.length;
}

/** Deletes logs and results past their time, and objects that no row knows [AN28]. Answers how many objects went. */
export async function expire(ports: AnalysisPorts, orgId: string, now: Instant): Promise<number> {
  const { env, sql } = ports;
  let gone = 0;
  for (;;) {
    const keys = await sql.transaction({ org: orgId }, (tx) => expireLogs(tx, now));
    if (keys.length === 0) break;
    await deleteObjects(env.LOGS, keys);
    gone += keys.length;
  }
  await sql.transaction({ org: orgId }, (tx) => expireResults(tx, now));
  return gone + (await sweep(ports, orgId, now));
}

/** A request or a run is over long before. */
const STRAY_MS = 86_400_000;

/** Deletes what was stored by a request or a run that died, or ended after its analysis was deleted. */
async function sweep(ports: AnalysisPorts, orgId: string, now: Instant): Promise<number> {
  const { env, sql } = ports;
  let gone = 0;
  for (const bucket of [env.LOGS, env.ARTIFACTS]) {
    for await (const keys of listed(bucket, analysesPrefixOf(orgId), now - STRAY_MS)) {
      const ids = [...new Set(keys.map(analysisIdOf))];
      const known = await sql.transaction({ org: orgId }, (tx) => existing(tx, ids));
      const strays = keys.filter((key) => !known.has(analysisIdOf(key)));
      if (strays.length > 0) await deleteObjects(bucket, strays);
      gone += strays.length;
    }
  }
  return gone;
}
