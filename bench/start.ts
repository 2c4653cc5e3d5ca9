/** `start`: how long `npm start` takes on an installed clone, the first time and the next, with `wrangler dev` shown. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../local/ports.ts";
import { type Clone, cloneProduct } from "./clone.ts";
import { withCpu } from "./machine.ts";
import type { Bench, OpenBench, OpenSide, Part, Sample, Side } from "./model.ts";
import { launch } from "../test/launcher.ts";

export const start: Bench = {
  id: "start",
  title: "from the command to a product that answers",
  published: [],
  open: openStart,
};

async function openStart({ smoke }: { smoke: boolean }): Promise<OpenBench> {
  const clone = cloneProduct();
  const sides = smoke
    ? [first(clone), next(clone)]
    : [next(clone), first(clone), wranglerDev(clone)];
  const part: Part = {
    id: "start",
    workload:
      "an installed clone, from the command until it is ready. First: nothing built, no state, so it builds the Workers and " +
      "the console, makes the database and runs the migrations. wrangler dev starts the Worker alone.",
    measures: [{ id: "elapsed", unit: "s", better: "lower" }],
    sides,
    goals: [
      { text: "first start at most 25 s", measure: "elapsed", side: "first", atMost: 25 },
      { text: "next start at most 5 s", measure: "elapsed", side: "next", atMost: 5 },
    ],
  };
  return { parts: [part], close: async () => clone.remove() };
}

function first(clone: Clone): Side {
  return side("first", "first start", async () => {
    for (const made of ["dist", STATE])
      rmSync(join(clone.root, made), { recursive: true, force: true });
    return startOnce(clone);
  });
}

/** Finds what an earlier start left; the warm-up round, which finds nothing, makes it. */
function next(clone: Clone): Side {
  return side("next", "next start", () => startOnce(clone));
}

/** Below the clone, as a user has it. */
const STATE = ".edgewright";

const side = (id: string, label: string, round: () => Promise<Sample>): Side => ({
  id,
  label,
  ours: true,
  settings: {},
  open: async (): Promise<OpenSide> => ({ version: "", round, close: async () => {} }),
});

async function startOnce({ root }: Clone): Promise<Sample> {
  const { value, cpuSeconds } = await withCpu([process.pid], async () => {
    const started = await launch({ root, stateDir: join(root, STATE) });
    const ready = await fetch(`${started.api}/ready`);
    await started.stop();
    return { elapsed: started.startMs / 1_000, status: ready.status };
  });
  const wrong = value.status === 200 ? null : `inexact: /ready answered ${value.status}`;
  return { values: { elapsed: value.elapsed }, cpuSeconds, proof: { ready: value.status }, wrong };
}

function wranglerDev(clone: Clone): Side {
  const open = async (): Promise<OpenSide> => ({
    version: wranglerVersion(clone),
    round: () => devOnce(clone),
    close: async () => {},
  });
  return {
    id: "wrangler-dev",
    label: "wrangler dev (the Worker alone: no database, no console)",
    ours: false,
    settings: {},
    open,
  };
}

const DEV_MS = 120_000;

/** Ready means that the Worker answers /health; its assets folder must exist, its secrets are fixed. */
async function devOnce({ root }: Clone): Promise<Sample> {
  mkdirSync(join(root, "dist", "console"), { recursive: true });
  writeFileSync(join(root, ".dev.vars"), devSecrets());
  const port = await freePort("127.0.0.1");
  const from = performance.now();
  const args = [
    "dev",
    "--ip",
    "127.0.0.1",
    "--port",
    `${port}`,
    "--show-interactive-dev-session=false",
    "--inspector-port",
    "0",
  ];
  const child = spawn(
    process.execPath,
    [join(root, "node_modules", "wrangler", "bin", "wrangler.js"), ...args],
    {
      cwd: root,
      stdio: "ignore",
      env: { ...process.env, ...OFFLINE },
    },
  );
  const exited = once(child, "exit");
  try {
    const status = await answered(`http://127.0.0.1:${port}/health`, () => child.exitCode === null);
    const wrong = status > 0 && status < 500 ? null : `inexact: /health answered ${status}`;
    return {
      values: { elapsed: (performance.now() - from) / 1_000 },
      cpuSeconds: null,
      proof: { health: status },
      wrong,
    };
  } finally {
    child.kill("SIGINT");
    await exited;
    rmSync(join(root, ".dev.vars"));
  }
}

/** Nothing may leave the machine, and Hyperdrive wants an address even when nobody asks the database. */
const OFFLINE = {
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_HIDE_BANNER: "true",
  CLOUDFLARE_HYPERDRIVE_LOCAL_CONNECTION_STRING_PG: "postgres://nobody:none@127.0.0.1:9/none",
};

function devSecrets(): string {
  const key = Buffer.alloc(32, 7).toString("base64url");
  const sealed = ["KEK_PLATFORM", "KEK_ORG"].map((name) => `${name}=v1:${key}`);
  const plain = ["TOKEN_KEY", "KEY_PEPPER", "LAUNCHER_TOKEN", "PLANE_TOKEN"].map(
    (name) => `${name}=${key}`,
  );
  return `${[...sealed, ...plain].join("\n")}\n`;
}

/** The status of the first answer, or 0 when the process ended or the time is up. */
async function answered(url: string, alive: () => boolean): Promise<number> {
  for (
    const end = performance.now() + DEV_MS;
    alive() && performance.now() < end;
    await sleep(20)
  ) {
    const answer = await fetch(url).catch(() => null);
    if (answer !== null) return answer.status;
  }
  return 0;
}

function wranglerVersion({ root }: Clone): string {
  const text = readFileSync(join(root, "node_modules", "wrangler", "package.json"), "utf8");
  return /"version": "([^"]+)"/.exec(text)?.[1] ?? "";
}
