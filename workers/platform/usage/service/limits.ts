/** The limits of an organization, as its tier and its overrides make them. */
import type { LimiterConfig } from "../../../../durable-objects/limiter/model.ts";
import { appendAudit } from "../../audit/service.ts";
import type { AuditOrigin } from "../../audit/model.ts";
import type { Sql } from "../../adapters/sql.ts";
import { done, refuse, type Instant, type Result } from "../../model.ts";
import { effectiveLimits, limiterConfigOf, type LimitRow } from "../rules.ts";
import { deleteLimit, isSuspended, lockOrg, putLimit, readLimitRows } from "../store/limits.ts";

/** The limits of an organization by name. */
export const readLimits = (sql: Sql, orgId: string): Promise<ReadonlyMap<string, LimitRow>> =>
  sql.transaction({ org: orgId }, async (tx) => effectiveLimits(await readLimitRows(tx, orgId)), {
    single: true,
  });

/** Largest log an organization may upload; null is unlimited. */
export const logBytesLimit = async (sql: Sql, orgId: string): Promise<number | null> =>
  (await readLimits(sql, orgId)).get("log_bytes_max")?.value ?? null;

/** What the limiter of `orgId` enforces. The object reads it itself, so all isolates see one answer. */
export const readLimiterConfig = (sql: Sql, orgId: string, now: Instant): Promise<LimiterConfig> =>
  sql.transaction({ org: orgId }, async (tx) => {
    const limits = effectiveLimits(await readLimitRows(tx, orgId));
    return limiterConfigOf(limits, await isSuspended(tx, monthText(now)));
  });

/** `2026-11-01`, the first day of the calendar month (UTC). */
export const monthText = (now: Instant): string => `${new Date(now).toISOString().slice(0, 7)}-01`;

/**
 * Overrides one limit of an organization, or with `undefined` gives it back to the tier. Recorded in that
 * organization's chain. Refusal: `not_found`.
 */
export const changeLimit = (
  sql: Sql,
  origin: AuditOrigin,
  { name, value }: { readonly name: string; readonly value: number | null | undefined },
): Promise<Result<null>> =>
  sql.transaction({ org: origin.org }, async (tx) => {
    if (!(await lockOrg(tx, origin.org))) return refuse("not_found");
    const before =
      value === undefined
        ? await deleteLimit(tx, name)
        : await putLimit(tx, origin.org, { name, value });
    if (value === undefined && before === undefined) return refuse("not_found");
    await appendAudit(tx, {
      ...origin,
      action: "limits.change",
      resource: `limits/${name}`,
      changes: { [name]: { before: textOf(before), after: textOf(value) } },
    });
    return done(null);
  });

const textOf = (value: number | null | undefined): string | number =>
  value === undefined ? "tier" : (value ?? "unlimited");
