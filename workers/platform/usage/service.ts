/** The limiter of an organization: usage that is recorded, quota that is reserved. */
import {
  limiterName,
  type LimiterApi,
  type ReservationView,
  type UsageRecord,
} from "../../../durable-objects/limiter/model.ts";
import { Fault, refuse, type Result } from "../model.ts";

/** The limiter of an organization. */
export function limiterOf(env: Env, orgId: string): LimiterApi {
  return limiterNamed(env, limiterName(orgId));
}

/** The object that counts the uploads of one address; see `uploadsName`. */
export const uploadsOf = (env: Env, name: string): Pick<LimiterApi, "beginUpload" | "endUpload"> =>
  limiterNamed(env, name);

function limiterNamed(env: Env, name: string): LimiterApi {
  const stub: unknown = env.LIMITER.get(env.LIMITER.idFromName(name));
  // Wrangler's generated types do not carry the class of the binding
  return stub as LimiterApi;
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
  await recordAll(env, org, [record]);
}

/** The same for up to 100 records in one call. @throws Fault("limiter") */
export async function recordAll(
  env: Env,
  org: string,
  records: readonly UsageToRecord[],
): Promise<void> {
  const recorded = await asked(
    limiterOf(env, org).record({ v: 1, org_id: org, records: [...records] }),
  );
  if (!recorded.ok) throw new Fault("limiter", { retryable: true, cause: recorded.refusal.code });
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
