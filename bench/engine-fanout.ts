/** `engine-fanout`: 10,000 tasks out and in; ours through the real launcher, the peers on PostgreSQL 17 and Redis. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "../local/postgres.ts";
import { peerSides } from "./fanout-peers.ts";
import { withCpu } from "./machine.ts";
import type { Bench, Goal, Measure, OpenBench, Sample, Side } from "./model.ts";
import { sampleOf } from "./peers/outcome.ts";
import { fanout, launchProduct } from "./product.ts";

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
  published: [],
  open: async ({ smoke }) => openFanout(smoke ? TASKS_SMOKE : TASKS),
};

async function openFanout(tasks: number): Promise<OpenBench> {
  const folder = mkdtempSync(join(tmpdir(), "edgewright-bench-"));
  const server = await startPostgres({ stateDir: join(folder, "peers") });
  const close = async (): Promise<void> => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  const sides = [ours(tasks), ...peerSides(tasks, server)];
  const workload =
    `${tasks.toLocaleString("en-US")} tasks are stored, each runs once and its end is stored; ` +
    "from the first call until the store knows all of them as done.";
  return { parts: [{ id: "fanout", workload, measures: MEASURES, sides, goals: GOALS }], close };
}

function ours(tasks: number): Side {
  return {
    id: "edgewright",
    label: "Edgewright",
    ours: true,
    settings: { lease_ms: 60_000, heartbeat_ms: 20_000, lane: "queue" },
    open: async () => {
      const product = await launchProduct();
      const round = async (): Promise<Sample> => {
        const { value, cpuSeconds } = await withCpu([product.pid], () => fanout(product, tasks));
        return sampleOf(value, cpuSeconds, tasks);
      };
      return { version: product.version, round, close: () => product.stop() };
    },
  };
}
