/** The vocabulary of deliveries: side effects on the outside, computed as data first and sent once. */
import { z } from "zod";

/** Most endpoints of one organization [WH6]. */
export const ENDPOINTS_MAX = 20;
/** Most bytes of a webhook's body. */
export const BODY_BYTES_MAX = 20 * 1024;

/** Every event an endpoint can ask for; capabilities add theirs. */
export const EVENT_TYPES = [
  "analysis.completed",
  "analysis.failed",
  "usage.threshold",
  "webhook.disabled",
] as const;
export const EventType = z.enum(EVENT_TYPES);
export type EventType = z.infer<typeof EventType>;

export const CONFIDENCE_BANDS = ["high", "medium", "low"] as const;
const Band = z.enum(CONFIDENCE_BANDS);

/**
 * Which events of the chosen types an endpoint gets, by what they are about. An empty list takes everything; an entry that
 * ends in `*` takes what begins like it. Events that are about no repository, branch or category pass.
 */
export const WebhookFilters = z.strictObject({
  repositories: z.array(z.string()),
  branches: z.array(z.string()),
  categories: z.array(z.string()),
  bands: z.array(Band),
});
export type WebhookFilters = z.infer<typeof WebhookFilters>;

const Entries = z.array(z.string().min(1).max(200)).max(50).default([]);
/** Filters as they are sent: what is left out takes everything. */
const FilterWish = z.strictObject({
  repositories: Entries,
  branches: Entries,
  categories: Entries,
  bands: z.array(Band).max(CONFIDENCE_BANDS.length).default([]),
});

export const Webhook = z.strictObject({
  id: z.uuid(),
  url: z.string(),
  events: z.array(EventType),
  filters: WebhookFilters,
  active: z.boolean(),
  /** Why the platform switched it off, in words; null while active, and when a person did. */
  disabled_reason: z.string().nullable(),
  failures: z.int(),
  failing_since: z.iso.datetime().nullable(),
  last_attempt_at: z.iso.datetime().nullable(),
  last_success_at: z.iso.datetime().nullable(),
  created_at: z.iso.datetime(),
  version: z.int(),
});
export type Webhook = z.infer<typeof Webhook>;

export const CreateWebhook = z.strictObject({
  url: z.string().min(1).max(2_048),
  /** Empty: all of them. */
  events: z.array(EventType).max(EVENT_TYPES.length).default([]),
  filters: FilterWish.prefault({}),
});
export type CreateWebhook = z.infer<typeof CreateWebhook>;

export const ChangeWebhook = z.strictObject({
  url: z.string().min(1).max(2_048).optional(),
  events: z.array(EventType).max(EVENT_TYPES.length).optional(),
  filters: FilterWish.optional(),
  active: z.boolean().optional(),
});
export type ChangeWebhook = z.infer<typeof ChangeWebhook>;

/** An endpoint with its signing secret, which is shown once. */
export const WebhookWithSecret = z.strictObject({
  webhook: Webhook,
  secret: z.string().nullable(),
});
export type WebhookWithSecret = z.infer<typeof WebhookWithSecret>;

export const DELIVERY_STATUSES = [
  "pending",
  "sending",
  "retry",
  "delivered",
  "failed",
  "unknown",
  "suppressed",
  "deferred",
  "voided",
] as const;
export const DeliveryStatus = z.enum(DELIVERY_STATUSES);
export type DeliveryStatus = z.infer<typeof DeliveryStatus>;

export const DeliveryAttempt = z.strictObject({
  n: z.int(),
  started_at: z.iso.datetime(),
  ms: z.int(),
  /** HTTP status; null when no answer came. */
  status: z.int().nullable(),
  /** `timeout`, `refused`, `reset`, `egress_refused`, ...; null on success. */
  error: z.string().nullable(),
  /** At most 1 KiB of the answer. */
  response: z.string().nullable(),
});
export type DeliveryAttempt = z.infer<typeof DeliveryAttempt>;

export const Delivery = z.strictObject({
  /** The delivery key: the same side effect has the same key. */
  id: z.string(),
  webhook_id: z.uuid(),
  event_type: z.string(),
  /** What it is about: `analysis:<id>`. */
  subject: z.string(),
  status: DeliveryStatus,
  /** Why it was not sent or is not sent again. */
  reason: z.string().nullable(),
  attempts: z.int(),
  next_attempt_at: z.iso.datetime().nullable(),
  created_at: z.iso.datetime(),
  delivered_at: z.iso.datetime().nullable(),
});
export type Delivery = z.infer<typeof Delivery>;

export const DeliveryDetail = Delivery.extend({
  body: z.string(),
  log: z.array(DeliveryAttempt),
});
export type DeliveryDetail = z.infer<typeof DeliveryDetail>;

/** What the test button answers: one signed `webhook.test`, sent at once and never again. */
export const TestResult = z.strictObject({ ok: z.boolean(), attempt: DeliveryAttempt });
export type TestResult = z.infer<typeof TestResult>;

/** A wish to tell the endpoints of an organization about one event: the payload of `sys.deliveries.requests`. */
export const DeliveryRequest = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("event"),
    type: EventType,
    subject: z.string().min(1).max(200),
    /** When it happened. */
    at: z.iso.datetime(),
    /** Ids and a few words. */
    data: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
    request_id: z.string().max(128),
    traceparent: z.string().nullable(),
  }),
  /** One delivery once more, by hand. */
  z.strictObject({
    kind: z.literal("replay"),
    id: z.string(),
    webhook_id: z.uuid(),
    round: z.int().min(1),
  }),
]);
export type DeliveryRequest = z.infer<typeof DeliveryRequest>;

/** One delivery to send: the payload of `sys.deliveries.sends`. */
export const SendRequest = z.strictObject({
  id: z.string(),
  webhook_id: z.uuid(),
  round: z.int().min(0),
});
export type SendRequest = z.infer<typeof SendRequest>;
