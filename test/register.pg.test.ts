/** Decisions of the register that are facts of the database or of the whole API; each is asked of the catalog, or tried. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SqlRow, SqlValue } from "../workers/platform/adapters/sql.ts";
import { listEntries } from "../workers/platform/audit/store/chain.ts";
import { UsageReport } from "../workers/platform/usage/model.ts";
import { readLimits } from "../workers/platform/usage/service/limits.ts";
import { contractOf, filled, resourceOf } from "./contract/openapi.ts";
import { openWorld, RESOURCES, type World } from "./contract/world.ts";
import { openTestDatabase, type TestDatabase } from "./postgres.ts";
import { post, setLimits } from "./platform.ts";

const ORG = "01900000-0000-7000-8000-00000000000c";
/** 5 GB, above what a 32-bit integer holds. */
const BYTES = "5368709120";

let db: TestDatabase;
let world: World;

beforeAll(async () => {
  [db, world] = await Promise.all([openTestDatabase(), openWorld()]);
  const sql = db.as("superuser");
  await sql`insert into platform.orgs (id, slug, name) values (${ORG}, 'c', 'c')`;
  await sql`insert into platform.analyses (org_id, id, source, created_by, logs_size_bytes, created_at, expires_at)
    values (${ORG}, ${ORG}, 'api', 'key:x', ${BYTES}, now(), now())`;
});
afterAll(async () => {
  await Promise.all([db.close(), world.close()]);
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

test("[D8.3] roles live in memberships, and in the invitations that become one: users have none", async () => {
  const roles = (await columns()).filter((name) => /\.(?:role|roles|org_role)$/.test(name));
  expect(roles).toEqual(["invitations.role", "memberships.role"]);
});

test("[B24] no table of sessions is looked up by ordinary requests: only refresh families are stored", async () => {
  const tables = new Set((await columns()).map((name) => name.split(".")[0]));
  expect([...tables].filter((name) => name?.includes("session"))).toEqual(["session_families"]);
});

test("[C3.1] the first start makes one organization; another lives beside it, and neither sees the other's", async () => {
  const { platform, a, b, userA } = world;
  const rows = await platform.db.as("superuser")`select m.org_id from platform.memberships m
    join platform.orgs o on o.id = m.org_id where m.user_id = ${userA} and o.slug <> 'platform'`;
  expect(rows.map((row) => row["org_id"])).toEqual([a.orgId]);
  await a.send("/api/v1/keys", post({ name: "of a", grants: ["analyses.read"] }));
  expect(await (await a.send("/api/v1/keys")).text()).toContain("of a");
  expect(await (await b.send("/api/v1/keys")).json()).toEqual({ items: [], next_cursor: null });
});

test("[C3.2] a key's request is its organization's, sees that one's rows, and usage names the key", async () => {
  const { platform, a, b } = world;
  const made = await b.send(
    "/api/v1/keys",
    post({ name: "counted", grants: ["analyses.read", "org.read"] }),
  );
  const { key, token } = (await made.json()) as { key: { id: string }; token: string };
  const withKey = (path: string) => platform.send(path, { headers: { "x-api-key": token } });
  expect(await (await withKey("/api/v1/org")).json()).toMatchObject({ id: b.orgId });
  for (const path of ["/api/v1/analyses", "/api/v1/analyses?limit=1"])
    expect((await withKey(path)).status).toBe(200);
  for (const org of [a.orgId, b.orgId])
    await platform.limiters.of(org).rollUp({ v: 1, org_id: org });
  const byKey = async (who: typeof a) => {
    const answer = await who.send("/api/v1/usage?group=key");
    return UsageReport.parse(await answer.json()).rows.filter(({ key_id: id }) => id === key.id);
  };
  expect(await byKey(b)).toMatchObject([{ meter: "requests", value: 3 }]);
  expect(await byKey(a)).toEqual([]);
});

test("[C5.2] an organization has id, name, created_at and tier; its quotas are rows that win over the tier's", async () => {
  const names = ["created_at", "id", "name", "purge_at", "slug", "status", "tier", "version"];
  expect(await columns("orgs")).toEqual(names.map((name) => `orgs.${name}`));
  expect(await columns("org_limits")).toEqual([
    "org_limits.limit_name",
    "org_limits.org_id",
    "org_limits.value",
  ]);
  const { platform, a } = world;
  await platform.sql.transaction({ org: a.orgId }, (tx) =>
    tx.query(
      `insert into platform.org_limits (org_id, limit_name, value)
       values ($1, 'requests_per_month', 7), ($1, 'storage_bytes', 5368709120)
       on conflict (org_id, limit_name) do update set value = excluded.value`,
      [a.orgId],
    ),
  );
  const limits = await readLimits(platform.sql, a.orgId);
  expect(limits.get("requests_per_month")).toMatchObject({ value: 7, source: "override" });
  expect(limits.get("storage_bytes")).toMatchObject({ value: Number(BYTES), source: "override" });
  await setLimits(platform, a.orgId, { requests_per_month: null });
});

test("[C5.8] the list of audit records reads a time by (org_id, at) and a page by (org_id, seq), never the table", async () => {
  const { platform, a } = world;
  const org = a.orgId;
  const su = platform.db.as("superuser");
  for (const one of [a.orgId, world.b.orgId])
    await su`insert into platform.audit_log (org_id, seq, at, actor, action, resource, record, hash)
      select ${one}, n, timestamptz '2020-01-01' + n * interval '1 minute', 'user:x', 'keys.create', 'keys/x', '{}', sha256('x')
      from generate_series(100001, 120000) n`;
  await su`analyze platform.audit_log`;
  const none = { action: undefined, resource: undefined, from: undefined, to: undefined };
  const hour = { ...none, from: "2020-03-13T00:00:00Z", to: "2020-03-13T01:00:00Z" };
  const planOf = (filter: typeof none | typeof hour): Promise<string> =>
    platform.sql.transaction({ org }, async (tx) => {
      let asked: [string, readonly SqlValue[]] = ["", []];
      const query = async (text: string, params: readonly SqlValue[] = []): Promise<SqlRow[]> => {
        asked = [text, params];
        return [];
      };
      await listEntries({ query }, filter, undefined, 51);
      const [text, params] = asked;
      const rows = await tx.query(`explain ${text}`, params);
      return rows.map((row) => Object.values(row).join("")).join("\n");
    });
  expect(await planOf(hour)).toContain("audit_log_at");
  expect(await planOf(none)).toContain("audit_log_pkey");
  for (const filter of [hour, none])
    expect(await planOf(filter)).not.toContain("Seq Scan on audit_log");
});

test("[D8.2] a secret that was written is read back by no route: the answer is version and fingerprint", async () => {
  const value = "a canary of three words";
  const forms = [
    value,
    Buffer.from(value).toString("base64").replaceAll("=", ""),
    Buffer.from(value).toString("hex"),
  ];
  const put = await world.a.send("/api/v1/secrets/env.WRITTEN", {
    ...post({ value }),
    method: "PUT",
  });
  const written = (await put.json()) as Record<string, unknown>;
  expect(written).toEqual({
    name: "env.WRITTEN",
    version: 1,
    fingerprint: expect.stringMatching(/^[0-9a-f]{8}$/),
  });
  const reads = contractOf().operations.filter(({ method }) => method === "GET");
  expect(reads.length).toBeGreaterThan(25);
  for (const { name, path, parameters } of reads) {
    const resource = RESOURCES[resourceOf(path) ?? ""];
    const [first = ""] = parameters.filter((each) => each.in === "path").map((each) => each.name);
    const id = path.startsWith("/api/v1/secrets/") ? "env.WRITTEN" : await resource?.make(world);
    const at = filled(path, { ...resource?.more, ...(id === undefined ? {} : { [first]: id }) });
    const text = await (await world.a.send(at)).text();
    for (const form of forms) expect(text, name).not.toContain(form);
  }
});
