/** The product as the benches meet it: started by `npm start`'s own launcher, spoken to over HTTP. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import type { FanoutOutcome } from "./peers/outcome.ts";

/** The clone that the bench itself stands in. */
export const ROOT = join(import.meta.dirname, "..");

/** How long a start may take before the bench gives up. */
const START_MS = 120_000;
const STOP_MS = 30_000;

const Ready = z.object({
  event: z.literal("ready"),
  api: z.string(),
  setup: z.string().nullable(),
  pid: z.int(),
});
const Secrets = z.object({ LAUNCHER_TOKEN: z.string() });
const Session = z.object({ access_token: z.string(), org_id: z.string() });

export interface Started {
  readonly api: string;
  readonly setup: string | null;
  /** The process that every other process of the product descends from. */
  readonly pid: number;
  stop(): Promise<void>;
}

/**
 * Starts the product of a clone and resolves when it prints its `ready` line.
 *
 * @param options.root  the clone; the one of the bench by default
 * @param options.state its state folder; it stays when the product stops
 * @throws with the end of what the launcher said when it ends before it is ready or takes more than 120 s
 */
export async function startProduct({
  root = ROOT,
  state,
}: {
  root?: string;
  state: string;
}): Promise<Started> {
  const flags = ["--port", "0", "--apps-port", "0", "--json", "--no-demo", "--state", state];
  const child = spawn(process.execPath, [join(root, "local", "boot.mjs"), "start", ...flags], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said: string[] = [];
  child.stderr.on("data", (chunk: Buffer) => said.push(chunk.toString()));
  const timer = setTimeout(() => child.kill("SIGKILL"), START_MS);
  try {
    const ready = Ready.parse(JSON.parse(await firstLine(child, said)));
    return {
      api: ready.api,
      setup: ready.setup,
      pid: child.pid ?? ready.pid,
      stop: () => stop(child),
    };
  } finally {
    clearTimeout(timer);
  }
}

async function firstLine(child: ChildProcess, said: readonly string[]): Promise<string> {
  if (child.stdout === null) throw new Error("The launcher's output is not piped.");
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith("{")) return line;
  }
  throw new Error(
    `The launcher ended before it was ready: ${said.join("").trim().replaceAll("\n", " / ").slice(-1_000)}`,
  );
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  child.kill("SIGINT");
  await exited;
  clearTimeout(timer);
}

/** A running product with one organization and a session of its owner. */
export interface Product extends Started {
  readonly version: string;
  readonly accessToken: string;
  readonly launcherToken: string;
  /** A request under `/api/v1` with the session's token. */
  api1(path: string, init?: RequestInit): Promise<Response>;
}

/** Starts the product on a fresh state folder, claims its setup link and signs in. `stop` also removes the folder. */
export async function launchProduct(root: string = ROOT): Promise<Product> {
  const state = mkdtempSync(join(tmpdir(), "edgewright-bench-state-"));
  const started = await startProduct({ root, state });
  const finish = async (): Promise<void> => {
    await started.stop();
    rmSync(state, { recursive: true, force: true });
  };
  try {
    const session = await claim(started);
    const secrets = Secrets.parse(JSON.parse(readFileSync(join(state, "secrets.json"), "utf8")));
    return {
      ...started,
      version: versionOf(root),
      accessToken: session.access_token,
      launcherToken: secrets.LAUNCHER_TOKEN,
      api1: (path, init = {}) =>
        fetch(`${started.api}/api/v1${path}`, {
          ...init,
          headers: {
            ...Object.fromEntries(new Headers(init.headers)),
            authorization: `Bearer ${session.access_token}`,
          },
        }),
      stop: finish,
    };
  } catch (error) {
    await finish();
    throw error;
  }
}

async function claim(started: Started): Promise<z.infer<typeof Session>> {
  const token = new URLSearchParams(new URL(started.setup ?? "").hash.slice(1)).get("t");
  const answer = await fetch(`${started.api}/api/v1/auth/setup`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token, name: "Bench", org_name: "Bench" }),
  });
  return Session.parse(await jsonOf(answer));
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

/** Counts of the launcher-only probe; `elapsed_ms` is the dispatcher's own clock from emit to the last report. */
const Probe = z.object({
  emitted: z.int(),
  succeeded: z.int(),
  lost: z.int(),
  doubled: z.int(),
  elapsed_ms: z.number(),
});

/**
 * Sends `tasks` events through the engine's self-test DAG and waits until each has run. The time is ours: from the request
 * to its answer, which is given once the dispatcher has stored the last result.
 */
export async function fanout(product: Product, tasks: number): Promise<FanoutOutcome> {
  const from = performance.now();
  const answer = await fetch(`${product.api}/internal/v1/local/probe`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: `Bearer ${product.launcherToken}`,
    },
    body: JSON.stringify({ events: tasks }),
  });
  const { elapsed_ms: _, ...counts } = Probe.parse(await jsonOf(answer));
  return { ...counts, stored: counts.succeeded, elapsedMs: performance.now() - from };
}
