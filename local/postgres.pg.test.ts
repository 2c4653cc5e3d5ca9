/** The embedded PostgreSQL, started and ended as the launcher does. Each test has a folder and a server of its own. */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openDatabase } from "./database.ts";
import { findBinaries, linkLibraries, packageFolder, unshareWorks } from "./postgres-binaries.ts";
import { connect } from "./postgres-connection.ts";
import { startPostgres, type Postgres, type PostgresOptions } from "./postgres.ts";
import { gone, identify, signal } from "./process.ts";
import { readState, statePaths, type PostgresMode } from "./state.ts";

let stateDir: string;
let servers: Postgres[];

/** A folder after its first start, copied for each test: making one costs a second, copying it a tenth. */
let template: string;

beforeAll(async () => {
  template = mkdtempSync(join(tmpdir(), "edgewright-pg-"));
  const server = await startPostgres({ stateDir: template, fsync: false });
  await server.stop();
  rmSync(statePaths(template).state); // It names the template's own paths.
});
afterAll(() => rmSync(template, { recursive: true }));

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), "edgewright-pg-"));
  servers = [];
});
afterEach(async () => {
  for (const server of servers) {
    await server.stop();
    rmSync(server.dataDir, { recursive: true, force: true });
  }
  rmSync(stateDir, { recursive: true, force: true });
});

const isRoot = process.getuid?.() === 0;
const { mode } = findBinaries();

async function start(options: Partial<PostgresOptions> = {}): Promise<Postgres> {
  const server = await startPostgres({ stateDir, fsync: false, ...options });
  servers.push(server);
  return server;
}

/** A start on a folder that had its first start before. */
async function startAgain(options: Partial<PostgresOptions> = {}): Promise<Postgres> {
  if (mode === "staged") return start(options); // Its data lies outside the state folder.
  const folder = options.stateDir ?? stateDir;
  cpSync(template, folder, { recursive: true });
  chmodSync(join(folder, "postgres"), 0o700); // PostgreSQL insists, and a copy does not keep it.
  return start(options);
}

