/** Counters that are stored ahead of their value, totals of an hour, and what is due to Postgres. */
import type { Instant } from "../../../workers/platform/model.ts";
import { MAX_METERS, type Meter } from "../../../workers/platform/usage/model.ts";
import {
  HOUR_MS,
  laterOf,
  monthOf,
  type Counter,
  type MonthUse,
  type State,
  type Total,
  type Write,
} from "./state.ts";

/** A crash forgets at most this much of a counter: it counts as used although it was not. */
const CHUNK_MAX = 100;
const CHUNKS_PER_LIMIT = 20;
/** Totals that Postgres has are kept this long after their hour: a record may still come in late. */
const TOTAL_KEPT_MS = 2 * HOUR_MS;

/** How far a counter under `limit` is stored ahead of its value. */
export const chunkOf = (limit: number | null): number =>
  limit === null
    ? CHUNK_MAX
    : Math.min(CHUNK_MAX, Math.max(1, Math.floor(limit / CHUNKS_PER_LIMIT)));

/** A counter with the chunk it is stored ahead by, and the row it lies in. */
interface Raise {
  readonly by: number;
  readonly chunk: number;
  /** The stored number never goes beyond it; null for none. */
  readonly limit: number | null;
  readonly row: (stored: number) => Write;
}

/** Counts, and stores ahead when the stored number would fall behind. */
export function raise(state: State, counter: Counter, { by, chunk, limit, row }: Raise): Write[] {
  counter.value += by;
  if (counter.value <= counter.stored) return [];
  const wished = counter.value - 1 + chunk;
  counter.stored = Math.max(counter.value, limit === null ? wished : Math.min(wished, limit));
  if (counter.stored > counter.value) state.ahead.set(counter, row);
  else state.ahead.delete(counter);
  return [row(counter.stored)];
}

/** Stores every counter as it is: after this a crash forgets nothing. */
export function flush(state: State): Write[] {
  const writes: Write[] = [];
  for (const [counter, row] of state.ahead) {
    if (counter.stored === counter.value) continue;
    counter.stored = counter.value;
    writes.push(row(counter.value));
  }
  state.ahead.clear();
  return writes;
}

/** Moves the clock on, never back unless it was hours ahead; a new month starts at nothing. */
export function advance(state: State, now: Instant): Instant {
  const at = laterOf(state.clock, now);
  // Seconds of a wrong clock lie ahead: they would never leave their windows.
  if (at < state.clock) forgetWindows(state);
  state.clock = at;
  const month = monthOf(state.clock);
  if (month !== state.month) {
    for (const use of state.months.values()) state.ahead.delete(use);
    state.months.clear();
    state.month = month;
  }
  return state.clock;
}

function forgetWindows(state: State): void {
  for (const { buckets } of state.windows.values())
    for (const bucket of buckets.values()) state.ahead.delete(bucket);
  state.windows.clear();
}

export function monthUse(state: State, meter: Meter): MonthUse {
  const known = state.months.get(meter);
  if (known !== undefined) return known;
  const use: MonthUse = { meter, value: 0, stored: 0 };
  state.months.set(meter, use);
  return use;
}

export const monthRow =
  (month: Instant, meter: Meter) =>
  (used: number): Write => ({ table: "months", month, meter, used });

export type TotalName = Pick<Total, "hour" | "meter" | "app" | "key" | "environment" | "release">;

export const totalKey = (name: TotalName): string =>
  JSON.stringify([name.hour, name.meter, name.app, name.key, name.environment, name.release]);

export interface Use {
  readonly meter: Meter;
  readonly value: number;
  readonly app: string;
  readonly key: string;
  readonly environment: string;
  readonly release: string;
}

/** Adds to the total of this hour and to the month; a MAX meter keeps its largest value of the hour. */
export function meterUse(
  state: State,
  use: Use,
  chunk: number,
  monthLimit: number | null,
): Write[] {
  const { value, ...rest } = use;
  const name = { ...rest, hour: Math.floor(state.clock / HOUR_MS) * HOUR_MS };
  const key = totalKey(name);
  const total: Total = state.totals.get(key) ?? { ...name, value: 0, stored: 0, sent: -1 };
  state.totals.set(key, total);
  const row = (stored: number): Write => ({
    table: "totals",
    total: { ...name, value: stored, sent: total.sent },
  });
  if (isMaximum(use.meter)) {
    if (value <= total.value && total.sent >= 0) return [];
    total.value = Math.max(total.value, value);
    total.stored = total.value;
    return [row(total.stored)];
  }
  const month = monthUse(state, use.meter);
  return [
    ...raise(state, total, { by: value, chunk, limit: null, row }),
    ...raise(state, month, {
      by: value,
      chunk,
      limit: monthLimit,
      row: monthRow(state.month, use.meter),
    }),
  ];
}

const isMaximum = (meter: Meter): boolean => MAX_METERS.some((name) => name === meter);

/** Totals that Postgres does not have, or not as they are. */
export const unsent = (state: State): readonly Total[] =>
  [...state.totals.values()].filter((total) => total.sent !== total.value);

/** Postgres has these values now. */
export function sent(state: State, values: ReadonlyMap<string, number>): Write[] {
  const writes: Write[] = [];
  for (const [key, value] of values) {
    const total = state.totals.get(key);
    if (total === undefined) continue;
    total.sent = value;
    const { stored, ...rest } = total;
    writes.push({ table: "totals", total: { ...rest, value: stored } });
  }
  return writes;
}

/** Forgets totals of past hours that Postgres has. @returns their keys */
export function settledTotals(state: State): readonly TotalName[] {
  const gone: TotalName[] = [];
  for (const [key, total] of state.totals) {
    if (total.hour + HOUR_MS + TOTAL_KEPT_MS > state.clock || total.sent !== total.value) continue;
    state.totals.delete(key);
    state.ahead.delete(total);
    gone.push(total);
  }
  return gone;
}
