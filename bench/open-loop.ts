/** Open-loop load: requests leave on schedule whether or not earlier ones were answered, so waiting in line is counted. */
import { Agent, request } from "node:http";
import { quantile } from "./statistics.ts";

export interface Load {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly perSecond: number;
  readonly seconds: number;
  /** Connections that are kept open; a request that finds none free waits, and its wait counts. */
  readonly connections: number;
  /** Every answer must have this body. */
  readonly body: string;
  /** And this status; 200 unless told. */
  readonly status?: number;
}
export interface LoadOutcome {
  readonly sent: number;
  readonly right: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/**
 * Times each request from the moment it was due, not from the moment it was sent [BH8].
 * A request that fails or answers something else counts as sent and not as right.
 */
export async function openLoop(load: Load): Promise<LoadOutcome> {
  const agent = new Agent({ keepAlive: true, maxSockets: load.connections });
  const from = performance.now();
  const total = Math.round(load.perSecond * load.seconds);
  const pending: Promise<number | null>[] = [];
  for (let n = 0; n < total; n += 1) {
    const dueMs = from + (n * 1_000) / load.perSecond;
    await reached(dueMs);
    pending.push(ask(load, agent).then((right) => (right ? performance.now() - dueMs : null)));
  }
  const latencies = (await Promise.all(pending)).filter((latency) => latency !== null);
  agent.destroy();
  const sorted = latencies.toSorted((a, b) => a - b);
  if (sorted.length === 0)
    throw new Error(`No request to ${new URL(load.url).pathname} was answered as expected.`);
  return {
    sent: total,
    right: sorted.length,
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
  };
}

/** Sleeps coarsely and then yields until the moment is there: timers alone are 1 ms late. */
async function reached(dueMs: number): Promise<void> {
  const coarse = dueMs - performance.now() - 2;
  if (coarse > 0) await new Promise((resolve) => setTimeout(resolve, coarse));
  while (performance.now() < dueMs) await new Promise((resolve) => setImmediate(resolve));
}

function ask(load: Load, agent: Agent): Promise<boolean> {
  return new Promise((resolve) => {
    const sent = request(load.url, { agent, headers: load.headers }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      answer.on("end", () =>
        resolve(answer.statusCode === (load.status ?? 200) && text === load.body),
      );
    });
    sent.on("error", () => resolve(false));
    sent.end();
  });
}
