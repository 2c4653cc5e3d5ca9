/** The object that adds up measurements, in workerd: sums survive eviction, and never grow without bound. */
import { env } from "cloudflare:workers";
import { evictDurableObject, reset } from "cloudflare:test";
import { afterEach, expect, test } from "vitest";
import { metricsName, SERIES_MAX, seriesOf, type MetricsApi } from "./model.ts";

afterEach(() => reset());

const stub = () => env.METRICS.get(env.METRICS.idFromName(metricsName(3)));
// Wrangler's generated types do not carry the methods over RPC
const api = (): MetricsApi => stub() as unknown as MetricsApi;
const seen = (route: string, ms: number) => seriesOf({ route, method: "GET", status: 200, ms });

test("[OB1] batches add up, also over an eviction", async () => {
  await api().add({ v: 1, series: [seen("/a", 3), seen("/b", 30)], counters: {} });
  await evictDurableObject(stub());
  await api().add({ v: 1, series: [seen("/a", 20_000)], counters: { dead_letters: 2 } });
  const { series, counters, started_at } = await api().read();
  expect(series.map(({ route, count, sum_ms }) => [route, count, sum_ms])).toEqual([
    ["/a", 2, 20_003],
    ["/b", 1, 30],
  ]);
  expect(series[0]?.buckets).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
  expect(counters).toEqual({ dead_letters: 2 });
  expect(started_at).toBeGreaterThan(0);
});

test("[OB1] a batch that is none changes nothing", async () => {
  const broken = { v: 1, series: [{ ...seen("/a", 1), count: -1 }], counters: {} } as never;
  await api().add(broken);
  expect((await api().read()).series).toEqual([]);
});

test("[OB1] beyond the bound new series are counted under one name", async () => {
  const series = Array.from({ length: SERIES_MAX }, (_, i) => seen(`/${i}`, 1));
  await api().add({ v: 1, series, counters: {} });
  await api().add({ v: 1, series: [seen("/x", 1), seen("/y", 1), seen("/0", 1)], counters: {} });
  const found = (await api().read()).series;
  expect(found).toHaveLength(SERIES_MAX + 1);
  expect(found.find(({ route }) => route === "other")?.count).toBe(2);
  expect(found.find(({ route }) => route === "/0")?.count).toBe(2);
});
