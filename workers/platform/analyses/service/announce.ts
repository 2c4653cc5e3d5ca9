/** Tells the outside that an analysis ended: once per analysis and run, however often its task runs. */
import { configurationOf } from "../../adapters/configuration.ts";
import type { Sql } from "../../adapters/sql.ts";
import { requestDelivery } from "../../alerts/service/request.ts";
import type { Instant, Result } from "../../model.ts";
import { failedByRun } from "../store/overview.ts";
import { readEnded } from "../store/summaries.ts";

/** Cron comes every minute; what it missed in a pause this long is told late, not never. */
const LOOK_BACK_MS = 3_600_000;

/** Tells of analyses whose run failed: no operator was left to do it. Telling twice is the same request. */
export async function announceFailures(
  ports: { readonly env: Env; readonly sql: Sql; readonly now: () => Instant },
  org: string,
): Promise<void> {
  const failed = await ports.sql.transaction({ org }, (tx) =>
    failedByRun(tx, ports.now() - LOOK_BACK_MS),
  );
  for (const of of failed) await announceEnd(ports, { org, ...of });
}

export interface Ended {
  readonly org: string;
  readonly id: string;
  readonly runId: string;
  /** Of the request that caused the run; no part of what makes a delivery the same one. */
  readonly traceparent?: string | undefined;
}

/** Call it after the end was committed: repeated by the engine after a crash, it finds the same and asks for the same. */
export async function announceEnd(
  ports: { readonly env: Env; readonly sql: Sql; readonly now: () => Instant },
  of: Ended,
): Promise<Result<boolean>> {
  const { org, id, runId } = of;
  const ended = await ports.sql.transaction({ org }, (tx) => readEnded(tx, id, runId), {
    single: true,
  });
  // Deleted meanwhile, or another run of it is at work and will tell.
  if (ended === undefined) return { ok: true, value: false };
  const { status, slug, endedAt, ...told } = ended;
  return requestDelivery(ports, {
    org,
    type: status === "failed" ? "analysis.failed" : "analysis.completed",
    subject: `analysis:${id}`,
    data: {
      analysis_id: id,
      run_id: runId,
      ...told,
      url: `${configurationOf(ports.env).issuer}/o/${slug}/analyses/${id}`,
    },
    request_id: runId,
    traceparent: of.traceparent,
    at: endedAt,
  });
}
