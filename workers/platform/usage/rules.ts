/** How rows of limits become the limits that hold, and which notice a spend cap is due. */
import type { LimiterConfig } from "../../../durable-objects/limiter/model.ts";
import { Meter, type UsageExport } from "./model.ts";

/** Requests of a signed-in user in any 60 s, unless the organization has another limit. */
export const USER_REQUESTS_PER_MINUTE = 600;
export const USER_LIMIT_NAME = "user_requests_per_minute";

export interface LimitRow {
  readonly name: string;
  /** Null is unlimited. */
  readonly value: number | null;
  readonly source: "tier" | "override";
}

/** An override wins over the tier's row of the same name. */
export function effectiveLimits(rows: readonly LimitRow[]): ReadonlyMap<string, LimitRow> {
  const limits = new Map<string, LimitRow>();
  for (const row of rows)
    if (row.source === "override" || !limits.has(row.name)) limits.set(row.name, row);
  return limits;
}

const PER_MONTH = "_per_month";

/** What the limiter object enforces. A tier without a row has no such limit. */
export function limiterConfigOf(
  limits: ReadonlyMap<string, LimitRow>,
  suspended: boolean,
): LimiterConfig {
  const months: LimiterConfig["months"] = {};
  for (const { name, value } of limits.values()) {
    const meter = Meter.safeParse(name.endsWith(PER_MONTH) ? name.slice(0, -PER_MONTH.length) : "");
    if (meter.success) months[meter.data] = value;
  }
  const user = limits.get(USER_LIMIT_NAME);
  return {
    key_minute: limits.get("requests_per_minute")?.value ?? null,
    user_minute: user === undefined ? USER_REQUESTS_PER_MINUTE : user.value,
    months,
    suspended,
  };
}

export const NOTICES = [50, 75, 100] as const;
export type Notice = 0 | (typeof NOTICES)[number];

/**
 * The highest notice that spending has reached. Both are whole billionths of a dollar: money is never a fraction here.
 */
export function noticeReached(spentNano: bigint, capNano: bigint): Notice {
  let reached: Notice = 0;
  for (const notice of NOTICES) if (spentNano * 100n >= capNano * BigInt(notice)) reached = notice;
  return reached;
}

/** Decimal text with at most nine places as billionths. */
export function nanoOf(decimal: string): bigint {
  const [whole = "0", fraction = ""] = decimal.split(".");
  return BigInt(whole) * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, "0"));
}

export interface Period {
  readonly from: string;
  readonly to: string;
}

/** First instants of a month and of the next one, UTC. @param month `YYYY-MM` */
export function monthPeriodOf(month: string): Period {
  const [year = "1970", number = "01"] = month.split("-");
  const last = number === "12";
  const nextYear = String(Number(year) + (last ? 1 : 0)).padStart(4, "0");
  const nextMonth = last ? "01" : String(Number(number) + 1).padStart(2, "0");
  return { from: `${month}-01T00:00:00.000Z`, to: `${nextYear}-${nextMonth}-01T00:00:00.000Z` };
}

const CSV_COLUMNS = [
  "period_start",
  "period_end",
  "meter",
  "key_id",
  "app_id",
  "environment",
  "release",
  "value",
  "price_version",
  "unit_usd",
  "cost_usd",
] as const;

/** RFC 4180. A text that a spreadsheet would take for a formula gets a quote in front. */
export function csvOf({ org_id: org, lines }: UsageExport): string {
  const rows = lines.map((line) => [org, ...CSV_COLUMNS.map((name) => csvField(line[name]))]);
  return [["org_id", ...CSV_COLUMNS], ...rows].map((row) => `${row.join(",")}\r\n`).join("");
}

function csvField(value: string | number | null): string {
  const text = value === null ? "" : String(value);
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
