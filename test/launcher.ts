/** Starts the product as a user does, for suites that need all of it: e2e, browser, kill, benches. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { childrenOf, gone, type Identity } from "../local/process.ts";
import { stopLeftover } from "../local/postgres.ts";
import { readLauncher, readState, secretsOf, statePaths, type StateDir } from "../local/state.ts";

const ROOT = join(import.meta.dirname, "..");

export type LaunchOptions = {
  /** Flags of `npm start` beside `--port 0 --apps-port 0 --json --no-demo --state`. */
  flags?: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** A folder of an earlier launch, to come back to its data; it is then not deleted at `stop`. */
  stateDir?: string;
  /** Another clone of the repository. */
  root?: string;
};

/** The processes of a launch, each of which a kill suite ends the hard way. */
export type Part = "launcher" | "control" | "apps" | "workerd" | "postgres";

export type Launch = {
  /** `http://localhost:<port>`, without a trailing slash. */
  api: string;
  apps: string;
  /** The first-run link; null once the setup is done. */
  setup: string | null;
  stateDir: string;
  pid: number;
  /** Milliseconds from the command to the ready line. */
  startMs: number;
  /** An access token of the owner; the first call does the first-run setup. */
  token(): Promise<string>;
  /** What the launcher printed so far, on both outputs. */
  printed(): string;
  /** Null while it runs, and after it was killed. */
  exitCode(): number | null;
  /** The token of the local routes (`/internal/v1/local/...`). */
  launcherToken: string;
  /** Waits until no task and no outbox row is open. */
  idle(limitMs?: number): Promise<void>;
  /** `npm start -- --stop`'s way, and deletes the state folder if this launch made it. */
  stop(): Promise<void>;
  /** Which process a part is now. */
  processOf(part: Part): Identity;
  /** SIGKILL to one process; answers once it is gone. */
  kill9(part: Part): Promise<void>;
};

const Ready = z.object({
  event: z.literal("ready"),
  api: z.url(),
  apps: z.url(),
  setup: z.url().nullable(),
  pid: z.number().int(),
});
const Session = z.object({ access_token: z.string(), expires_in: z.number() });
const Idle = z.object({ idle: z.boolean() });

/** A start on a loaded machine that also builds the console. */
const READY_MS = 90_000;
const STOP_MS = 30_000;
const POLL_MS = 10;
const IDLE_POLL_MS = 50;

/**
 * Starts a launcher and waits for its ready line. It ends with this process, however that ends.
 *
 * @throws Error with what the launcher printed when it ends instead
 */
export async function launch(options: LaunchOptions = {}): Promise<Launch> {
  const root = options.root ?? ROOT;
  const stateDir = options.stateDir ?? mkdtempSync(join(tmpdir(), "edgewright-launch-"));
  const from = performance.now();
  const flags = [
    "--port",
    "0",
    "--apps-port",
    "0",
    "--json",
    "--no-demo",
    "--state",
    stateDir,
    ...(options.flags ?? []),
  ];
  const child = spawn(process.execPath, [join(root, "local/boot.mjs"), "start", ...flags], {
    cwd: root,
    // A database of the user's own is none to test on.
    env: Object.assign({ ...process.env, DATABASE_URL: undefined }, options.env),
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => (printed += text));
  }
  const ready = await readyLine(child, () => printed).catch(async (error: unknown) => {
    await removeFailed(stateDir, options.stateDir === undefined);
    throw error;
  });
  const startMs = performance.now() - from;
  const launcherToken = secretsOf(statePaths(stateDir)).control.LAUNCHER_TOKEN;
  const call = callerOf(ready.api, launcherToken);
  return {
    ...ready,
    stateDir,
    startMs,
    launcherToken,
    printed: () => printed,
    exitCode: () => child.exitCode,
    token: tokenSource(ready, call),
    idle: (limitMs = 30_000) => untilIdle(call, limitMs),
    stop: () => stop(child, stateDir, options.stateDir === undefined),
    processOf: (part) => processOf(part, stateDir),
    kill9: (part) => kill9(processOf(part, stateDir)),
  };
}

type Ready = z.infer<typeof Ready>;