async function ask(server: Postgres, text: string): Promise<Record<string, unknown>> {
  const sql = connect(server.urlFor("superuser"));
  try {
    const [row] = await sql.unsafe(text);
    return row ?? {};
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** Rows that must survive, in a database that a migration would have filled. */
const keepRow = (server: Postgres) =>
  ask(server, "create table kept (n integer); insert into kept values (7)");
const keptRow = (server: Postgres) => ask(server, "select n from kept");

test("[PG2] a system without a package is refused, and the way out is a database of one's own", () => {
  expect(() => packageFolder("sunos", "x64")).toThrow(
    expect.objectContaining({ exitCode: 5, remedy: expect.stringContaining("DATABASE_URL") }),
  );
});

test("[PG3] missing library links are made, present ones are kept", () => {
  mkdirSync(join(stateDir, "native/lib"), { recursive: true });
  const links = [{ source: "native/lib/libx.so.1.2", target: "native/lib/libx.so.1" }];
  writeFileSync(join(stateDir, "native/pg-symlinks.json"), JSON.stringify(links));
  expect(linkLibraries(stateDir)).toBe(true);
  expect(linkLibraries(stateDir)).toBe(true);
  expect(readlinkSync(join(stateDir, "native/lib/libx.so.1"))).toBe("libx.so.1.2");
});

test("[PG4] a user with a name runs the binaries of the package as they are", () => {
  const binaries = findBinaries("direct");
  const file = join(packageFolder().folder, "native/bin/postgres");
  expect(binaries.command("postgres", ["-V"])).toEqual({ file, args: ["-V"] });
});

describe.runIf(isRoot)("as root", () => {
  const modes: PostgresMode[] = unshareWorks() ? ["unshare", "staged"] : ["staged"];

  test.each(modes)(
    "[PG5] PostgreSQL, which refuses root, runs in mode %s and comes back in it",
    async (mode) => {
      const server = await start({ mode });
      await keepRow(server);
      await server.stop();
      const again = await start(mode === "staged" ? {} : { mode }); // Once staged, staged by itself.
      expect(await keptRow(again)).toEqual({ n: 7 });
      expect(readState(statePaths(stateDir)).postgres?.mode).toBe(mode);
    },
  );

  test.runIf(unshareWorks())("[PG5] data made in one mode moves to the other", async () => {
    const before = await start({ mode: "unshare" });
    await keepRow(before);
    await before.stop();
    const after = await start({ mode: "staged" });
    expect(after.dataDir).not.toBe(before.dataDir);
    expect(statSync(after.dataDir).uid).toBe(65_534);
    expect(await keptRow(after)).toEqual({ n: 7 });
  });
});

test("[PG6] a first start that was killed leaves nothing that a later one takes for data", async () => {
  const half = await start();
  await keepRow(half);
  await half.stop();
  rmSync(join(half.dataDir, "READY"));
  mkdirSync(`${half.dataDir}.tmp`);
  const whole = await start();
  await expect(keptRow(whole)).rejects.toThrow("does not exist");
  expect(existsSync(join(whole.dataDir, "READY"))).toBe(true);
});

test("[PG7] the server listens on loopback TCP alone, in UTC, with UTF-8 and fsync", async () => {
  const server = await startAgain({ fsync: true });
  const names = [
    "listen_addresses",
    "unix_socket_directories",
    "TimeZone",
    "fsync",
    "max_connections",
    "server_encoding",
  ];
  const settings = await ask(
    server,
    `select ${names.map((name) => `current_setting('${name}') as "${name}"`).join(", ")}`,
  );
  expect(settings).toEqual({
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    TimeZone: "UTC",
    fsync: "on",
    max_connections: "60",
    server_encoding: "UTF8",
  });
});

test("[PG7] the three logins exist, and none bypasses row security or makes databases", async () => {
  const server = await startAgain();
  const row = await ask(
    server,
    `select array_agg(rolname order by rolname)::text as names,
            bool_or(rolsuper or rolbypassrls or rolcreatedb) as mighty
     from pg_roles where rolname in ('platform_ddl', 'platform_rt', 'gateway')`,
  );
  expect(row).toEqual({ names: "{gateway,platform_ddl,platform_rt}", mighty: false });
});

test("[PG8] another server on the remembered port is not taken for ours", async () => {
  const first = await startAgain();
  const port = first.port;
  await first.stop();
  const otherDir = mkdtempSync(join(tmpdir(), "edgewright-pg-"));
  const other = await startAgain({ stateDir: otherDir });
  const state = statePaths(otherDir).state;
  expect(readState(statePaths(otherDir)).postgres?.port).toBe(other.port);
  // The first one's folder remembers the port that the other one listens on now.
  writeFileSync(
    statePaths(stateDir).state,
    JSON.stringify({ postgres: { ...readState(statePaths(stateDir)).postgres, port: other.port } }),
  );
  const again = await start();
  expect([again.port === other.port, await again.healthy(), await other.healthy()]).toEqual([
    false,
    true,
    true,
  ]);
  expect(port).toBeGreaterThan(0);
  expect(existsSync(state)).toBe(true);
});

test("[PG9] a server that outlived its launcher is taken over, not started twice", async () => {
  const first = await startAgain();
  const second = await start();
  expect(second.attached).toBe(true);
  expect(second.process).toEqual(first.process);
});

test("[PG9] after kill -9 the next start recovers at once, and no acknowledged row is lost", async () => {
  const server = await startAgain({ fsync: true });
  await keepRow(server);
  signal(server.process, "SIGKILL");
  await gone(server.process, 5_000);
  const again = await start({ fsync: true });
  expect(again.attached).toBe(false);
  expect(await keptRow(again)).toEqual({ n: 7 });
});

test("[PG9] a lock file with the pid of somebody else is stale: the start goes on and harms nobody", async () => {
  const server = await startAgain();
  await server.stop();
  // This process: alive, and no PostgreSQL.
  writeFileSync(
    join(server.dataDir, "postmaster.pid"),
    `${process.pid}\n${server.dataDir}\n1\n${server.port}\n`,
  );
  const again = await start();
  expect([again.attached, await again.healthy()]).toEqual([false, true]);
});

test("[PG10] a stop ends the server it started, a second stop nobody", async () => {
  const server = await startAgain();
  await server.stop();
  expect(identify(server.process.pid)).toBeUndefined();
  await server.stop();
});

test("[PG11] data of another major version is refused with what to do", async () => {
  const server = await startAgain();
  await server.stop();
  writeFileSync(join(server.dataDir, "PG_VERSION"), "16\n");
  await expect(start()).rejects.toMatchObject({
    exitCode: 5,
    message: expect.stringContaining("PostgreSQL 16"),
  });
});

describe("a database of one's own", () => {
  const urls = (server: Postgres) => ({
    DATABASE_URL: server.urlFor("platform_ddl"),
    DATABASE_URL_RT: server.urlFor("platform_rt"),
    DATABASE_URL_GATEWAY: server.urlFor("gateway"),
  });

  test("[PG1] with the three logins it is used, and nothing is launched or stopped", async () => {
    const server = await startAgain();
    const database = await openDatabase(join(stateDir, "other"), urls(server));
    expect(await database.healthy()).toBe(true);
    await database.stop();
    expect(existsSync(join(stateDir, "other"))).toBe(false);
    expect(await server.healthy()).toBe(true);
  });

  test("[LN7] a missing or wrong login ends the start with code 5 and names the gap", async () => {
    const all = urls(await startAgain());
    const open = (change: Record<string, string>) => openDatabase(stateDir, { ...all, ...change });
    await expect(open({ DATABASE_URL_RT: "" })).rejects.toMatchObject({
      exitCode: 5,
      message: "DATABASE_URL_RT is not set",
    });
    await expect(open({ DATABASE_URL_GATEWAY: all.DATABASE_URL_RT })).rejects.toMatchObject({
      message: "DATABASE_URL_GATEWAY logs in as platform_rt, not as gateway",
    });
    await expect(open({ DATABASE_URL: all.DATABASE_URL_RT })).rejects.toMatchObject({
      message: expect.stringContaining("CREATEROLE"),
    });
    await expect(open({ DATABASE_URL: "postgres://a:b@127.0.0.1:9/x" })).rejects.toMatchObject({
      exitCode: 5,
      message: expect.stringContaining("cannot be reached"),
    });
  });
});
