/** PostgreSQL for tests: one server per run (fsync off), one database per file, cut from a migrated template. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { migrate } from "../local/migrate.ts";
import { openDatabase, startPostgres, stopLeftover } from "../local/postgres.ts";
import { DATABASE, LOGINS, connect, type Role } from "../local/postgres-connection.ts";
import { identify } from "../local/process.ts";
import { readState, statePaths } from "../local/state.ts";

export type TestDatabase = {
  name: string;
  /** Connection string of a login in this database. */
  urlFor(role: Role): string;
  /** A client of that login, made at the first call; closed by `close`. */
  as(role: Role): postgres.Sql;
  /** Ends the clients and drops the database. */
  close(): Promise<void>;
};

/** Workers inherit the environment of the main process, so this carries the server's address to them. */
const VARIABLE = "EDGEWRIGHT_TEST_POSTGRES";
const FOLDER = /^edgewright-test-(\d+)-/;
/** A mutant of a migration brings a folder of its own: see mutants/transform.ts. */
const MIGRATIONS = process.env["TEST_MIGRATIONS"] ?? join(import.meta.dirname, "..", "migrations");

/**
 * Vitest's globalSetup: starts the server and migrates the template.
 *
 * @returns the teardown
 */
export async function setup(): Promise<() => Promise<void>> {
  if (process.env[VARIABLE] !== undefined) return async () => {}; // Several projects of one run share the server.
  await removeLeftovers();
  const stateDir = mkdtempSync(join(tmpdir(), `edgewright-test-${process.pid}-`));
  const server = await startPostgres({ stateDir, fsync: false });
  await migrate({ url: server.urlFor("platform_ddl"), dir: MIGRATIONS });
  process.env[VARIABLE] = server.urlFor("superuser");
  for (const login of LOGINS) process.env[`${VARIABLE}_${login}`] = server.urlFor(login);
  return async () => {
    Reflect.deleteProperty(process.env, VARIABLE);
    await server.stop();
    for (const folder of [stateDir, server.dataDir])
      rmSync(folder, { recursive: true, force: true });
  };
}

/** A run that was killed leaves its server and folder behind; they are ours when their runner is gone. */
async function removeLeftovers(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(FOLDER.exec(name)?.[1]);
    if (!(pid > 0) || identify(pid) !== undefined) continue;
    const dir = statePaths(join(tmpdir(), name));
    const { dataDir } = readState(dir).postgres ?? {};
    await stopLeftover(dir);
    if (dataDir !== undefined) rmSync(dataDir, { recursive: true, force: true });
    rmSync(dir.root, { recursive: true, force: true });
  }
}

/**
 * A database of its own with all migrations applied, in about 50 ms. Roles belong to the server, so every database shares them:
 * a migration or a test that makes a role must accept that it is there.
 */
export async function openTestDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString("hex")}`;
  await asSuperuser(async (sql) => {
    await sql.unsafe(`create database ${name} template ${DATABASE} owner platform_ddl`);
    await openDatabase(sql, name);
  });
  const clients = new Map<Role, postgres.Sql>();
  const urlFor = (role: Role): string => addressOf(role).replace(/[^/]+$/, name);
  const as = (role: Role): postgres.Sql => {
    const client =
      clients.get(role) ??
      postgres(urlFor(role), { max: 4, fetch_types: false, onnotice: () => {} });
    clients.set(role, client);
    return client;
  };
  const close = async (): Promise<void> => {
    await Promise.all([...clients.values()].map((client) => client.end({ timeout: 1 })));
    await asSuperuser((sql) => sql.unsafe(`drop database ${name} with (force)`));
  };
  return { name, urlFor, as, close };
}

async function asSuperuser(body: (sql: postgres.Sql) => Promise<unknown>): Promise<void> {
  const sql = connect(addressOf("superuser").replace(/[^/]+$/, "postgres"));
  try {
    await body(sql);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

function addressOf(role: Role): string {
  const url = process.env[role === "superuser" ? VARIABLE : `${VARIABLE}_${role}`];
  if (url === undefined)
    throw new Error(
      "no test PostgreSQL: the Vitest project must list test/postgres.ts as globalSetup",
    );
  return url;
}
