/** The vocabulary of usage: meters, limits, quotas, spend caps and prices. */
import { z } from "zod";

/** Summed over an hour, and across hours. */
export const SUM_METERS = [
  "requests",
  "bytes_in",
  "tasks",
  "task_ms",
  "cpu_ms",
  "build_ms",
  "app_requests",
  "egress_bytes",
  "tokens_in",
  "tokens_out",
  "deliveries",
  "r2.class_a",
  "r2.class_b",
  "db.ms",
] as const;
/** The largest value of an hour counts. */
export const MAX_METERS = ["storage_bytes", "db_bytes"] as const;
export const METERS = [...SUM_METERS, ...MAX_METERS] as const;
export const Meter = z.enum(METERS);
export type Meter = z.infer<typeof Meter>;

/** Names of limits in `tiers` and `org_limits`; null is unlimited. */
export const LIMIT_NAMES = ["requests_per_minute", "requests_per_month", "log_bytes_max"] as const;
export const LimitName = z.enum(LIMIT_NAMES);
export type LimitName = z.infer<typeof LimitName>;

/** One limit as it stands: used, reserved and when it starts over. */
export const LimitState = z.strictObject({
  name: LimitName,
  limit: z.int().nullable(),
  used: z.int(),
  reserved: z.int(),
  /** Null for limits that do not start over. */
  resets_at: z.iso.datetime().nullable(),
  /** `tier` or `override`. */
  source: z.enum(["tier", "override"]),
});
export type LimitState = z.infer<typeof LimitState>;

export const Limits = z.strictObject({
  tier: z.string(),
  limits: z.array(LimitState),
});
export type Limits = z.infer<typeof Limits>;

/** A sum of usage; which of the group fields are set depends on `group`. */
export const UsageRow = z.strictObject({
  /** Start of the hour, day or month; null when not grouped by time. */
  period_start: z.iso.datetime().nullable(),
  meter: Meter,
  key_id: z.uuid().nullable(),
  app_id: z.uuid().nullable(),
  value: z.int(),
  /** Decimal text, US dollars. */
  cost_usd: z.string(),
});
export type UsageRow = z.infer<typeof UsageRow>;

export const UsageReport = z.strictObject({
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  group: z.enum(["meter", "hour", "day", "key"]),
  rows: z.array(UsageRow),
  total_cost_usd: z.string(),
});
export type UsageReport = z.infer<typeof UsageReport>;

export const SpendCap = z.strictObject({
  /** `org` or `app.<id>`. */
  scope: z.string().regex(/^(?:org|app\.[0-9a-f-]{36})$/),
  /** Decimal text, US dollars per calendar month. */
  usd: z.string().regex(/^\d{1,8}(?:\.\d{1,2})?$/),
  action: z.enum(["notify", "suspend"]),
  hard: z.boolean(),
  spent_usd: z.string(),
  /** The highest notice of this month: 0, 50, 75 or 100. */
  notified: z.int(),
  version: z.int(),
});
export type SpendCap = z.infer<typeof SpendCap>;

export const PutSpendCap = SpendCap.pick({ usd: true, action: true }).extend({
  hard: z.boolean().default(false),
});
export type PutSpendCap = z.infer<typeof PutSpendCap>;

/** A priced line of an export: what one thing used of one meter in the period, at one price. */
export const UsageLine = z.strictObject({
  period_start: z.iso.datetime(),
  period_end: z.iso.datetime(),
  meter: Meter,
  key_id: z.uuid().nullable(),
  app_id: z.uuid().nullable(),
  environment: z.string(),
  release: z.string(),
  value: z.int(),
  /** Version of the price book; 0 when it has no price for the meter. */
  price_version: z.int(),
  unit_usd: z.string(),
  cost_usd: z.string(),
});
export type UsageLine = z.infer<typeof UsageLine>;

export const UsageExport = z.strictObject({
  org_id: z.uuid(),
  month: z.string(),
  /** True once the month is over and its last totals are in: the lines do not change any more. */
  closed: z.boolean(),
  lines: z.array(UsageLine),
  total_cost_usd: z.string(),
});
export type UsageExport = z.infer<typeof UsageExport>;

/** Limits that the operator may override for one organization. */
export const LimitOverride = z.enum([
  ...LIMIT_NAMES,
  "user_requests_per_minute",
  ...SUM_METERS.filter((meter) => meter !== "requests").map(
    (meter) => `${meter}_per_month` as const,
  ),
]);

/** Overrides one limit of an organization; null is unlimited. */
export const PutLimit = z.strictObject({ value: z.int().min(0).nullable() });
export type PutLimit = z.infer<typeof PutLimit>;
