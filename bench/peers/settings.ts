/** The documented levers for throughput of each queue, as its tuned row uses them; the other row has its defaults [BH5]. */

/**
 * Default: one job at a time, fetched and completed one by one. Tuned: what its documentation ran its own figures with.
 * Source: https://worker.graphile.org/docs/performance
 */
export const GRAPHILE_WORKER = {
  concurrentJobs: 24,
  maxPoolSize: 25,
  localQueueSize: 500,
  completeJobBatchDelay: 0,
} as const;

/** Default: one job every 2 s. */
export const PG_BOSS = {
  batchSize: 1_000,
  localConcurrency: 2,
  pollingIntervalSeconds: 0.5,
  burstWhenBatchFull: true,
} as const;
/** Seconds between two fetches of one job by pg-boss with its defaults. */
export const PG_BOSS_DEFAULT_POLL_S = 2;

/** Default: 1. */
export const BULLMQ = { concurrency: 100 } as const;
