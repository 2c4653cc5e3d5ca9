/** Reads what was used: where the limits stand, sums of a period, priced lines of a month. */
import { appendAudit } from "../../audit/service.ts";
import type { AuditOrigin } from "../../audit/model.ts";
import type { Sql } from "../../adapters/sql.ts";
import type { Principal } from "../../http/model.ts";
import { done, refuse, type Instant, type Result } from "../../model.ts";
import { LIMIT_NAMES, type Limits, type UsageExport, type UsageReport } from "../model.ts";
import { monthPeriodOf, type Period } from "../rules.ts";
import { limiterOf } from "../service.ts";
import { readTier } from "../store/limits.ts";
import { readLines, readUsage, REPORT_ROWS_MAX, totalCost } from "../store/reports.ts";
import { monthText, readLimits } from "./limits.ts";

export interface ReportPorts {
  readonly env: Env;
  readonly sql: Sql;
  readonly now: () => Instant;
}

/** The limits by name, and how much of them is used. Refusal: `limits_unavailable` when the limiter cannot be reached. */
export async function limitsOf(
  { env, sql, now }: ReportPorts,
  { org, kind, id }: Principal & { readonly org: string },
): Promise<Result<Limits>> {
  const [limits, tier, view] = await Promise.all([
    readLimits(sql, org),
    sql.transaction({ org }, (tx) => readTier(tx, org), { single: true }),
    limiterOf(env, org)
      .view({ v: 1, org_id: org, kind, id })
      .catch(() => refuse("limits_unavailable", { retryAfterS: 1 })),
  ]);
  if (!view.ok) return view;
  const month = view.value.months["requests"] ?? { used: 0, reserved: 0 };
  const minuteUsed = kind === "key" ? view.value.minuteUsed : 0;
  const used = {
    requests_per_minute: { used: minuteUsed, reserved: 0, resets_at: null },
    requests_per_month: { ...month, resets_at: monthPeriodOf(monthText(now()).slice(0, 7)).to },
    log_bytes_max: { used: 0, reserved: 0, resets_at: null },
  };
  return done({
    tier,
    limits: LIMIT_NAMES.map((name) => ({
      name,
      limit: limits.get(name)?.value ?? null,
      ...used[name],
      source: limits.get(name)?.source ?? "tier",
    })),
  });
}

const HOUR_MS = 3_600_000;
export const REPORT_DAYS_MAX = 400;
/** Later instants have five digits of a year, which nobody reads. */
const LATEST = Date.parse("9999-12-31T23:59:59.999Z");

/** Whole hours from the one `from` lies in to the end of the one `to` lies in; undefined when that is no period. */
export function periodOf(
  { from, to }: { readonly from: string | undefined; readonly to: string | undefined },
  now: Instant,
): Period | undefined {
  const start = from === undefined ? Date.parse(monthText(now)) : Date.parse(from);
  const begin = Math.floor(start / HOUR_MS) * HOUR_MS;
  const end = Math.ceil((to === undefined ? now + 1 : Date.parse(to)) / HOUR_MS) * HOUR_MS;
  if (end <= begin || end - begin > REPORT_DAYS_MAX * 86_400_000 || end > LATEST) return undefined;
  return { from: new Date(begin).toISOString(), to: new Date(end).toISOString() };
}

const TOO_MANY = { detail: `More than ${REPORT_ROWS_MAX} rows. Ask for a shorter time.` };

/** Refusal: `validation_failed` when the answer would have more than REPORT_ROWS_MAX rows. */
export const reportOf = (
  sql: Sql,
  org: string,
  { period, group }: { readonly period: Period; readonly group: UsageReport["group"] },
): Promise<Result<UsageReport>> =>
  sql.transaction({ org }, async (tx) => {
    const rows = await readUsage(tx, period, group);
    if (rows.length > REPORT_ROWS_MAX) return refuse("validation_failed", TOO_MANY);
    return done({
      ...period,
      group,
      rows: [...rows],
      total_cost_usd: await totalCost(tx, period),
    });
  });

/** After the end of a month its last totals may still be on their way for this long. */
const CLOSES_MS = 3_600_000;

/** The priced lines of a month; the export is recorded. Refusal: `validation_failed` for too many lines. */
export const exportUsage = (
  sql: Sql,
  origin: AuditOrigin,
  month: string,
): Promise<Result<UsageExport>> =>
  sql.transaction({ org: origin.org }, async (tx) => {
    const period = monthPeriodOf(month);
    const lines = await readLines(tx, period);
    if (lines.length > REPORT_ROWS_MAX) return refuse("validation_failed", TOO_MANY);
    const total_cost_usd = await totalCost(tx, period);
    await appendAudit(tx, { ...origin, action: "usage.export", resource: `usage/${month}` });
    return done({
      org_id: origin.org,
      month,
      closed: origin.at >= Date.parse(period.to) + CLOSES_MS,
      lines: [...lines],
      total_cost_usd,
    });
  });
