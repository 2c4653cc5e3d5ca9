/** The product as the benches meet it: started by its own launcher, spoken to over HTTP. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { type Launch, launch, type LaunchOptions } from "../test/launcher.ts";
import type { FanoutOutcome } from "./peers/outcome.ts";

/** The clone that the bench itself stands in. */
export const ROOT = join(import.meta.dirname, "..");

/** A running product with one organization and a session of its owner. */
export interface Product extends Launch {
  readonly version: string;
  /** A request under `/api/v1` with the session's token. */
  call(path: string, init?: RequestInit): Promise<Response>;
}

/** Starts the product on a fresh state folder and signs its owner in; `stop` also removes the folder. */
export async function launchProduct(options: LaunchOptions = {}): Promise<Product> {
  const launched = await launch(options);
  const call = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${await launched.token()}`);
    return fetch(`${launched.api}/api/v1${path}`, { ...init, headers });
  };
  try {
    await launched.token();
  } catch (error) {
    await launched.stop();
    throw error;
  }
  return { ...launched, version: versionOf(options.root ?? ROOT), call };
}

/** The body of an answer that must be a success. Throws with status and text otherwise. */
export async function jsonOf(answer: Response): Promise<unknown> {
  if (!answer.ok)
    throw new Error(
      `${new URL(answer.url).pathname} answered ${answer.status}: ${await answer.text()}`,
    );
  return answer.json();
}

const Package = z.object({ version: z.string() });
const versionOf = (root: string): string =>
  Package.parse(JSON.parse(readFileSync(join(root, "package.json"), "utf8"))).version;

/** Counts of the launcher-only probe; it also tells the dispatcher's own clock, which the bench does not use. */
const Probe = z.object({
  emitted: z.int(),
  succeeded: z.int(),
  lost: z.int(),
  doubled: z.int(),
  /** Second tasks that succeeded, one per result where asked for. */
  collected: z.int(),
});

/**
 * Sends `tasks` events through the engine's self-test DAG and waits until each has run. The time is ours: from the request
 * to its answer, which is given once the dispatcher has stored the last result.
 */
export async function fanout(
  product: Product,
  { tasks, collect }: { tasks: number; collect: boolean },
): Promise<FanoutOutcome> {
  const from = performance.now();
  const answer = await fetch(`${product.api}/internal/v1/local/probe`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: `Bearer ${product.launcherToken}`,
    },
    body: JSON.stringify({ events: tasks, collect }),
  });
  const { collected, ...counts } = Probe.parse(await jsonOf(answer));
  const elapsedMs = performance.now() - from;
  return { ...counts, stored: collect ? collected : counts.succeeded, elapsedMs };
}
