/** What a limiter keeps in memory, and the rows that make it survive. Pure: the functions change what they are given. */
import type { Instant } from "../../../workers/platform/model.ts";
import type { Meter } from "../../../workers/platform/usage/model.ts";
import type { ReservationState } from "../model.ts";

export const SECOND_MS = 1_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/**
 * A number that is stored before it is reached: `stored` is never below `value`. A crash forgets what lies between, so it
 * counts as used [RL1].
 */
export interface Counter {
  value: number;
  stored: number;
}

/** What one principal used of each second, newest last. */
export interface Window {
  readonly subject: string;
  readonly buckets: Map<number, Counter>;
}

/** Usage of one hour by one thing. */
export interface Total extends Counter {
  readonly hour: Instant;
  readonly meter: Meter;
  readonly app: string;
  readonly key: string;
  readonly environment: string;
  readonly release: string;
  /** The value Postgres has; -1 before it has any. */
  sent: number;
}

export interface MonthUse extends Counter {
  readonly meter: Meter;
}

export interface Reservation {
  readonly ref: string;
  readonly meter: Meter;
  readonly n: number;
  state: ReservationState;
  actual: number | null;
  expiresAt: Instant;
  endedAt: Instant | null;
}

export interface State {
  /** The latest time seen: it never goes back, unless it was hours ahead [RL1]. */
  clock: Instant;
  /** First millisecond of the calendar month (UTC) that `months` counts. */
  month: Instant;
  readonly months: Map<Meter, MonthUse>;
  readonly windows: Map<string, Window>;
  readonly totals: Map<string, Total>;
  /** Reservations that hold something. */
  readonly open: Map<string, Reservation>;
  /** Counters whose stored number is ahead of them. */
  readonly ahead: Map<Counter, (stored: number) => Write>;
}

/** A row to be stored before the answer is given. */
export type Write =
  | {
      readonly table: "buckets";
      readonly subject: string;
      readonly second: number;
      readonly used: number;
    }
  | {
      readonly table: "months";
      readonly month: Instant;
      readonly meter: Meter;
      readonly used: number;
    }
  | { readonly table: "totals"; readonly total: Omit<Total, "stored"> }
  | { readonly table: "reservations"; readonly reservation: Reservation };

/** A clock that was this far ahead of the one of now was wrong. */
const AHEAD_MS_MAX = HOUR_MS;

/** The later of the two; but holding on to a wrong clock would stop every window until time has caught up with it. */
export const laterOf = (seen: Instant, now: Instant): Instant =>
  seen - now > AHEAD_MS_MAX ? now : Math.max(seen, now);

export const emptyState = (now: Instant): State => ({
  clock: now,
  month: monthOf(now),
  months: new Map(),
  windows: new Map(),
  totals: new Map(),
  open: new Map(),
  ahead: new Map(),
});

export function monthOf(at: Instant): Instant {
  // Days are counted back to the first one: a pure file has no Date.
  const { year, month } = civil(Math.floor(at / DAY_MS));
  return daysTo(year, month) * DAY_MS;
}

export function nextMonthOf(at: Instant): Instant {
  const { year, month } = civil(Math.floor(at / DAY_MS));
  return (month === 12 ? daysTo(year + 1, 1) : daysTo(year, month + 1)) * DAY_MS;
}

/** Year and month of a day since 1970. Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
function civil(days: number): { readonly year: number; readonly month: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const ofEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1_460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) /
      365,
  );
  const ofYear =
    ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * ofYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month };
}

/** Days from 1970 to the first of a month; the same source. */
function daysTo(civilYear: number, month: number): number {
  const year = month <= 2 ? civilYear - 1 : civilYear;
  const era = Math.floor(year / 400);
  const ofEra = year - era * 400;
  const ofYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5);
  const dayOfEra = ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear;
  return era * 146_097 + dayOfEra - 719_468;
}
