/**
 * The small part of each peer that the benches use, so that the product's type check needs no peer installed.
 * Sources: the type declarations of the versions pinned in bench/package.json.
 */
declare module "graphile-worker" {
  interface JobSpec {
    identifier: string;
    payload: unknown;
  }
  interface Runner {
    stop(): Promise<void>;
    addJob(identifier: string, payload: unknown): Promise<unknown>;
  }
  interface WorkerUtils {
    addJobs(specs: readonly JobSpec[]): Promise<readonly unknown[]>;
    migrate(): Promise<void>;
    release(): Promise<void>;
  }
  interface RunnerOptions {
    connectionString: string;
    taskList: Record<string, (payload: unknown) => void | Promise<void>>;
    logger?: Logger;
    noHandleSignals?: boolean;
    concurrency?: number;
    preset?: { worker: Record<string, unknown> };
  }
  class Logger {
    constructor(factory: () => (level: string, message: string) => void);
  }
  function run(options: RunnerOptions): Promise<Runner>;
  function makeWorkerUtils(options: {
    connectionString: string;
    logger?: Logger;
  }): Promise<WorkerUtils>;
}

declare module "pg-boss" {
  interface Job {
    id: string;
    data: unknown;
  }
  interface WorkOptions {
    batchSize?: number;
    localConcurrency?: number;
    pollingIntervalSeconds?: number;
    burstWhenBatchFull?: boolean;
  }
  class PgBoss {
    constructor(connectionString: string);
    on(event: "error", listener: (error: Error) => void): this;
    start(): Promise<this>;
    stop(options?: { graceful?: boolean }): Promise<void>;
    createQueue(name: string, options?: { notify?: boolean }): Promise<void>;
    insert(name: string, jobs: readonly { data: unknown }[]): Promise<unknown>;
    work(
      name: string,
      options: WorkOptions,
      handler: (jobs: readonly Job[]) => Promise<void>,
    ): Promise<string>;
  }
}

declare module "pg" {
  class Pool {
    constructor(options: { connectionString: string; max?: number });
    query(text: string): Promise<{ rows: Record<string, unknown>[] }>;
    end(): Promise<void>;
  }
}

declare module "bullmq" {
  interface Connection {
    connection: { host: string; port: number };
  }
  class Queue {
    constructor(name: string, options: Connection);
    addBulk(jobs: readonly { name: string; data: unknown }[]): Promise<unknown>;
    getCompletedCount(): Promise<number>;
    obliterate(options: { force: boolean }): Promise<void>;
    waitUntilReady(): Promise<unknown>;
    close(): Promise<void>;
  }
  class Worker {
    constructor(
      name: string,
      process: (job: { data: unknown }) => Promise<unknown>,
      options: Connection & { concurrency?: number },
    );
    waitUntilReady(): Promise<unknown>;
    close(): Promise<void>;
    on(event: "error", listener: (error: Error) => void): this;
  }
}

declare module "autocannon" {
  interface Options {
    url: string;
    connections: number;
    duration?: number;
    amount?: number;
    overallRate?: number;
    headers?: Record<string, string>;
    expectBody?: string;
  }
  interface Outcome {
    requests: { total: number; average: number };
    duration: number;
    errors: number;
    timeouts: number;
    mismatches: number;
    non2xx: number;
    "2xx": number;
  }
  interface Instance extends PromiseLike<Outcome> {
    on(
      event: "response",
      listener: (client: unknown, status: number, bytes: number, ms: number) => void,
    ): this;
  }
  export default function autocannon(options: Options): Instance;
}
