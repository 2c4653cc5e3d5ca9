/** Measures requests in this isolate and hands the sums on: each ten seconds, or after 500 requests. */
import {
  added,
  METRICS_SHARDS,
  metricsName,
  type Batch,
  type Counter,
  type MetricsApi,
  type Observation,
  type Series,
  seriesKey,
  seriesOf,
} from "../../../durable-objects/metrics/model.ts";
import type { Instant } from "../model.ts";
import type { Log } from "./log.ts";

const SEND_MS = 10_000;
const SAMPLES_MAX = 500;

/** What the caller knows of its moment. */
export interface Moment {
  readonly now: () => Instant;
  readonly random: (bytes: number) => Uint8Array;
  readonly log: Log;
  /** Lets work outlive the answer; undefined where nothing does. */
  readonly waitUntil: ((work: Promise<unknown>) => void) | undefined;
}

interface Collector {
  readonly shard: number;
  series: Map<string, Series>;
  samples: number;
  since: Instant;
}

const collectors = new WeakMap<Env, Collector>();

/** Counts one request. Never fails, and the answer does not wait for it. */
export function recordRequest(env: Env, seen: Observation, moment: Moment): void {
  if (metricsOf(env, 0) === undefined) return;
  const collector = collectors.get(env) ?? newCollector(moment);
  collectors.set(env, collector);
  const one = seriesOf(seen);
  const known = collector.series.get(seriesKey(one));
  collector.series.set(seriesKey(one), known === undefined ? one : added(known, one));
  collector.samples += 1;
  if (collector.samples === 1) {
    collector.since = moment.now();
    // The runtime keeps an answered request for thirty seconds; a timer is the only thing that runs by itself.
    moment.waitUntil?.(delay(SEND_MS).then(() => send(env, collector, moment.log)));
  }
  if (collector.samples >= SAMPLES_MAX || moment.now() - collector.since >= SEND_MS) {
    const sent = send(env, collector, moment.log);
    moment.waitUntil?.(sent);
  }
}

/** Counts events that are rare, at once. */
export async function countEvents(env: Env, counter: Counter, n: number, log: Log): Promise<void> {
  await deliver(env, 0, { v: 1, series: [], counters: { [counter]: n } }, log);
}

/** The object of a shard; undefined where the binding is not there, as in most tests. */
export function metricsOf(env: Env, shard: number): MetricsApi | undefined {
  const binding: DurableObjectNamespace | undefined = env.METRICS;
  if (binding === undefined) return undefined;
  const stub: unknown = binding.get(binding.idFromName(metricsName(shard)));
  // Wrangler's generated types do not carry the class of the binding
  return stub as MetricsApi;
}

const newCollector = ({ now, random }: Moment): Collector => ({
  shard: (random(1)[0] ?? 0) % METRICS_SHARDS,
  series: new Map(),
  samples: 0,
  since: now(),
});

async function send(env: Env, collector: Collector, log: Log): Promise<void> {
  if (collector.samples === 0) return;
  const series = [...collector.series.values()];
  collector.series = new Map();
  collector.samples = 0;
  await deliver(env, collector.shard, { v: 1, series, counters: {} }, log);
}

/** What cannot be delivered is lost: a second try might count it twice. */
async function deliver(env: Env, shard: number, batch: Batch, log: Log): Promise<void> {
  try {
    await metricsOf(env, shard)?.add(batch);
  } catch (error) {
    log.warn("measurements were lost", { error: String(error) });
  }
}

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
