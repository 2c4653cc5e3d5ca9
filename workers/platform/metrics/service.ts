/** Gathers what the installation counted, and sends it on where that is wished. */
import { type Counted, merged, METRICS_SHARDS } from "../../../durable-objects/metrics/model.ts";
import { configurationOf } from "../adapters/configuration.ts";
import { metricsOf } from "../adapters/metrics.ts";
import type { Sql } from "../adapters/sql.ts";
import type { Instant } from "../model.ts";
import { sendMetrics } from "./client.ts";
import type { Labelled, Snapshot } from "./model.ts";
import { otlpBody } from "./rules.ts";
import { listOrgIds, readBacklog, readDeliveries } from "./store.ts";

/** Organizations that are asked; on larger installations the gauges are of the first ones, the histograms of all. */
const ORGS_MAX = 1_000;

export interface MetricsPorts {
  readonly env: Env;
  readonly sql: Sql;
  readonly now: () => Instant;
}

/** @throws Fault when Postgres or an object is not reachable */
export async function snapshotOf({ env, sql, now }: MetricsPorts): Promise<Snapshot> {
  const shards = Array.from({ length: METRICS_SHARDS }, (_, shard) => metricsOf(env, shard));
  const counted = await Promise.all(shards.map(async (shard) => shard?.read()));
  const orgs = await sql.transaction({ none: true }, listOrgIds);
  const backlog: Labelled[] = [];
  const deliveries: Labelled[] = [];
  for (const org of orgs.slice(0, ORGS_MAX)) {
    await sql.transaction({ org }, async (tx) => {
      backlog.push(...(await readBacklog(tx)));
      deliveries.push(...(await readDeliveries(tx)));
    });
  }
  const at = now();
  return {
    at,
    counted: summed(
      counted.filter((one) => one !== undefined),
      at,
    ),
    backlog: totals(backlog),
    deliveries: totals(deliveries),
  };
}

function summed(all: readonly Counted[], at: Instant): Counted {
  const counters: { dead_letters?: number } = {};
  for (const one of all)
    counters.dead_letters = (counters.dead_letters ?? 0) + (one.counters.dead_letters ?? 0);
  return {
    started_at: Math.min(at, ...all.map((one) => one.started_at)),
    series: [...merged(all.flatMap((one) => one.series)).values()],
    counters,
  };
}

/** Organizations are not told apart: a metric is for the operator, not a view into tenants. */
function totals(rows: readonly Labelled[]): readonly Labelled[] {
  const sums = new Map<string, number>();
  for (const { label, value } of rows) sums.set(label, (sums.get(label) ?? 0) + value);
  return [...sums].map(([label, value]) => ({ label, value })).toSorted(byLabel);
}

const byLabel = (a: Labelled, b: Labelled): number => (a.label < b.label ? -1 : 1);

/** Sends a snapshot, if a receiver is configured. @throws Fault("otlp") */
export async function exportMetrics(ports: MetricsPorts): Promise<boolean> {
  const { otlp } = configurationOf(ports.env);
  if (otlp === undefined) return false;
  await sendMetrics(otlp, otlpBody(await snapshotOf(ports), ports.env.VERSION));
  return true;
}
