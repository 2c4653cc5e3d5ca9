/** Decisions about deliveries: keys, delays, ages, who wants which event, when an endpoint is switched off. Pure. */
import { hashKey } from "../../../durable-objects/dispatcher/machine/keys.ts";
import type { JsonValue } from "../model.ts";
import type { EventType, WebhookFilters } from "./model.ts";

const HOUR_MS = 3_600_000;

/** Waits after the first, second ... failed attempt [WH3]. Source: Standard Webhooks, the recommended schedule. */
export const RETRY_DELAYS_S = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
export const ATTEMPTS_MAX = RETRY_DELAYS_S.length + 1;
/** Each wait is up to a tenth longer or shorter, so that what failed together does not come back together. */
const JITTER = 0.1;
/** What the engine itself waits at least: the shortest a wait may turn out. */
export const RETRY_SCHEDULE_S = RETRY_DELAYS_S.map((s) => Math.floor(s * (1 - JITTER)));
/** The longest wait; a longer Retry-After counts as this [WH3]. */
export const RETRY_MS_MAX = 24 * HOUR_MS;
/** What is older is not sent any more [A4]. */
export const AGE_MS_MAX = 80 * HOUR_MS;
/** From connecting to the last byte of the answer [WH4]. */
export const SEND_MS_MAX = 15_000;
/** What is kept of an answer [WH4]. */
export const ANSWER_BYTES_MAX = 1_024;
/** An endpoint is switched off after this long without a success, and this many failures [WH5]. */
export const FAILING_MS_MAX = 5 * 24 * HOUR_MS;
export const FAILURES_MIN = 10;
/** Keys are remembered this long: the same event sent again later is found [A2]. */
export const KEPT_MS = 180 * 24 * HOUR_MS;

/** `H('ad1', ...)`: holds no run of the engine, attempt, mode or version, so whoever computes it finds the same [A2]. */
export const deliveryKey = (of: {
  readonly org: string;
  readonly type: string;
  readonly subject: string;
  readonly data: JsonValue;
  readonly webhookId: string;
}): string =>
  hashKey(
    "ad1",
    of.org,
    of.subject,
    hashKey("content", of.type, JSON.stringify(of.data)),
    `webhook:${of.webhookId}`,
    "send",
  );

/** How the request of deliveries for one event is named: asking again is the same request. */
export const requestKey = (type: string, subject: string, data: JsonValue): string =>
  hashKey("dr1", type, subject, JSON.stringify(data));

export const secretNameOf = (webhookId: string): string => `channel.${webhookId}.signing`;

/** What an event says about itself, by field. */
type EventData = Readonly<Record<string, JsonValue>>;

/** Which field of an event each filter looks at. */
const FILTERED = {
  repositories: "repository",
  branches: "branch",
  categories: "category",
  bands: "band",
} as const satisfies Record<keyof WebhookFilters, string>;

/** Whether an endpoint wants this event: by its type, then by what it is about. An empty list wants everything. */
export function wants(
  endpoint: { readonly events: readonly string[]; readonly filters: WebhookFilters },
  type: EventType,
  data: EventData,
): boolean {
  if (endpoint.events.length > 0 && !endpoint.events.includes(type)) return false;
  return Object.entries(FILTERED).every(([name, field]) => {
    const wanted = endpoint.filters[name as keyof WebhookFilters];
    // An event without the field is about something else: a threshold has no branch.
    return (
      wanted.length === 0 || !(field in data) || wanted.some((entry) => takes(entry, data[field]))
    );
  });
}

const takes = (entry: string, value: JsonValue | undefined): boolean =>
  typeof value === "string" &&
  (entry.endsWith("*") ? value.startsWith(entry.slice(0, -1)) : value === entry);

/** Milliseconds until the next try after `attempt` failed ones: the schedule, spread by the key, or what was asked for. */
export function retryDelayMs(id: string, attempt: number, retryAfterMs: number | null): number {
  const delays = RETRY_DELAYS_S[Math.min(attempt, RETRY_DELAYS_S.length) - 1] ?? 0;
  const spread = 1 + JITTER * (2 * fractionOf(hashKey("jitter", id, attempt)) - 1);
  return Math.min(RETRY_MS_MAX, Math.max(retryAfterMs ?? 0, Math.round(delays * 1_000 * spread)));
}

/** A key as a number from 0 to 1: chance that is the same whenever it is asked. */
const fractionOf = (key: string): number =>
  Array.from(key.slice(0, 6)).reduce(
    (sum, char) => sum * 32 + "abcdefghijklmnopqrstuvwxyz234567".indexOf(char),
    0,
  ) /
  (32 ** 6 - 1);
