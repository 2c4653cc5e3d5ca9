/** Quota that is held before work begins, and what becomes of it: committed, released or expired, once per ref [US5]. */
import { done, refuse, type Instant, type Result } from "../../../workers/platform/model.ts";
import type { Meter } from "../../../workers/platform/usage/model.ts";
import type { LimiterConfig, ReservationView } from "../model.ts";
import { advance, chunkOf, monthRow, monthUse, raise } from "./counters.ts";
import { nextMonthOf, SECOND_MS, type Reservation, type State, type Write } from "./state.ts";

export interface Reserving {
  readonly meter: Meter;
  readonly n: number;
  readonly ref: string;
  readonly ttlMs: number;
}

export interface Held {
  readonly view: ReservationView;
  readonly writes: readonly Write[];
}

/** What open reservations of a meter hold. */
export function reservedOf(state: State, meter: Meter): number {
  let reserved = 0;
  for (const reservation of state.open.values())
    if (reservation.meter === meter) reserved += reservation.n;
  return reserved;
}

/**
 * Holds `n` if used + reserved + n stays within the limit. A ref that was granted is answered as it was, a refused one
 * is asked anew. Refusals: `quota_exceeded`, `spend_cap_reached`.
 *
 * @param known the reservation of that ref, if there ever was one
 */
export function reserve(
  state: State,
  config: LimiterConfig,
  wish: Reserving,
  { now, known }: { readonly now: Instant; readonly known: Reservation | undefined },
): Result<Held> {
  const at = advance(state, now);
  if (known !== undefined) return done({ view: viewOf(known), writes: [] });
  if (config.suspended) return refuse("spend_cap_reached");
  const limit = config.months[wish.meter] ?? null;
  const taken = monthUse(state, wish.meter).value + reservedOf(state, wish.meter);
  if (limit !== null && taken + wish.n > limit) return quotaRefusal(at);
  const reservation: Reservation = {
    ref: wish.ref,
    meter: wish.meter,
    n: wish.n,
    state: "open",
    actual: null,
    expiresAt: at + wish.ttlMs,
    endedAt: null,
  };
  state.open.set(wish.ref, reservation);
  return done({ view: viewOf(reservation), writes: [rowOf(reservation)] });
}

/** The refusal of a used up month names the day it starts over. */
export const quotaRefusal = (at: Instant): Result<never> =>
  refuse("quota_exceeded", { retryAfterS: Math.ceil((nextMonthOf(at) - at) / SECOND_MS) });

/** Keeps an open reservation for longer; what has ended stays ended. Refusal: `not_found`. */
export function renew(
  state: State,
  { ttlMs }: { readonly ttlMs: number },
  { now, known }: { readonly now: Instant; readonly known: Reservation | undefined },
): Result<Held> {
  const at = advance(state, now);
  if (known === undefined) return refuse("not_found");
  if (known.state !== "open") return done({ view: viewOf(known), writes: [] });
  known.expiresAt = Math.max(known.expiresAt, at + ttlMs);
  return done({ view: viewOf(known), writes: [rowOf(known)] });
}

/**
 * Ends a reservation: `actual` counts in full, also above what was held and also when it comes after the expiry [US6].
 * What was committed or released stays so. Refusal: `not_found`.
 */
export function settle(
  state: State,
  config: LimiterConfig,
  { actual }: { readonly actual: number | null },
  { now, known }: { readonly now: Instant; readonly known: Reservation | undefined },
): Result<Held> {
  const at = advance(state, now);
  if (known === undefined) return refuse("not_found");
  const ended = known.state === "committed" || known.state === "released";
  if (ended || (known.state === "expired" && actual === null))
    return done({ view: viewOf(known), writes: [] });
  state.open.delete(known.ref);
  known.state = actual === null ? "released" : "committed";
  known.actual = actual;
  known.endedAt = at;
  const writes = [rowOf(known)];
  if (actual !== null && actual > 0) {
    const limit = config.months[known.meter] ?? null;
    const row = monthRow(state.month, known.meter);
    const use = monthUse(state, known.meter);
    writes.push(...raise(state, use, { by: actual, chunk: chunkOf(0), limit, row }));
  }
  return done({ view: viewOf(known), writes });
}

/** Lets go of what nobody ended in time; comes before everything that looks at reservations. */
export function expire(state: State, now: Instant): Write[] {
  const at = advance(state, now);
  const writes: Write[] = [];
  for (const reservation of state.open.values()) {
    if (reservation.expiresAt > at) continue;
    state.open.delete(reservation.ref);
    reservation.state = "expired";
    reservation.endedAt = reservation.expiresAt;
    writes.push(rowOf(reservation));
  }
  return writes;
}

const viewOf = ({ state, meter, n, actual, expiresAt }: Reservation): ReservationView => ({
  state,
  meter,
  n,
  actual,
  expiresAt,
});

const rowOf = (reservation: Reservation): Write => ({
  table: "reservations",
  reservation: { ...reservation },
});