async function readyLine(child: ChildProcess, printed: () => string): Promise<Ready> {
  const end = performance.now() + READY_MS;
  while (child.exitCode === null && child.signalCode === null && performance.now() < end) {
    const line = printed()
      .split("\n")
      .slice(0, -1)
      .find((candidate) => candidate.startsWith('{"event":"ready"'));
    if (line !== undefined) return Ready.parse(JSON.parse(line));
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const code = child.exitCode;
  child.kill("SIGKILL");
  const what =
    code === null ? `printed no ready line within ${READY_MS / 1000} s` : `ended with code ${code}`;
  throw new Error(`the launcher ${what}:\n${printed()}`);
}

type Call = (method: string, path: string, body?: unknown) => Promise<unknown>;

/** Calls the API with the launcher's token and expects success. */
const callerOf =
  (api: string, token: string): Call =>
  async (method, path, body) => {
    const response = await fetch(api + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json", origin: api }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (response.ok) return response.json();
    throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
  };

/** The owner's session: made by the first-run link, later by a local login link; renewed when half its time is over. */
function tokenSource(ready: Ready, call: Call): () => Promise<string> {
  let session: { token: string; renewAt: number } | undefined;
  let { setup } = ready;
  return async () => {
    if (session !== undefined && performance.now() < session.renewAt) return session.token;
    const made = setup === null ? await viaLogin(call) : await viaSetup(call, setup);
    setup = null;
    session = { token: made.access_token, renewAt: performance.now() + made.expires_in * 500 };
    return session.token;
  };
}

const secretOf = (link: string): string => new URL(link).hash.replace(/^#t=/, "");

const viaSetup = async (call: Call, link: string): Promise<z.infer<typeof Session>> =>
  Session.parse(
    await call("POST", "/api/v1/auth/setup", {
      token: secretOf(link),
      name: "Test Owner",
      org_name: "Test",
    }),
  );

async function viaLogin(call: Call): Promise<z.infer<typeof Session>> {
  const { url } = z
    .object({ url: z.url() })
    .parse(await call("POST", "/internal/v1/local/login-link", {}));
  return Session.parse(await call("POST", "/api/v1/auth/link", { token: secretOf(url) }));
}

async function untilIdle(call: Call, limitMs: number): Promise<void> {
  const end = performance.now() + limitMs;
  for (;;) {
    const state = await call("GET", "/internal/v1/local/idle");
    if (Idle.parse(state).idle) return;
    if (performance.now() > end)
      throw new Error(`not idle within ${limitMs} ms: ${JSON.stringify(state)}`);
    await new Promise((resolve) => setTimeout(resolve, IDLE_POLL_MS));
  }
}

function processOf(part: Part, stateDir: string): Identity {
  const dir = statePaths(stateDir);
  const launcher = readLauncher(dir);
  const found = {
    launcher: () => launcher?.process,
    control: () => launcher?.planes.control,
    apps: () => launcher?.planes.apps,
    workerd: () =>
      childrenOf(launcher?.planes.control?.pid ?? -1).find(({ executable }) =>
        executable.endsWith("workerd"),
      ),
    postgres: () => readState(dir).postgres?.process,
  }[part]();
  if (found === undefined) throw new Error(`no ${part} runs for ${stateDir}`);
  return found;
}

async function kill9(known: Identity): Promise<void> {
  process.kill(known.pid, "SIGKILL");
  if (!(await gone(known, 10_000))) throw new Error(`process ${known.pid} survived SIGKILL`);
}

/** A launcher that was killed leaves its PostgreSQL to the next start; after a failed launch there is none. */
async function removeFailed(stateDir: string, remove: boolean): Promise<void> {
  if (!remove) return;
  const dir = statePaths(stateDir);
  await stopLeftover(dir);
  removeData(dir);
}

function removeData(dir: StateDir): void {
  const staged = readState(dir).postgres?.dataDir;
  if (staged !== undefined) rmSync(staged, { recursive: true, force: true });
  rmSync(dir.root, { recursive: true, force: true });
}

async function stop(child: ChildProcess, stateDir: string, remove: boolean): Promise<void> {
  const end = performance.now() + STOP_MS;
  child.kill("SIGTERM");
  while (child.exitCode === null && child.signalCode === null) {
    if (performance.now() > end) throw new Error(`the launcher did not stop in ${STOP_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  if (remove) removeData(statePaths(stateDir));
}
