/** The embedded PostgreSQL 17: starts or attaches, proves it is ours, makes the logins, stops it (rules PG4-PG11 of SPEC.md). */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type postgres from "postgres";
import { EXIT, Failure, codeOf, reasonOf } from "./failure.ts";
import { readEnd } from "./log.ts";
import { findBinaries, moveData, stagedDataDir, type Binaries } from "./postgres-binaries.ts";
import { DATABASE, LOGINS, connect, urlOf, type Login, type Role } from "./postgres-connection.ts";
import { createCluster, isReady, markReady, spawnServer, type Server } from "./postgres-server.ts";
import { freePort } from "./ports.ts";
import { alive, argumentsOf, gone, identify, signal, type Identity } from "./process.ts";
import {
  openState,
  readState,
  secretsOf,
  updateState,
  type PostgresMode,
  type Secrets,
  type StateDir,
} from "./state.ts";

export type Postgres = {
  port: number;
  process: Identity;
  dataDir: string;
  /** True when a server of an earlier launcher was found running and taken over [PG9]. */
  attached: boolean;
  /** A connection string; the database defaults to the product's. */
  urlFor(role: Role, database?: string): string;
  /** Fast shutdown, then immediate [PG10]. A second call does nothing. */
  stop(): Promise<void>;
  /** True when the process runs and answers with our data folder [PG8]. */
  healthy(): Promise<boolean>;
};

export type PostgresOptions = {
  stateDir: string;
  /** False only for tests: a power cut may then lose data. */
  fsync?: boolean;
  /** Runs the binaries in this mode instead of the best one that works. */
  mode?: PostgresMode;
};

/**
 * Postgres is ready for `urlFor(...)`: started or attached, the logins and the database exist.
 * A first start takes about 1.5 s, a later one 0.3 s.
 *
 * @throws Failure(database) with the last lines of the server's log
 */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const dir = openState(options.stateDir);
  const secrets = secretsOf(dir);
  const known = readState(dir).postgres;
  // A folder once staged stays staged: its files belong to uid 65534 (under root only).
  const binaries = findBinaries(options.mode ?? (known?.mode === "staged" ? "staged" : undefined));
  const dataDir =
    binaries.mode === "staged" ? stagedDataDir(dir.root, secrets.postgres.superuser) : dir.postgres;
  await adoptData(known?.dataDir, dataDir, binaries);
  const server: Server = {
    dir,
    binaries,
    dataDir,
    secrets,
    fsync: options.fsync ?? true,
  };

  if (!isReady(dataDir)) await rebuild(server);
  refuseOtherMajor(dataDir, binaries);
  const found = await attach(server);
  const running = found ?? (await launch(server));
  await ensureLogins(running.port, server.secrets);
  markReady(server);
  await remember(server, running);
  return handle(server, running, found !== undefined);
}

type Running = { port: number; process: Identity };

/** Times a start is tried while something of the killed server still holds its port or memory [PG9]. */
const RETRY_MS = 5_000;
const PORT_TRIES = 5;
/** Crash recovery replays the log since the last checkpoint; that may take long, and progress is in the log. */
const START_MS = 60_000;
const STOP_FAST_MS = 10_000;
const STOP_NOW_MS = 5_000;

/** Data made in another mode is moved and given to the uid that runs it now [PG5]. */
async function adoptData(from: string | undefined, to: string, binaries: Binaries): Promise<void> {
  if (from === undefined || from === to || !isReady(from) || existsSync(to)) return;
  const left = postmaster(from);
  if (left !== undefined && serves(left.process, from) && signal(left.process, "SIGQUIT")) {
    if (!(await gone(left.process, STOP_NOW_MS))) throw stuck(left.process);
  }
  moveData(from, to, binaries.owner ?? process.getuid?.() ?? 0);
}

/** A folder without the mark never finished its first start; nothing was ever acknowledged from it [PG6]. */
async function rebuild(server: Server): Promise<void> {
  const left = postmaster(server.dataDir);
  if (left !== undefined && serves(left.process, server.dataDir)) {
    signal(left.process, "SIGQUIT");
    if (!(await gone(left.process, STOP_NOW_MS))) throw stuck(left.process);
  }
  rmSync(server.dataDir, { recursive: true, force: true });
  createCluster(server);
}

