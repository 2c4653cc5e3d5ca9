/** May this request pass? The window of a minute, the quota of the month, the spend cap: one answer [RL1, RL2]. */
import type { Instant } from "../../../workers/platform/model.ts";
import type { Admission, Allowance, LimiterConfig } from "../model.ts";
import { advance, chunkOf, meterUse, monthUse, raise } from "./counters.ts";
import { reservedOf } from "./reserve.ts";
import {
  nextMonthOf,
  SECOND_MS,
  type Counter,
  type State,
  type Window,
  type Write,
} from "./state.ts";

const NO_ID = "00000000-0000-0000-0000-000000000000";
/**
 * Seconds a request counts for. 60 seconds that begin amid one second end amid the 61st: with 60 buckets twice the limit
 * would pass within a minute, half of it just before the first bucket is forgotten.
 */
export const WINDOW_BUCKETS = 61;

export interface Wish {
  readonly kind: "key" | "user";
  readonly id: string;
  readonly counted: boolean;
  readonly metered: boolean;
}

export interface Admitted {
  readonly admission: Admission;
  /** To be stored before the answer is given. */
  readonly writes: readonly Write[];
}

/** Counts the request if it may pass. A refusal changes nothing but the clock. */
export function admit(state: State, config: LimiterConfig, wish: Wish, now: Instant): Admitted {
  const at = advance(state, now);
  const minuteLimit = wish.kind === "key" ? config.key_minute : config.user_minute;
  const monthLimit = config.months.requests ?? null;
  const window = windowOf(state, subjectOf(wish));
  const minute = minuteOf(state, window, minuteLimit, at);
  const month = monthOfRequests(state, monthLimit, at);
  const refused = (verdict: Admission["verdict"]): Admitted => ({
    admission: { verdict, minute, month },
    writes: [],
  });
  if (minute !== null && minute.remaining < 1) return refused("rate_limited");
  if (wish.metered && config.suspended) return refused("spend_cap_reached");
  if (wish.counted && month !== null && month.remaining < 1) return refused("quota_exceeded");
  const chunk = chunkOf(minuteLimit);
  const writes = minute === null ? [] : spend(state, window, { limit: minute, chunk, at });
  if (wish.counted) writes.push(...meterUse(state, requestOf(wish), chunk, monthLimit));
  return {
    admission: {
      verdict: "admitted",
      minute: minuteOf(state, window, minuteLimit, at),
      month: monthOfRequests(state, monthLimit, at),
    },
    writes,
  };
}

export const subjectOf = ({ kind, id }: Pick<Wish, "kind" | "id">): string => `${kind}:${id}`;

const requestOf = ({ kind, id }: Wish) => ({
  meter: "requests" as const,
  value: 1,
  app: NO_ID,
  key: kind === "key" ? id : NO_ID,
  environment: "",
  release: "",
});

export function windowOf(state: State, subject: string): Window {
  const known = state.windows.get(subject);
  if (known !== undefined) return known;
  const window: Window = { subject, buckets: new Map() };
  state.windows.set(subject, window);
  return window;
}

/** Where the window stands. Its reset is when a request that is refused now would pass. */
function minuteOf(
  state: State,
  window: Window,
  limit: number | null,
  at: Instant,
): Allowance | null {
  if (limit === null) return null;
  const used = usedIn(state, window, at);
  let over = Math.max(1, used - limit + 1);
  let freeAt = secondOf(at) + WINDOW_BUCKETS;
  for (const [second, bucket] of window.buckets) {
    over -= bucket.value;
    freeAt = second + WINDOW_BUCKETS;
    if (over <= 0) break;
  }
  return { limit, remaining: Math.max(0, limit - used), resetMs: freeAt * SECOND_MS - at };
}

function monthOfRequests(state: State, limit: number | null, at: Instant): Allowance | null {
  if (limit === null) return null;
  const taken = monthUse(state, "requests").value + reservedOf(state, "requests");
  return { limit, remaining: Math.max(0, limit - taken), resetMs: nextMonthOf(at) - at };
}

const secondOf = (at: Instant): number => Math.floor(at / SECOND_MS);

/** Drops what is older than the window and sums up the rest. Buckets are in the order of time. */
export function usedIn(state: State, window: Window, at: Instant): number {
  const oldest = secondOf(at) - WINDOW_BUCKETS + 1;
  let used = 0;
  for (const [second, bucket] of window.buckets) {
    if (second < oldest) {
      window.buckets.delete(second);
      state.ahead.delete(bucket);
    } else used += bucket.value;
  }
  return used;
}

function spend(
  state: State,
  window: Window,
  { limit, chunk, at }: { readonly limit: Allowance; readonly chunk: number; readonly at: Instant },
): Write[] {
  const second = secondOf(at);
  const bucket: Counter = window.buckets.get(second) ?? { value: 0, stored: 0 };
  window.buckets.set(second, bucket);
  const row = (used: number): Write => ({
    table: "buckets",
    subject: window.subject,
    second,
    used,
  });
  // What is stored ahead may not exceed what the window still holds.
  return raise(state, bucket, { by: 1, chunk, limit: bucket.value + limit.remaining, row });
}
