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
