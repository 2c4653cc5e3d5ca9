/** What becomes of deliveries over time: those that nobody will send any more end, old keys are forgotten. */
import type { Sql } from "../../adapters/sql.ts";
import type { Instant } from "../../model.ts";
import { AGE_MS_MAX, KEPT_MS, RETRY_MS_MAX } from "../rules.ts";
import { failStale, forgetDeliveries } from "../store/deliveries.ts";

/** @returns how many ended and how many were forgotten */
export const keepDeliveries = (
  sql: Sql,
  org: string,
  now: Instant,
): Promise<{ readonly ended: number; readonly forgotten: number }> =>
  sql.transaction({ org }, async (tx) => ({
    ended: await failStale(tx, now - AGE_MS_MAX - RETRY_MS_MAX),
    forgotten: await forgetDeliveries(tx, now - KEPT_MS),
  }));
