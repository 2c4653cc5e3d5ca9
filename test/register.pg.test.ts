/** Decisions of the register that are facts of the database schema; each is asked of the catalog or tried on a row. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDatabase, type TestDatabase } from "./postgres.ts";

const ORG = "01900000-0000-7000-8000-00000000000c";
/** 5 GB, above what a 32-bit integer holds. */
const BYTES = "5368709120";

let db: TestDatabase;

beforeAll(async () => {
  db = await openTestDatabase();
  const sql = db.as("superuser");
  await sql`insert into platform.orgs (id, slug, name) values (${ORG}, 'c', 'c')`;
  await sql`insert into platform.analyses (org_id, id, source, created_by, logs_size_bytes, created_at, expires_at)
    values (${ORG}, ${ORG}, 'api', 'key:x', ${BYTES}, now(), now())`;
});
afterAll(async () => {
  await db.close();
});

/** Columns of a table, or of all tables, as `table.column`. */
async function columns(table = "%"): Promise<readonly string[]> {
  const rows = await db.as("superuser")`
    select table_name || '.' || column_name as name from information_schema.columns
    where table_schema = 'platform' and table_name like ${table} order by 1`;
  return rows.map((row) => String(row["name"]));
}

test("[C3.4] an organization row holds no key: keys live in api_keys, so that two can be valid at once", async () => {
  expect((await columns("orgs")).filter((name) => /key|hash/.test(name))).toEqual([]);
  expect(await columns("api_keys")).toContain("api_keys.org_id");
});

test("[C5.4] a log of 5 GB fits its row, beside the key and the hash of the log", async () => {
  const rows = await db.as(
    "superuser",
  )`select logs_size_bytes::text as bytes from platform.analyses where id = ${ORG}`;
  expect(rows.map((row) => row["bytes"])).toEqual([BYTES]);
  expect(await columns("analyses")).toEqual(
    expect.arrayContaining(["analyses.log_key", "analyses.log_sha256"]),
  );
});

test("[C5.5] an analysis is pending, processing, completed with a result, or failed with a code", async () => {
  const sql = db.as("superuser");
  const refused = ["status = 'queued'", "status = 'completed'", "status = 'failed'"];
  for (const change of refused) {
    await expect(
      sql.unsafe(`update platform.analyses set ${change} where id = '${ORG}'`),
      change,
    ).rejects.toThrow("check");
  }
  await sql.unsafe(
    `update platform.analyses set status = 'completed', result = '{}' where id = '${ORG}'`,
  );
});

test("[D8.3] roles live in memberships alone: users have none", async () => {
  const roles = (await columns()).filter((name) => /\.(?:role|roles|org_role)$/.test(name));
  expect(roles).toEqual(["memberships.role"]);
});

test("[B24] no table of sessions is looked up by ordinary requests: only refresh families are stored", async () => {
  const tables = new Set((await columns()).map((name) => name.split(".")[0]));
  expect([...tables].filter((name) => name?.includes("session"))).toEqual(["session_families"]);
});
