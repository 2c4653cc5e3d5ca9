/** What a limiter object offers over RPC: admission, usage, reservations and upload leases. */
import { z } from "zod";
import { METERS, type Meter } from "../../workers/platform/usage/model.ts";
import type { Result } from "../../workers/platform/model.ts";

/** The limiter of an organization; a session without one asks the limiter of the platform's own. */
export const limiterName = (orgId: string): string => `${orgId}/limiter`;
/** The object that counts the uploads of one address, by the hash of that address. */
export const uploadsName = (hash: string): string => `_/limiter/ip/${hash}`;

/** The limits of an organization as Postgres has them; null is unlimited. */
export const LimiterConfig = z.strictObject({
  /** Requests of one API key in any 60 s. */
  key_minute: z.int().min(0).nullable(),
  /** Requests of one signed-in user in any 60 s. */
  user_minute: z.int().min(0).nullable(),
  /** By meter; a meter that is not here has no monthly limit. */
  months: z.partialRecord(z.enum(METERS), z.int().min(0).nullable()),
  /** A spend cap with the action `suspend` is used up. */
  suspended: z.boolean(),
});
export type LimiterConfig = z.infer<typeof LimiterConfig>;

const versioned = { v: z.literal(1), org_id: z.uuid() };

export const AdmitRequest = z.strictObject({
  ...versioned,
  kind: z.enum(["key", "user"]),
  /** Of the key or the user. */
  id: z.uuid(),
  /** True when the request is one of the `requests` meter [US3]. */
  counted: z.boolean(),
  /** True when it begins work that costs money: a used up spend cap refuses it [US8]. */
  metered: z.boolean(),
});
export type AdmitRequest = z.infer<typeof AdmitRequest>;

/** A limit after this request. */
export interface Allowance {
  readonly limit: number;
  readonly remaining: number;
  /** Milliseconds until some of what was used is free again. */
  readonly resetMs: number;
}

export interface Admission {
  readonly verdict: "admitted" | "rate_limited" | "quota_exceeded" | "spend_cap_reached";
  /** Null without such a limit. */
  readonly minute: Allowance | null;
  readonly month: Allowance | null;
}

export const UsageRecord = z.strictObject({
  /** Who measured it; `(source, id)` counts once in 32 days [US1]. */
  source: z.string().min(1).max(200),
  id: z.string().min(1).max(300),
  meter: z.enum(METERS),
  value: z.int().min(0),
  key_id: z.uuid().nullable().default(null),
  app_id: z.uuid().nullable().default(null),
  environment: z.string().max(64).default(""),
  release: z.string().max(64).default(""),
});
export type UsageRecord = z.output<typeof UsageRecord>;

export const RecordRequest = z.strictObject({
  ...versioned,
  records: z.array(UsageRecord).min(1).max(100),
});
export type RecordRequest = z.input<typeof RecordRequest>;

/** Longest time a reservation is held without a renewal. */
export const RESERVATION_MS_MAX = 24 * 3_600_000;

export const ReserveRequest = z.strictObject({
  ...versioned,
  meter: z.enum(METERS),
  n: z.int().min(0),
  /** Names the work; the same ref is granted once. */
  ref: z.string().min(1).max(300),
  ttl_ms: z.int().min(1).max(RESERVATION_MS_MAX),
});
export type ReserveRequest = z.infer<typeof ReserveRequest>;

export const RenewRequest = ReserveRequest.pick({
  v: true,
  org_id: true,
  ref: true,
  ttl_ms: true,
});
export type RenewRequest = z.infer<typeof RenewRequest>;

/** Ends a reservation: with what was really used, or unused (null). */
export const SettleRequest = z.strictObject({
  ...versioned,
  ref: z.string().min(1).max(300),
  actual: z.int().min(0).nullable(),
});
export type SettleRequest = z.infer<typeof SettleRequest>;

export const RESERVATION_STATES = ["open", "committed", "released", "expired"] as const;
export type ReservationState = (typeof RESERVATION_STATES)[number];

export interface ReservationView {
  readonly state: ReservationState;
  readonly meter: Meter;
  readonly n: number;
  /** What was used in the end; null unless committed. */
  readonly actual: number | null;
  readonly expiresAt: number;
}

export const ObjectRequest = z.strictObject(versioned);
export type ObjectRequest = z.infer<typeof ObjectRequest>;

export const ViewRequest = AdmitRequest.pick({ v: true, org_id: true, kind: true, id: true });
export type ViewRequest = z.infer<typeof ViewRequest>;

/** Where the limits stand, without using any. */
export interface LimiterView {
  readonly minuteUsed: number;
  /** By meter, of this calendar month (UTC). */
  readonly months: Readonly<Record<string, { readonly used: number; readonly reserved: number }>>;
}

/** Uploads one address may run at once. Source: the task's frame of 10 to 1,000 [RL6]. */
export const UPLOADS_MAX = 100;
/** An upload that does not say that it ended is forgotten after this. */
export const UPLOAD_MS = 300_000;

export const UploadRequest = z.strictObject({ v: z.literal(1), id: z.string().min(1).max(100) });
export type UploadRequest = z.infer<typeof UploadRequest>;

/** The object as its callers see it. */
export interface LimiterApi {
  admit(request: AdmitRequest): Promise<Result<Admission>>;
  view(request: ViewRequest): Promise<Result<LimiterView>>;
  record(request: RecordRequest): Promise<Result<null>>;
  reserve(request: ReserveRequest): Promise<Result<ReservationView>>;
  renew(request: RenewRequest): Promise<Result<ReservationView>>;
  settle(request: SettleRequest): Promise<Result<ReservationView>>;
  /** Reads the limits again, after they were changed. */
  reload(request: ObjectRequest): Promise<Result<null>>;
  /** Brings the totals to Postgres now instead of within the minute. */
  rollUp(request: ObjectRequest): Promise<Result<null>>;
  /** Forgets everything: the organization is deleted for good [TN8]. */
  erase(request: ObjectRequest): Promise<Result<null>>;
  beginUpload(request: UploadRequest): Promise<boolean>;
  endUpload(request: UploadRequest): Promise<void>;
}
