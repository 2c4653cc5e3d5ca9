/** Migrations against a real server. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openTestDatabase, type TestDatabase } from "../test/postgres.ts";
import { migrate } from "./migrate.ts";

let database: TestDatabase;
let dir: string;

beforeEach(async () => {
  database = await openTestDatabase();
  await database.as("superuser").unsafe("drop schema if exists platform cascade");
  dir = mkdtempSync(join(tmpdir(), "edgewright-migrations-"));
});

afterEach(async () => {
  await database.close();
  rmSync(dir, { recursive: true });
});

const put = (name: string, text: string): void => writeFileSync(join(dir, name), text);
const run = (): Promise<string[]> => migrate({ url: database.urlFor("platform_ddl"), dir });

test("[LN8] each migration is applied once, in order, and owned by platform_ddl", async () => {
  put("0002_rows.sql", "insert into platform.things values (1), (2);");
  put("0001_things.sql", "create table platform.things (id integer primary key);");
  expect(await run()).toEqual(["0001_things.sql", "0002_rows.sql"]);
  expect(await run()).toEqual([]);
  const [row] = await database.as(
    "superuser",
  )`select tableowner from pg_tables where tablename = 'things'`;
  expect(row?.["tableowner"]).toBe("platform_ddl");
});

test("[LN8] a migration that fails leaves nothing of itself and names its line", async () => {
  put("0001_things.sql", "create table platform.things (id integer);\nselect nonsense;");
  await expect(run()).rejects.toThrow("0001_things.sql failed (42703, line 2)");
  put("0001_things.sql", "create table platform.things (id integer);");
  expect(await run()).toEqual(["0001_things.sql"]);
});

test("[LN8] two launchers that migrate at once apply each migration once", async () => {
  put("0001_things.sql", "create table platform.things (id integer); select pg_sleep(0.2);");
  const applied = await Promise.all([run(), run()]);
  expect(applied.flat()).toEqual(["0001_things.sql"]);
});

test("[LN8] an applied migration that was changed since ends the start with code 5", async () => {
  put("0001_things.sql", "create table platform.things (id integer);");
  await run();
  put("0001_things.sql", "create table platform.things (id bigint);");
  await expect(run()).rejects.toMatchObject({
    exitCode: 5,
    message: "0001_things.sql was changed after it was applied",
  });
});