function refuseOtherMajor(dataDir: string, binaries: Binaries): void {
  const have = readFileSync(join(dataDir, "PG_VERSION"), "utf8").trim();
  const need = binaries.version.split(".")[0];
  if (have === need) return;
  throw new Failure(
    EXIT.database,
    `the data in ${dataDir} is of PostgreSQL ${have}, this version runs ${need}`,
    {
      remedy: `start the release that used PostgreSQL ${have}, export there and import here; or start afresh with --reset`,
    },
  );
}

const lockFile = (dataDir: string): string => join(dataDir, "postmaster.pid");

/** What the lock file says, if its process lives. Lines: pid, data folder, start time, port. */
function postmaster(dataDir: string): Running | undefined {
  const file = lockFile(dataDir);
  if (!existsSync(file)) return undefined;
  const [pid, , , port] = readFileSync(file, "utf8").split("\n");
  const found = identify(Number(pid));
  return found === undefined ? undefined : { process: found, port: Number(port ?? 0) };
}

/** The pid in a lock file may be anybody's after a restart of the machine: only a server of this folder is ours. */
const serves = (found: Identity, dataDir: string): boolean =>
  found.executable.endsWith("/bin/postgres") && argumentsOf(found.pid).includes(dataDir);

/** Takes over a running server of this folder; it may still be recovering, hence the wait. */
async function attach(server: Server): Promise<Running | undefined> {
  const end = performance.now() + RETRY_MS;
  for (;;) {
    const found = postmaster(server.dataDir);
    if (found === undefined) return undefined;
    if (!serves(found.process, server.dataDir)) {
      // PostgreSQL itself would take the stranger for its own and refuse to start.
      rmSync(lockFile(server.dataDir), { force: true });
      return undefined;
    }
    if (await answers(server, found.port)) return found;
    if (performance.now() > end) throw stuck(found.process);
    await sleep(50);
  }
}

const stuck = (found: Identity): Failure =>
  new Failure(
    EXIT.database,
    `a PostgreSQL of this folder (pid ${found.pid}) runs but does not answer`,
    {
      remedy: `end it with \`kill -QUIT ${found.pid}\` and start again`,
    },
  );

async function launch(server: Server): Promise<Running> {
  const end = performance.now() + RETRY_MS;
  for (let tries = 1; ; tries += 1) {
    const wanted = tries === 1 ? readState(server.dir).postgres?.port : undefined;
    const port = await freePort("127.0.0.1", wanted);
    const log = join(server.dir.logs, "postgres.log");
    const started = await spawnServer(server, port, log);
    const ended = await ready(server, port, started);
    if (ended === "ready") return { port, process: started };
    const lines = readEnd(log);
    if (performance.now() < end && isRace(lines) && tries < PORT_TRIES * 10) {
      await sleep(100);
      continue;
    }
    signal(started, "SIGQUIT");
    throw new Failure(EXIT.database, `PostgreSQL did not start: ${ended}`, {
      log: lines,
      remedy: remedyFor(lines),
    });
  }
}

/** What passes by itself: the shared memory of the killed server, its lock file, a port taken in between. */
const isRace = (lines: readonly string[]): boolean =>
  lines.some((line) =>
    /pre-existing shared memory block|postmaster\.pid" already exists|Address already in use|already in use/.test(
      line,
    ),
  );

function remedyFor(lines: readonly string[]): string {
  const text = lines.join("\n");
  if (/No space left/.test(text)) return "free some disk space and start again";
  if (/pre-existing shared memory|already exists/.test(text))
    return "end the process named in the lines above, then start again";
  return "read the lines above; `npm start -- --reset` starts afresh (all local data is deleted)";
}

async function ready(
  server: Server,
  port: number,
  started: Identity,
): Promise<"ready" | "it ended" | "it did not answer in 60 s"> {
  const end = performance.now() + START_MS;
  while (performance.now() < end) {
    if (!alive(started)) return "it ended";
    if (await answers(server, port)) return "ready";
    await sleep(25);
  }
  return "it did not answer in 60 s";
}

