/** The life of one delivery: whether it may be sent now, and what an attempt makes of it and of its endpoint. Pure. */
import type { Instant } from "../model.ts";
import type { DeliveryStatus } from "./model.ts";
import { AGE_MS_MAX, ATTEMPTS_MAX, FAILING_MS_MAX, FAILURES_MIN, retryDelayMs } from "./rules.ts";

export interface DeliveryState {
  readonly id: string;
  readonly status: DeliveryStatus;
  readonly mode: "live" | "backfill";
  /** Rises with each replay by hand. */
  readonly round: number;
  readonly attempts: number;
  /** Attempts of earlier rounds. */
  readonly base: number;
  /** Since when it is wanted: its making, or the replay. */
  readonly requestedAt: Instant;
}

export interface EndpointState {
  readonly active: boolean;
  readonly failures: number;
  readonly failingAt: Instant | null;
}

/** Statuses in which a delivery waits for its next attempt. `sending` is one: its sender died in the call [A6]. */
const OPEN: ReadonlySet<DeliveryStatus> = new Set(["pending", "sending", "retry"]);
/** Statuses from which a replay by hand is possible; the key gate does not hold it [C26]. */
const REPLAYABLE: ReadonlySet<DeliveryStatus> = new Set([
  "retry",
  "delivered",
  "failed",
  "unknown",
  "suppressed",
  "voided",
]);
export const REPLAYABLE_STATUSES: readonly DeliveryStatus[] = [...REPLAYABLE];

/** Ended by an answer or a closed gate, perhaps the one of an endpoint that was just switched off. */
export const isTurnedDown = (status: DeliveryStatus): boolean =>
  status === "failed" || status === "suppressed";

export const isReplayable = (status: DeliveryStatus): boolean => REPLAYABLE.has(status);

export type Gate =
  | { readonly kind: "send" }
  /** It is over, or another round took over. */
  | { readonly kind: "nothing" }
  | { readonly kind: "suppress"; readonly reason: Suppression };

/** Why a delivery is not sent, and not tried again. */
type Suppression = "not_live" | "endpoint_disabled" | "no_secret" | "too_old";

/** What a replay makes of a delivery: a round with its own budget and age, whatever the key says. */
export const replayed = (delivery: DeliveryState, round: number, now: Instant): DeliveryState => ({
  ...delivery,
  status: "pending",
  round,
  base: delivery.attempts,
  requestedAt: now,
});

/** Asked at each send [A3]: whether the delivery goes out now. */
export function gate(
  delivery: DeliveryState,
  endpoint: Pick<EndpointState, "active">,
  given: { readonly round: number; readonly signed: boolean; readonly now: Instant },
): Gate {
  if (delivery.round !== given.round || !OPEN.has(delivery.status)) return { kind: "nothing" };
  if (delivery.mode !== "live") return { kind: "suppress", reason: "not_live" };
  if (!endpoint.active) return { kind: "suppress", reason: "endpoint_disabled" };
  if (!given.signed) return { kind: "suppress", reason: "no_secret" };
  if (given.now - delivery.requestedAt > AGE_MS_MAX) return { kind: "suppress", reason: "too_old" };
  return { kind: "send" };
}

/** What one attempt came to. */
export interface AttemptEnd {
  /** Null when no answer came. */
  readonly status: number | null;
  readonly retryAfterMs: number | null;
}

const succeeded = (end: AttemptEnd): boolean =>
  end.status !== null && end.status >= 200 && end.status < 300;
/** The receiver says that nobody will ever answer there again. */
const GONE = 410;

export type Conclusion =
  | { readonly status: "delivered" }
  | { readonly status: "failed"; readonly reason: "gone" | "attempts_exhausted" }
  | { readonly status: "suppressed"; readonly reason: "endpoint_disabled" }
  | { readonly status: "retry"; readonly delayMs: number };

/** Only 2xx is a success; a redirect is none [WH4]. An attempt that switched its endpoint off is not followed by another. */
export function concluded(delivery: DeliveryState, end: AttemptEnd, disabled = false): Conclusion {
  if (succeeded(end)) return { status: "delivered" };
  if (end.status === GONE) return { status: "failed", reason: "gone" };
  const made = delivery.attempts - delivery.base;
  if (made >= ATTEMPTS_MAX) return { status: "failed", reason: "attempts_exhausted" };
  if (disabled) return { status: "suppressed", reason: "endpoint_disabled" };
  return { status: "retry", delayMs: retryDelayMs(delivery.id, made, end.retryAfterMs) };
}

export interface Health {
  readonly failures: number;
  readonly failingAt: Instant | null;
  /** Why it is switched off now; null when it stays as it is. */
  readonly disabled: string | null;
}

/** What an attempt says about its endpoint [WH5]. */
export function healthAfter(endpoint: EndpointState, end: AttemptEnd, now: Instant): Health {
  if (succeeded(end)) return { failures: 0, failingAt: null, disabled: null };
  const failures = endpoint.failures + 1;
  const failingAt = endpoint.failingAt ?? now;
  if (!endpoint.active) return { failures, failingAt, disabled: null };
  if (end.status === GONE)
    return { failures, failingAt, disabled: "the endpoint answered 410 Gone" };
  const failing = failures >= FAILURES_MIN && now - failingAt >= FAILING_MS_MAX;
  const disabled = failing
    ? `every attempt of the last ${String(FAILING_MS_MAX / 86_400_000)} days failed`
    : null;
  return { failures, failingAt, disabled };
}
