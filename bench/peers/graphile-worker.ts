/** graphile-worker as a side of `engine-fanout`: one bulk insert out, one job per task in, PostgreSQL as its store. */
import { Logger, makeWorkerUtils, run } from "graphile-worker";
import { Pool } from "pg";
import type { ChildSide } from "../child-protocol.ts";
import { peerVersion } from "../install.ts";
import { PeerConfig, Tally, until } from "./outcome.ts";
import { GRAPHILE_WORKER } from "./settings.ts";

const quiet = new Logger(() => () => {});

/** Opens a runner on the database at `config.url` and keeps it polling between rounds. */
export async function open(config: unknown): Promise<ChildSide> {
  const { tasks, url, tuned } = PeerConfig.parse(config);
  const pool = new Pool({ connectionString: url, max: 1 });
  const utils = await makeWorkerUtils({ connectionString: url, logger: quiet });
  await utils.migrate();
  let tally = new Tally(tasks);
  const runner = await run({
    connectionString: url,
    taskList: { task: (payload) => tally.ran(payload) },
    logger: quiet,
    noHandleSignals: true,
    ...(tuned ? { preset: { worker: tunedWorker() } } : {}),
  });
  const left = async (): Promise<number> => {
    const { rows } = await pool.query(
      "select count(*)::int as n from graphile_worker._private_jobs",
    );
    return Number(rows[0]?.["n"]);
  };
  return {
    version: peerVersion("graphile-worker") ?? "",
    round: async () => {
      tally = new Tally(tasks);
      const from = performance.now();
      await utils.addJobs(
        Array.from({ length: tasks }, (_, n) => ({ identifier: "task", payload: { n } })),
      );
      await until(() => tally.complete);
      await until(async () => (await left()) === 0);
      return tally.outcome(tasks - (await left()), performance.now() - from);
    },
    close: async () => {
      await runner.stop();
      await utils.release();
      await pool.end();
    },
  };
}

const tunedWorker = (): Record<string, unknown> => ({
  concurrentJobs: GRAPHILE_WORKER.concurrentJobs,
  maxPoolSize: GRAPHILE_WORKER.maxPoolSize,
  localQueue: { size: GRAPHILE_WORKER.localQueueSize },
  completeJobBatchDelay: GRAPHILE_WORKER.completeJobBatchDelay,
  failJobBatchDelay: GRAPHILE_WORKER.completeJobBatchDelay,
});
