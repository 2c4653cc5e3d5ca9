/** Brings the database to the schema of `migrations/`: each file once, in order, in a transaction of its own [LN8]. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type postgres from "postgres";
import { EXIT, Failure, codeOf } from "./failure.ts";
import { connect } from "./postgres-connection.ts";

export type Migration = { number: number; name: string; sha256: string; text: string };

/** Any constant will do, as long as nothing else of ours takes it. */
const LOCK_KEY = 6_412_049;

/**
 * Applies what is missing. Two launchers may call it at once; a crash leaves whole migrations only.
 *
 * @param url connection string of `platform_ddl`
 * @param dir folder of `0001_name.sql` files; a missing folder is an empty one
 * @returns the names applied now, in order
 * @throws Failure(database) when an applied file was changed or is gone, or a file fails
 */
export async function migrate(options: { url: string; dir: string }): Promise<string[]> {
  const files = readMigrations(options.dir);
  const sql = connect(options.url);
  try {
    await prepare(sql);
    const applied: string[] = [];
    for (const file of pending(files, await history(sql), options.dir)) {
      if (await apply(sql, file)) applied.push(file.name);
    }
    return applied;
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** The files in order. Line ends are normalised before hashing: a checkout may have changed them. */
export function readMigrations(dir: string): Migration[] {
  if (!existsSync(dir)) return [];
  const names = readdirSync(dir)
    .filter((name) => name.endsWith(".sql"))
    .toSorted();
  const files = names.map((name) => {
    const number = Number(/^(\d{4})_[a-z0-9_]+\.sql$/.exec(name)?.[1]);
    if (!(number > 0)) throw misnamed(name, "must look like 0001_name.sql");
    const text = readFileSync(join(dir, name), "utf8").replaceAll("\r\n", "\n");
    return { number, name, text, sha256: createHash("sha256").update(text).digest("hex") };
  });
  const twice = files.find((file, index) => files[index + 1]?.number === file.number);
  if (twice !== undefined) throw misnamed(twice.name, "has the number of another file");
  return files;
}

const misnamed = (name: string, why: string): Failure =>
  new Failure(EXIT.database, `the migration ${name} ${why}`, {
    remedy: "rename it to the next free number",
  });

/**
 * The files still to apply.
 *
 * @throws Failure(database) when history and folder disagree
 */
export function pending(
  files: readonly Migration[],
  applied: ReadonlyMap<number, string>,
  dir: string,
): Migration[] {
  const last = Math.max(0, ...applied.keys());
  for (const number of applied.keys()) {
    if (!files.some((file) => file.number === number))
      throw disagree(`migration ${number} was applied but is not in ${dir}`);
  }
  for (const file of files) {
    const known = applied.get(file.number);
    if (known === undefined && file.number < last)
      throw disagree(`${file.name} is older than the last applied migration`);
    if (known !== undefined && known !== file.sha256)
      throw disagree(`${file.name} was changed after it was applied`);
  }
  return files.filter((file) => !applied.has(file.number));
}

const disagree = (what: string): Failure =>
  new Failure(EXIT.database, what, {
    remedy:
      "restore the file as it was released and put the change into a new migration, or start afresh with --reset",
  });

/** Our own table. Forced row security binds its owner too, hence the policy (C19). */
async function prepare(sql: postgres.Sql): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${LOCK_KEY})`;
    await tx.unsafe(`
      create schema if not exists platform;
      create table if not exists platform.migrations (
        number integer primary key,
        sha256 text not null,
        at timestamptz not null default now()
      );
      alter table platform.migrations enable row level security;
      alter table platform.migrations force row level security;
      do $$ begin
        create policy migrations_ddl on platform.migrations for all to platform_ddl using (true) with check (true);
      exception when duplicate_object then null; end $$;
    `);
  });
}

async function history(sql: postgres.Sql): Promise<Map<number, string>> {
  const rows = await sql`select number, sha256 from platform.migrations order by number`;
  return new Map(rows.map((row) => [Number(row["number"]), String(row["sha256"])]));
}

/** False when another launcher applied it while we waited for the lock. */
async function apply(sql: postgres.Sql, file: Migration): Promise<boolean> {
  try {
    return await sql.begin(async (tx) => {
      await tx`select pg_advisory_xact_lock(${LOCK_KEY})`;
      const done = await tx`select 1 from platform.migrations where number = ${file.number}`;
      if (done.length > 0) return false;
      await tx.unsafe(file.text);
      await tx`insert into platform.migrations (number, sha256) values (${file.number}, ${file.sha256})`;
      return true;
    });
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure(
      EXIT.database,
      `the migration ${file.name} failed (${codeOf(cause) ?? "no code"}${placeOf(cause, file.text)})`,
      {
        cause,
        remedy: "nothing of it was kept; correct the file and start again",
      },
    );
  }
}

/** `, line 12` from the character position that Postgres reports. */
function placeOf(error: unknown, text: string): string {
  const position =
    error instanceof Error && "position" in error ? Number(error.position) : Number.NaN;
  return Number.isFinite(position)
    ? `, line ${text.slice(0, position - 1).split("\n").length}`
    : "";
}
