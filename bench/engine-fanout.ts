/** `engine-fanout`: 10,000 tasks out and in; ours through the real launcher, the peers on PostgreSQL 17 and Redis. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "../local/postgres.ts";
import { peerSides } from "./fanout-peers.ts";
import { withCpu } from "./machine.ts";
import type { Bench, Goal, Measure, OpenBench, Sample, Side } from "./model.ts";
import { sampleOf } from "./peers/outcome.ts";
import { fanout, launchProduct, type Product } from "./product.ts";

const TASKS = 10_000;
const TASKS_SMOKE = 200;
const MEASURES: readonly Measure[] = [{ id: "elapsed", unit: "s", better: "lower" }];

const GOALS: readonly Goal[] = [
  { text: "10,000 tasks in at most 1 s", measure: "elapsed", side: "edgewright", atMost: 1 },
  beats("graphile-worker", 1.2),
  beats("bullmq-everysec", 2),
  beats("pg-boss", 3),
];

function beats(peer: string, times: number): Goal {
  const text = `at least ${times} x faster than ${peer}, tuned`;
  return {
    text,
    measure: "elapsed",
    side: "edgewright",
    timesBetterThan: `${peer}-tuned`,
    atLeast: times,
  };
}

export const engineFanout: Bench = {
  id: "engine-fanout",
  title: "10,000 tasks out and in",
  published: [
    "graphile-worker's documentation names 11,851 jobs/s (20,000 jobs, 4 processes with 10 jobs at a time, 12 cores of an " +
      "AMD Ryzen 3900, M.2 SSD), and about 183,000 jobs/s in optimal conditions with the settings of its tuned row.",
  ],
  open: async ({ smoke }) => openFanout(smoke ? TASKS_SMOKE : TASKS),
};

async function openFanout(tasks: number): Promise<OpenBench> {
  const folder = mkdtempSync(join(tmpdir(), "edgewright-bench-"));
  const server = await startPostgres({ stateDir: join(folder, "peers") });
  const closePeers = async (): Promise<void> => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  const product = await launchProduct().catch(async (error: unknown) => {
    await closePeers();
    throw error;
  });
  const sides = [...ours(product, tasks), ...peerSides(tasks, server)];
  const workload =
    `${tasks.toLocaleString("en-US")} tasks are stored, each runs once and its end is stored; ` +
    "from the first call until the store knows all of them as done.";
  return {
    parts: [{ id: "fanout", workload, measures: MEASURES, sides, goals: GOALS }],
    close: async () => {
      await product.stop();
      await closePeers();
    },
  };
}

/** The same work as the peers do, and once more with a second task for each result, which no peer has. */
function ours(product: Product, tasks: number): Side[] {
  const settings = { lease_ms: 60_000, heartbeat_ms: 20_000, lane: "queue" };
  const side = (id: string, label: string, collect: boolean): Side => ({
    id,
    label,
    ours: true,
    settings,
    open: async () => ({
      version: product.version,
      round: async (): Promise<Sample> => {
        const { value, cpuSeconds } = await withCpu([product.pid], () =>
          fanout(product, { tasks, collect }),
        );
        return sampleOf(value, cpuSeconds, tasks);
      },
      close: async () => {},
    }),
  });
  return [
    side("edgewright", "Edgewright", false),
    side("edgewright-collect", "Edgewright, a second task per result", true),
  ];
}
