/** Whether the product says that it runs, and that it is ready, while PostgreSQL answers and while it does not. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { childrenOf } from "../local/process.ts";
import { launch, type Launch } from "./launcher.ts";

const Readiness = z.object({
  status: z.string(),
  checks: z.record(z.string(), z.object({ ok: z.boolean() })),
});

let product: Launch;
beforeAll(async () => {
  product = await launch();
});
afterAll(() => product.stop());

/** Stops or continues every process of PostgreSQL, so that connections stay open and nothing answers. */
function signalPostgres(signal: "SIGSTOP" | "SIGCONT"): void {
  const { pid } = product.processOf("postgres");
  for (const one of [pid, ...childrenOf(pid).map((child) => child.pid)]) process.kill(one, signal);
}

const statusOf = async (url: string): Promise<number> => (await fetch(url)).status;

/** The status, and whether the check of PostgreSQL passed. */
async function readiness(): Promise<[number, boolean | undefined]> {
  const answer = await fetch(`${product.api}/ready`);
  const { checks } = Readiness.parse(await answer.json());
  return [answer.status, checks["postgres"]?.ok];
}

test("[B8] both Workers say that they run and that they are ready", async () => {
  for (const base of [product.api, product.apps])
    for (const path of ["/health", "/ready"])
      expect(await statusOf(base + path), base + path).toBe(200);
});

test("[B8] while PostgreSQL does not answer, /ready is 503 and names it, /health stays 200, and both recover", async () => {
  signalPostgres("SIGSTOP");
  try {
    // What passed is not asked again for five seconds.
    await expect.poll(readiness, { timeout: 15_000, interval: 200 }).toEqual([503, false]);
    expect(await statusOf(`${product.api}/health`)).toBe(200);
    expect(await statusOf(`${product.apps}/ready`)).toBe(200);
  } finally {
    signalPostgres("SIGCONT");
  }
  await expect.poll(readiness, { timeout: 15_000, interval: 200 }).toEqual([200, true]);
});