/** Logged in with our password, and the server serves our folder: another server may hold the port [PG8]. */
async function answers(server: Server, port: number): Promise<boolean> {
  const sql = connect(urlOf(port, "superuser", "postgres", server.secrets), 2);
  try {
    const [row] = await sql`select current_setting('data_directory') as folder`;
    return row?.["folder"] === server.dataDir;
  } catch (error) {
    if (codeOf(error) !== "28P01") return false;
    throw new Failure(EXIT.database, "PostgreSQL refuses the password in secrets.json", {
      cause: error,
      remedy:
        "restore secrets.json of this state folder, or start afresh with --reset (all local data is deleted)",
    });
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** Makes the three logins and the database, each once. Passwords are base64url, so quoting them is safe. */
async function ensureLogins(port: number, secrets: Secrets): Promise<void> {
  const sql = connect(urlOf(port, "superuser", "postgres", secrets));
  try {
    const have = new Set(
      (await sql`select rolname from pg_roles`).map((row) => String(row["rolname"])),
    );
    for (const login of LOGINS) {
      if (have.has(login)) continue;
      await sql.unsafe(
        `create role ${login} login ${LOGIN_RIGHTS[login]} password '${secrets.postgres[login]}'`,
      );
    }
    const [database] = await sql`select 1 from pg_database where datname = ${DATABASE}`;
    if (database === undefined) await sql.unsafe(`create database ${DATABASE} owner platform_ddl`);
    await openDatabase(sql, DATABASE);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** None bypasses row security; `gateway` inherits nothing, it only switches roles (data.md 2). */
const LOGIN_RIGHTS: Record<Login, string> = {
  platform_ddl: "createrole nosuperuser nobypassrls",
  platform_rt: "noinherit nosuperuser nobypassrls",
  gateway: "noinherit nosuperuser nobypassrls",
};

/** Lets our logins, and nobody else, connect to a database. */
export async function openDatabase(sql: postgres.Sql, database: string): Promise<void> {
  await sql.unsafe(`revoke all on database "${database}" from public`);
  await sql.unsafe(`grant connect on database "${database}" to platform_rt, gateway`);
}

async function remember(server: Server, running: Running): Promise<void> {
  const sql = connect(urlOf(running.port, "superuser", "postgres", server.secrets));
  try {
    const [row] = await sql`select system_identifier::text as id from pg_control_system()`;
    const { mode, binDir, version } = server.binaries;
    const systemIdentifier = String(row?.["id"] ?? "");
    updateState(server.dir, {
      postgres: { ...running, dataDir: server.dataDir, binDir, mode, version, systemIdentifier },
    });
  } finally {
    await sql.end({ timeout: 1 });
  }
}

function handle(server: Server, running: Running, attached: boolean): Postgres {
  return {
    port: running.port,
    process: running.process,
    dataDir: server.dataDir,
    attached,
    urlFor: (role, database = DATABASE) => urlOf(running.port, role, database, server.secrets),
    stop: () => stopServer(running.process),
    healthy: async () => alive(running.process) && (await answers(server, running.port)),
  };
}

async function stopServer(known: Identity): Promise<void> {
  if (!signal(known, "SIGINT") || (await gone(known, STOP_FAST_MS))) return;
  signal(known, "SIGQUIT");
  if (!(await gone(known, STOP_NOW_MS))) throw stuck(known);
}

/** Stops the server that `state.json` names, if it runs; for `--stop` and `--reset` after a killed launcher. */
export async function stopLeftover(dir: StateDir): Promise<void> {
  const known = readState(dir).postgres;
  if (known === undefined) return;
  try {
    await stopServer(known.process);
  } catch (error) {
    throw new Failure(EXIT.database, `PostgreSQL of ${dir.root} did not stop`, {
      remedy: `end it with \`kill -QUIT ${known.process.pid}\``,
      cause: reasonOf(error),
    });
  }
}
