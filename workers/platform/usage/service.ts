/** What other parts need of usage: the limiter of an organization, its limits, and usage that is recorded or reserved. */
import {
  limiterName,
  type LimiterApi,
  type LimiterConfig,
  type ReservationView,
  type UsageRecord,
} from "../../../durable-objects/limiter/model.ts";
import type { Log } from "../adapters/log.ts";
import type { Sql } from "../adapters/sql.ts";
import { Fault, refuse, type Instant, type Result } from "../model.ts";
import { effectiveLimits, limiterConfigOf, type LimitRow } from "./rules.ts";
import { isSuspended, putTotals, readLimitRows, type HourTotal } from "./store.ts";

/** The limiter of an organization. */
export function limiterOf(env: Env, orgId: string): LimiterApi {
  return limiterNamed(env, limiterName(orgId));
}

export function limiterNamed(env: Env, name: string): LimiterApi {
  const stub: unknown = env.LIMITER.get(env.LIMITER.idFromName(name));
  // Wrangler's generated types do not carry the class of the binding
  return stub as LimiterApi;
}

/** The limits of an organization by name. */
export const readLimits = (sql: Sql, orgId: string): Promise<ReadonlyMap<string, LimitRow>> =>
  sql.transaction({ org: orgId }, async (tx) => effectiveLimits(await readLimitRows(tx, orgId)));

/** What the limiter of `orgId` enforces. The object reads it itself, so all isolates see one answer. */
export const readLimiterConfig = (sql: Sql, orgId: string, now: Instant): Promise<LimiterConfig> =>
  sql.transaction({ org: orgId }, async (tx) => {
    const limits = effectiveLimits(await readLimitRows(tx, orgId));
    return limiterConfigOf(limits, await isSuspended(tx, monthText(now)));
  });

/** `2026-11-01`, the first day of the calendar month (UTC). */
export const monthText = (now: Instant): string => `${new Date(now).toISOString().slice(0, 7)}-01`;

export interface RollUpPorts {
  readonly env: Env;
  readonly sql: Sql;
  readonly now: () => Instant;
  readonly log: Log;
}

/** Stores an organization's totals and looks at its spend caps. The same totals again change nothing [US4]. */
export async function rollUpUsage(
  ports: RollUpPorts,
  orgId: string,
  totals: readonly HourTotal[],
): Promise<void> {
  await ports.sql.transaction({ org: orgId }, (tx) => putTotals(tx, orgId, totals));
}

/** Makes the limiter read the limits now: call it after they were changed. What fails here heals within 30 s. */
export async function limitsChanged(env: Env, orgId: string): Promise<void> {
  await limiterOf(env, orgId)
    .reload({ v: 1, org_id: orgId })
    .catch(() => {});
}

export type UsageToRecord = Partial<UsageRecord> &
  Pick<UsageRecord, "id" | "source" | "meter" | "value">;

/** Counts what was used; `(source, id)` counts once [US1]. @throws Fault("limiter") when it is not reachable */
export async function recordUsage(
  env: Env,
  { org, ...record }: UsageToRecord & { readonly org: string },
): Promise<void> {
  await asked(limiterOf(env, org).record({ v: 1, org_id: org, records: [record] }));
}

export interface ReservationWish {
  readonly meter: UsageRecord["meter"];
  readonly n: number;
  readonly ref: string;
  readonly ttlMs: number;
}

/**
 * Holds quota before work begins [US5]. Refusals: `quota_exceeded`, `spend_cap_reached`, and `limits_unavailable` when
 * the limiter is not reachable: quota fails closed [US7].
 */
export const reserve = (
  env: Env,
  org: string,
  { meter, n, ref, ttlMs }: ReservationWish,
): Promise<Result<ReservationView>> =>
  limiterOf(env, org)
    .reserve({ v: 1, org_id: org, meter, n, ref, ttl_ms: ttlMs })
    .catch(() => refuse("limits_unavailable", { retryAfterS: 1 }));

/** Holds it for longer. Refusal: `not_found`. @throws Fault("limiter") */
export const renew = (
  env: Env,
  org: string,
  { ref, ttlMs }: Pick<ReservationWish, "ref" | "ttlMs">,
): Promise<Result<ReservationView>> =>
  asked(limiterOf(env, org).renew({ v: 1, org_id: org, ref, ttl_ms: ttlMs }));

/** Counts what was really used, in full [US6]. Refusal: `not_found`. @throws Fault("limiter") */
export const commit = (
  env: Env,
  org: string,
  { ref, actual }: { readonly ref: string; readonly actual: number },
): Promise<Result<ReservationView>> =>
  asked(limiterOf(env, org).settle({ v: 1, org_id: org, ref, actual }));

/** Gives back what was held. Refusal: `not_found`. @throws Fault("limiter") */
export const release = (
  env: Env,
  org: string,
  { ref }: Pick<ReservationWish, "ref">,
): Promise<Result<ReservationView>> =>
  asked(limiterOf(env, org).settle({ v: 1, org_id: org, ref, actual: null }));

async function asked<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (cause) {
    throw new Fault("limiter", { retryable: true, cause });
  }
}
