/** How long requests took, as one part of the installation counts it: histograms that only grow, and how they add up. */
import { z } from "zod";

/** Objects that share the counting, so that none of them sees every isolate. */
export const METRICS_SHARDS = 8;
export const metricsName = (shard: number): string => `_/limiter/metrics/${shard % METRICS_SHARDS}`;

/** Upper bounds of the buckets, milliseconds; the last bucket has none. */
export const BOUNDS_MS = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000] as const;
const BUCKETS = BOUNDS_MS.length + 1;
/** Most series of one batch, and of one object: routes x methods x classes stay far below. */
export const SERIES_MAX = 2_000;

export const STATUS_CLASSES = ["1xx", "2xx", "3xx", "4xx", "5xx"] as const;

/** One histogram: requests of a route, method and class of status. */
export const Series = z.strictObject({
  /** The template, `/api/v1/keys/:id`; never a path that somebody sent. */
  route: z.string().max(200),
  method: z.string().max(10),
  status: z.enum(STATUS_CLASSES),
  count: z.int().min(0),
  sum_ms: z.number().min(0),
  /** How many fell into each bucket, not added up. */
  buckets: z.array(z.int().min(0)).length(BUCKETS),
});
export type Series = z.infer<typeof Series>;

/** Events that are only counted. */
export const COUNTERS = ["dead_letters"] as const;
export type Counter = (typeof COUNTERS)[number];

export const Batch = z.strictObject({
  v: z.literal(1),
  series: z.array(Series).max(SERIES_MAX),
  counters: z.partialRecord(z.enum(COUNTERS), z.int().min(0)),
});
export type Batch = z.infer<typeof Batch>;

/** All that was counted since `started_at`. */
export interface Counted {
  readonly started_at: number;
  readonly series: readonly Series[];
  readonly counters: Readonly<Partial<Record<Counter, number>>>;
}

export interface MetricsApi {
  add(batch: Batch): Promise<void>;
  read(): Promise<Counted>;
}

export interface Observation {
  readonly route: string;
  readonly method: string;
  readonly status: number;
  readonly ms: number;
}

export const statusClass = (status: number): Series["status"] =>
  STATUS_CLASSES[Math.min(5, Math.max(1, Math.floor(status / 100))) - 1] ?? "5xx";

/** One request as a histogram of its own. */
export function seriesOf({ route, method, status, ms }: Observation): Series {
  const found = BOUNDS_MS.findIndex((bound) => ms <= bound);
  const bucket = found === -1 ? BOUNDS_MS.length : found;
  const buckets = Array.from({ length: BUCKETS }, (_, i) => (i === bucket ? 1 : 0));
  return { route, method, status: statusClass(status), count: 1, sum_ms: ms, buckets };
}

export const seriesKey = ({ route, method, status }: Series): string =>
  `${method} ${status} ${route}`;

/** Both histograms of the same series as one. */
export const added = (one: Series, other: Series): Series => ({
  ...one,
  count: one.count + other.count,
  sum_ms: one.sum_ms + other.sum_ms,
  buckets: one.buckets.map((count, i) => count + (other.buckets[i] ?? 0)),
});

/** Histograms by series; the same series is added up. */
export function merged(all: readonly Series[]): ReadonlyMap<string, Series> {
  const map = new Map<string, Series>();
  for (const series of all) {
    const key = seriesKey(series);
    const known = map.get(key);
    map.set(key, known === undefined ? series : added(known, series));
  }
  return map;
}
