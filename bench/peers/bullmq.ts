/** BullMQ as a side of `engine-fanout`: one bulk add out, one job per task in, Redis as its store. */
import { Queue, Worker } from "bullmq";
import type { ChildSide } from "../child-protocol.ts";
import { peerVersion } from "../install.ts";
import { PeerConfig, Tally, until } from "./outcome.ts";
import { BULLMQ } from "./settings.ts";

const QUEUE = "task";

/** Opens a queue and its worker on the Redis at `config.url` and keeps it waiting between rounds. */
export async function open(config: unknown): Promise<ChildSide> {
  const { tasks, url, tuned } = PeerConfig.parse(config);
  const { hostname: host, port } = new URL(url);
  const connection = { host, port: Number(port) };
  const queue = new Queue(QUEUE, { connection });
  await queue.waitUntilReady();
  let tally = new Tally(tasks);
  const execute = async (job: { data: unknown }) => tally.ran(job.data);
  const worker = new Worker(QUEUE, execute, { connection, ...(tuned ? BULLMQ : {}) });
  let broken: Error | null = null;
  worker.on("error", (error) => (broken = error));
  await worker.waitUntilReady();
  return {
    version: peerVersion("bullmq") ?? "",
    round: async () => {
      tally = new Tally(tasks);
      const before = await queue.getCompletedCount();
      const from = performance.now();
      await queue.addBulk(Array.from({ length: tasks }, (_, n) => ({ name: "task", data: { n } })));
      await until(() => tally.complete);
      await until(async () => (await queue.getCompletedCount()) - before === tasks);
      if (broken !== null) throw broken;
      return tally.outcome((await queue.getCompletedCount()) - before, performance.now() - from);
    },
    close: async () => {
      await worker.close();
      await queue.close();
    },
  };
}
