/** The objects that add up measurements, in memory: the same sums, without storage. */
import {
  merged,
  type Batch,
  type Counter,
  type MetricsApi,
  type Series,
} from "../../durable-objects/metrics/model.ts";

export interface FakeMetrics {
  readonly namespace: DurableObjectNamespace;
  /** Batches that arrived, in order. */
  readonly batches: Batch[];
  /** While true, no object can be reached. */
  down: boolean;
}

export function fakeMetrics(startedAt: number): FakeMetrics {
  const series = new Map<string, Series[]>();
  const counters: Partial<Record<Counter, number>> = {};
  const fake: FakeMetrics = {
    namespace: {
      idFromName: (name: string) => name,
      get: (name: unknown) => objectOf(String(name)),
    } as unknown as DurableObjectNamespace,
    batches: [],
    down: false,
  };
  const objectOf = (name: string): MetricsApi => ({
    add: async (batch) => {
      if (fake.down) throw new Error("the object is not reachable");
      fake.batches.push(batch);
      series.set(name, [...(series.get(name) ?? []), ...batch.series]);
      for (const [counter, n] of Object.entries(batch.counters))
        if (counter === "dead_letters") counters[counter] = (counters[counter] ?? 0) + n;
    },
    read: async () => ({
      started_at: startedAt,
      series: [...merged(series.get(name) ?? []).values()],
      counters: name.endsWith("/0") ? counters : {},
    }),
  });
  return fake;
}
