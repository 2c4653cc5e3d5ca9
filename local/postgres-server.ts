/** Makes a Postgres data folder and starts a server on it; what is already running is postgres.ts' business. */
import { execFileSync, spawn } from "node:child_process";
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { childEnvironment } from "./environment.ts";
import { EXIT, Failure } from "./failure.ts";
import { rotateForeign } from "./log.ts";
import { credentials, type Binaries } from "./postgres-binaries.ts";
import { identify, type Identity } from "./process.ts";
import type { Secrets, StateDir } from "./state.ts";

/** Everything one start needs to know. */
export type Server = {
  dir: StateDir;
  binaries: Binaries;
  dataDir: string;
  secrets: Secrets;
  fsync: boolean;
};

const mark = (dataDir: string): string => join(dataDir, "READY");

/** Whether the folder finished its first start. */
export const isReady = (dataDir: string): boolean => existsSync(mark(dataDir));

/** Marks the folder once everything initdb wrote is on the disk [PG6]; later calls do nothing. */
export function markReady(server: Server): void {
  if (isReady(server.dataDir)) return;
  // 0.1 s here; initdb itself would wait for the disk before we could use the time for anything else.
  if (server.fsync) initdb(server, ["--sync-only", "-D", server.dataDir]);
  writeFileSync(mark(server.dataDir), `${server.binaries.version}\n`, { flush: true });
}

/** A new data folder: made beside, then renamed, so that a half one is never taken for a whole one. */
export function createCluster(server: Server): void {
  const draft = `${server.dataDir}.tmp`;
  const password = `${server.dataDir}.password`;
  const { owner } = server.binaries;
  rmSync(draft, { recursive: true, force: true });
  try {
    mkdirSync(draft, { mode: 0o700 });
    writeFileSync(password, `${server.secrets.postgres.superuser}\n`, { mode: 0o600 });
    if (owner !== undefined) for (const path of [draft, password]) chownSync(path, owner, owner);
    initdb(server, ["-D", draft, `--pwfile=${password}`, ...INITDB]);
    renameSync(draft, server.dataDir);
  } finally {
    rmSync(password, { force: true });
  }
}

const INITDB = [
  "-U",
  "postgres",
  "-A",
  "scram-sha-256",
  "--locale=C.UTF-8",
  "--encoding=UTF8",
  "--no-sync",
];

function initdb(server: Server, args: readonly string[]): void {
  const command = server.binaries.command("initdb", args);
  try {
    execFileSync(command.file, command.args, {
      ...spawnOptions(server),
      ...credentials(command),
      stdio: "pipe",
      encoding: "utf8",
    });
  } catch (cause) {
    const output = cause instanceof Error && "stderr" in cause ? String(cause.stderr) : "";
    throw new Failure(EXIT.database, "the PostgreSQL data folder cannot be made", {
      log: output.split("\n").filter((line) => line !== ""),
      remedy:
        "free disk space and check that this user may write the state folder, then start again",
      cause,
    });
  }
}

/** Starts the server in a process group of its own: an interrupt of the terminal reaches the launcher only [PG7]. */
export async function spawnServer(
  server: Server,
  port: number,
  logFile: string,
): Promise<Identity> {
  rotateForeign(logFile);
  const log = openSync(logFile, "a", 0o600);
  const command = server.binaries.command("postgres", [
    "-D",
    server.dataDir,
    ...settings(port, server.fsync),
  ]);
  const child = spawn(command.file, command.args, {
    ...spawnOptions(server),
    ...credentials(command),
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  await new Promise<void>((resolve, reject) => child.once("spawn", resolve).once("error", reject));
  child.unref();
  return becomes(child.pid ?? 0, join(server.binaries.binDir, "postgres"));
}

const spawnOptions = (server: Server): { cwd: string; env: NodeJS.ProcessEnv } => ({
  cwd: dirname(server.dataDir),
  env: childEnvironment(),
});

function settings(port: number, fsync: boolean): string[] {
  const durable = fsync ? {} : { fsync: "off", synchronous_commit: "off", full_page_writes: "off" };
  const all = {
    port,
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: 60,
    timezone: "UTC",
    log_timezone: "UTC",
    log_min_messages: "warning",
    log_min_error_statement: "panic", // Statements may hold personal data; the error itself is enough.
    log_line_prefix: "%m [%p] %u@%d ",
    ...durable,
  };
  return Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

/** `unshare` becomes postgres by exec: the pid stays, the executable changes within milliseconds. */
async function becomes(pid: number, executable: string): Promise<Identity> {
  const end = performance.now() + 2_000;
  for (;;) {
    const found = identify(pid);
    if (found?.executable === executable || performance.now() > end)
      return found ?? { pid, startTime: "", executable };
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
