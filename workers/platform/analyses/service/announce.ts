/** Tells the outside that an analysis ended: once per analysis and run, however often its task runs. */
import { configurationOf } from "../../adapters/configuration.ts";
import type { Sql } from "../../adapters/sql.ts";
import { requestDelivery } from "../../alerts/service/request.ts";
import type { Instant, Result } from "../../model.ts";
import { readEnded } from "../store/summaries.ts";

/** Call it after the end was committed: repeated by the engine after a crash, it finds the same and asks for the same. */
export async function announceEnd(
  ports: { readonly env: Env; readonly sql: Sql; readonly now: () => Instant },
  of: { readonly org: string; readonly id: string; readonly runId: string },
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
    at: endedAt,
  });
}
