/** No organization sees or changes another's rows, and the catalog says why: row security on every table. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openClient, sqlOver } from "../workers/platform/adapters/postgres-client.ts";
import type { Sql } from "../workers/platform/adapters/sql.ts";
import { eraseRows } from "../workers/platform/orgs/service/purge.ts";
import { openTestDatabase, type TestDatabase } from "./postgres.ts";

/** Tables without an organization, each with policies of its own [TN1]. */
const GLOBAL_TABLES = [
  "identities",
  "link_tokens",
  "migrations",
  "orgs",
  "price_books",
  "session_families",
  "signing_keys",
  "tiers",
  "used_nonces",
  "users",
];
const A = "01900000-0000-7000-8000-00000000000a";
const B = "01900000-0000-7000-8000-00000000000b";
const USER_A = "01900000-0000-7000-8000-0000000000aa";
const USER_B = "01900000-0000-7000-8000-0000000000bb";

let db: TestDatabase;
let sql: Sql;
let end: () => Promise<void>;

beforeAll(async () => {
  db = await openTestDatabase();
  const client = openClient(db.urlFor("platform_rt"), { max: 4 });
  sql = sqlOver(client);
  end = () => client.end({ timeout: 1 });
  const su = db.as("superuser");
  for (const [org, user, slug] of [
    [A, USER_A, "a"],
    [B, USER_B, "b"],
  ] as const) {
    await su`insert into platform.orgs (id, slug, name) values (${org}, ${slug}, ${slug})`;
    await su`insert into platform.users (id, name) values (${user}, ${slug})`;
    await su`insert into platform.memberships (org_id, user_id, role) values (${org}, ${user}, 'owner')`;
    await su`insert into platform.session_families (id, user_id, auth_at, rotated_at, expires_at, absolute_expires_at)
      values (${org}, ${user}, now(), now(), now(), now())`;
    await su`insert into platform.identities (id, user_id, provider, issuer, subject, name, created_at, last_login_at)
      values (${org}, ${user}, 'oidc', 'https://id.example', ${slug}, ${slug}, now(), now())`;
    await su`insert into platform.api_keys (org_id, id, key_id, name, hash, grants, created_by, created_at)
      values (${org}, ${org}, ${slug.repeat(16)}, ${slug}, sha256('x'), '[]', ${user}, now())`;
    await su`insert into platform.invitations (org_id, id, hash, role, invited_by, created_at, expires_at)
      values (${org}, ${org}, sha256(convert_to(${slug}, 'UTF8')), 'viewer', ${user}, now(), now() + interval '1 day')`;
    await su`insert into platform.idempotency_keys (org_id, principal, route, key, subject_id, locked_at, expires_at)
      values (${org}, 'p', 'r', 'k', ${org}, now(), now())`;
    await su`insert into platform.analyses (org_id, id, source, created_by, logs_size_bytes, created_at, expires_at)
      values (${org}, ${org}, 'api', 'key:x', 1, now(), now())`;
    await su`insert into platform.failed_tests (org_id, analysis_id, n, framework, name, log_line)
      values (${org}, ${org}, 1, 'jest', ${slug}, 1)`;
    await su`insert into platform.runs (org_id, id, dag_id, status, mode, total, succeeded, failed, canceled, open, created_at, change)
      values (${org}, ${slug}, 'sys.analyses', 'running', 'live', 0, 0, 0, 0, 0, now(), 1)`;
    await su`insert into platform.secrets (org_id, name, version, fingerprint, created_by, created_at, replaced_at)
      values (${org}, 'env.X', 1, '00000000', 'user:x', now(), now())`;
    await su`insert into platform.secret_uses (org_id, name, version, reader, hour, uses)
      values (${org}, 'env.X', 1, 'r', now(), 1)`;
    await su`insert into platform.secret_readers (org_id, name, version, reader, first_at)
      values (${org}, 'env.X', 1, 'r', now())`;
    await su`insert into platform.audit_refusals (org_id, kind, since, refusals) values (${org}, 'minute', now(), 1)`;
    await su`insert into platform.audit_log (org_id, seq, at, actor, action, resource, record, hash)
      values (${org}, 1, now(), 'user:x', 'a.b', 'c', '{}', sha256('x'))`;
    await su`insert into platform.audit_pii (org_id, seq, salt) values (${org}, 1, decode(repeat('00', 16), 'hex'))`;
    await su`insert into platform.audit_heads (org_id, seq, hash) values (${org}, 1, sha256('x'))`;
    await su`insert into platform.audit_seals (org_id, to_seq, from_seq, head, sealed_at)
      values (${org}, 1, 1, '{}', now())`;
    await su`insert into platform.webhook_endpoints (org_id, id, url, events, secret_name, created_by, created_at)
      values (${org}, ${org}, 'https://hooks.example.com/', '[]', 'channel.x.signing', 'user:x', now())`;
    await su`insert into platform.deliveries (org_id, id, webhook_id, event_type, subject, mode, body, status, request_id, requested_at, created_at)
      values (${org}, ${slug.padEnd(26, "a").replace(/[^a-z2-7]/g, "a")}, ${org}, 'analysis.completed', 'analysis:x', 'live', '{}', 'pending', 'r', now(), now())`;
    await su`insert into platform.delivery_attempts (org_id, delivery_id, n, started_at, ms)
      values (${org}, ${slug.padEnd(26, "a").replace(/[^a-z2-7]/g, "a")}, 1, now(), 0)`;
    await su`insert into platform.org_limits (org_id, limit_name, value) values (${org}, 'requests_per_minute', 5)`;
    await su`insert into platform.usage_hourly (org_id, hour, meter, value, price_version, cost_usd)
      values (${org}, date_trunc('hour', now(), 'UTC'), 'requests', 1, 1, 0)`;
    await su`insert into platform.spend_caps (org_id, scope, usd, action, month) values (${org}, 'org', 5, 'notify', now())`;
  }
});
afterAll(async () => {
  await end();
  await db.close();
});

interface Table {
  readonly name: string;
  readonly columns: readonly string[];
}

async function tables(): Promise<readonly Table[]> {
  const rows = await db.as("superuser")`
    select c.relname as name, json_agg(a.attname)::text as columns from pg_class c
    join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where n.nspname = 'platform' and c.relkind in ('r', 'p') group by 1 order by 1`;
  return rows.map((row) => ({
    name: String(row["name"]),
    columns: JSON.parse(String(row["columns"])),
  }));
}

const tenantTables = async (): Promise<readonly string[]> =>
  (await tables())
    .filter(({ columns, name }) => columns.includes("org_id") && !GLOBAL_TABLES.includes(name))
    .map(({ name }) => name);

describe("two organizations", () => {
  test("[TN2] without a scope no row of any organization is seen", async () => {
    for (const table of await tenantTables()) {
      const rows = await sql.transaction({ none: true }, (tx) =>
        tx.query(`select 1 from platform.${table}`),
      );
      expect(rows, table).toEqual([]);
    }
  });

  test("[TN1] each organization sees its own rows alone", async () => {
    for (const table of await tenantTables()) {
      const seen = await sql.transaction({ org: A }, (tx) =>
        tx.query(`select distinct org_id from platform.${table}`),
      );
      expect(
        seen.filter((row) => row["org_id"] !== A),
        table,
      ).toEqual([]);
    }
    const analyses = await sql.transaction({ org: A }, (tx) =>
      tx.query("select id from platform.analyses"),
    );
    expect(analyses).toEqual([{ id: A }]);
  });

  test("[TN1] no statement of one organization changes a row of the other", async () => {
    const granted = await db.as("superuser")`
      select table_name as name, privilege_type as right from information_schema.role_table_grants
      where grantee = 'platform_rt' and table_schema = 'platform'`;
    for (const table of await tenantTables()) {
      const may = granted.filter((row) => row["name"] === table).map((row) => String(row["right"]));
      if (may.includes("UPDATE")) {
        const updated = await sql.transaction({ org: A }, (tx) =>
          tx.query(`update platform.${table} set org_id = org_id where org_id = $1 returning 1`, [
            B,
          ]),
        );
        expect(updated, table).toEqual([]);
      }
      if (may.includes("DELETE")) {
        const deleted = await sql.transaction({ org: A }, (tx) =>
          tx.query(`delete from platform.${table} where org_id = $1 returning 1`, [B]),
        );
        expect(deleted, table).toEqual([]);
      }
    }
  });

  test("[TN1] no row can be written for, or moved to, the other organization", async () => {
    const attempts = [
      `insert into platform.memberships (org_id, user_id, role) values ('${B}', '${USER_A}', 'owner')`,
      `update platform.analyses set org_id = '${B}'`,
      `insert into platform.idempotency_keys (org_id, principal, route, key, subject_id, locked_at, expires_at) values ('${B}', 'p', 'r', 'x', '${A}', now(), now())`,
    ];
    for (const text of attempts) {
      await expect(
        sql.transaction({ org: A }, (tx) => tx.query(text)),
        text,
      ).rejects.toThrow(/row-level security/);
    }
  });

  test("[TN3] a row cannot point into another organization", async () => {
    const text =
      "insert into platform.failed_tests (org_id, analysis_id, n, framework, name, log_line) values ($1, $2, 9, 'jest', 'x', 1)";
    await expect(sql.transaction({ org: A }, (tx) => tx.query(text, [A, B]))).rejects.toThrow(
      /foreign key/,
    );
  });

  test("[TN2] a user sees the own profile, sessions and organizations, and nobody else's", async () => {
    const seen = await sql.transaction({ user: USER_A }, async (tx) => ({
      users: await tx.query("select id from platform.users"),
      sessions: await tx.query("select user_id from platform.session_families"),
      identities: await tx.query("select user_id from platform.identities"),
      orgs: await tx.query("select id from platform.orgs"),
      analyses: await tx.query("select id from platform.analyses"),
    }));
    expect(seen).toEqual({
      users: [{ id: USER_A }],
      sessions: [{ user_id: USER_A }],
      identities: [{ user_id: USER_A }],
      orgs: [{ id: A }],
      analyses: [],
    });
  });

  test("[TN4] link tokens are reached by functions only", async () => {
    await expect(
      sql.transaction({ none: true }, (tx) => tx.query("select 1 from platform.link_tokens")),
    ).rejects.toThrow(/permission denied/);
  });

  test("[TN4] an identity is found by issuer and subject, a nonce passes once, and neither is read otherwise", async () => {
    const found = await sql.transaction({ none: true }, (tx) =>
      tx.query(
        "select platform.find_identity('https://id.example', 'a') as a, platform.find_identity('https://id.example', '') as none",
      ),
    );
    expect(found).toEqual([{ a: USER_A, none: null }]);
    expect(
      await sql.transaction({ none: true }, (tx) => tx.query("select 1 from platform.identities")),
    ).toEqual([]);
    const use = "select platform.use_nonce(sha256('n'), now() + interval '1 hour', now()) as used";
    const once = async () => (await sql.transaction({ none: true }, (tx) => tx.query(use)))[0];
    expect([await once(), await once()]).toEqual([{ used: true }, { used: false }]);
    await expect(
      sql.transaction({ none: true }, (tx) => tx.query("select 1 from platform.used_nonces")),
    ).rejects.toThrow(/permission denied/);
  });

  test("[TN1] nobody makes a user, or an identity, in somebody else's name", async () => {
    const attempts = [
      `insert into platform.users (id, name) values ('${A}', 'x')`,
      `insert into platform.identities (id, user_id, provider, issuer, subject, name, created_at, last_login_at)
        values ('${B}', '${USER_B}', 'oidc', 'i', 's', 'x', now(), now())`,
    ];
    for (const text of attempts)
      await expect(
        sql.transaction({ user: USER_A }, (tx) => tx.query(text)),
        text,
      ).rejects.toThrow(/row-level security/);
  });

  test("[TN4] members are shown to their organization only", async () => {
    const members = (scope: { org: string } | { none: true }) =>
      sql.transaction(scope, (tx) => tx.query("select id from platform.member_profiles()"));
    expect(await members({ org: B })).toEqual([{ id: USER_B }]);
    expect(await members({ none: true })).toEqual([]);
  });

  test("[TN5] the owner of the tables sees no organization's rows either", async () => {
    const ddl = db.as("platform_ddl");
    for (const table of await tenantTables()) {
      const rows = await ddl.unsafe(`select 1 from platform.${table}`);
      expect(rows.length, table).toBe(0);
    }
  });
});

/** Tables without forced row security or without a policy. */
async function bareTables(): Promise<unknown[]> {
  const rows = await db.as("superuser")`
    select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'platform' and c.relkind in ('r', 'p')
      and not (c.relrowsecurity and c.relforcerowsecurity and exists (select from pg_policy p where p.polrelid = c.oid))`;
  return rows.map((row) => row["relname"]);
}

const strayTables = async (): Promise<readonly Table[]> =>
  (await tables()).filter(
    ({ name, columns }) => !columns.includes("org_id") && !GLOBAL_TABLES.includes(name),
  );

/** Policies that compute the scope per row: only inside a sub-select it is computed once. */
async function barePolicies(): Promise<string[]> {
  const rows = await db.as("superuser")`
    select tablename, policyname, coalesce(qual, '') || coalesce(with_check, '') as text from pg_policies where schemaname = 'platform'`;
  return rows
    .filter((row) => /(?<!SELECT )platform\.current_(?:org|user_id)\(\)/.test(String(row["text"])))
    .map((row) => `${String(row["tablename"])}.${String(row["policyname"])}`);
}

/** Tables and functions on which PUBLIC has a right. */
async function openObjects(): Promise<unknown[]> {
  const rows = await db.as("superuser")`
    select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace, aclexplode(c.relacl) acl
    where n.nspname = 'platform' and acl.grantee = 0
    union all
    select p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace,
      aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) acl
    where n.nspname = 'platform' and acl.grantee = 0`;
  return rows.map((row) => row["name"]);
}

/** Foreign keys whose columns begin no index: deleting the other side would read the whole table. */
async function bareKeys(): Promise<unknown[]> {
  const rows = await db.as("superuser")`
    select con.conrelid::regclass::text || ' ' || con.conname as name from pg_constraint con
    join pg_namespace n on n.oid = con.connamespace
    where n.nspname = 'platform' and con.contype = 'f' and not exists (
      select from pg_index i where i.indrelid = con.conrelid and i.indpred is null
        and (i.indkey::int2[])[0:cardinality(con.conkey) - 1] @> con.conkey)`;
  return rows.map((row) => row["name"]);
}

describe("the catalog", () => {
  test("[TN7] row security is enabled and forced on every table, each of which has a policy", async () => {
    expect(await bareTables()).toEqual([]);
  });

  test("[TN7] a table belongs to an organization or is on the list of global ones", async () => {
    expect(await strayTables()).toEqual([]);
  });

  test("[TN7] policies compute the scope once per statement, not per row", async () => {
    expect(await barePolicies()).toEqual([]);
  });

  test("[TN7] platform_ddl owns every table, and PUBLIC has no right to anything", async () => {
    const owners = await db.as(
      "superuser",
    )`select distinct tableowner from pg_tables where schemaname = 'platform'`;
    expect(owners.map((row) => row["tableowner"])).toEqual(["platform_ddl"]);
    expect(await openObjects()).toEqual([]);
  });

  test("[TN7] every foreign key has an index that begins with its columns", async () => {
    expect(await bareKeys()).toEqual([]);
  });

  /** One function deletes an organization's rows: the owner of the tables may, and sees the scope's rows alone. */
  const ownerOf = (name: unknown): string =>
    name === "purge_rows" ? "platform_ddl" : "platform_lookup";

  test("[TN4] functions that see past row security are a list, and fix their search path", async () => {
    const rows = await db.as("superuser")`
      select p.proname as name, pg_get_userbyid(p.proowner) as owner, coalesce(array_to_string(p.proconfig, ','), '') as config
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'platform' and p.prosecdef order by 1`;
    expect(rows.map((row) => row["name"])).toEqual([
      "admin_orgs",
      "any_user",
      "claim_setup",
      "find_identity",
      "find_invitation",
      "find_key",
      "find_verified_email",
      "forget_links",
      "forget_sessions",
      "list_org_ids",
      "member_profiles",
      "needed_keks",
      "open_invitation_for",
      "orgs_of_own_traces",
      "orgs_with_own_keys",
      "purge_rows",
      "put_link",
      "put_link_for",
      "take_link",
      "use_nonce",
    ]);
    expect(
      rows.filter(
        (row) => row["owner"] !== ownerOf(row["name"]) || row["config"] !== 'search_path=""',
      ),
    ).toEqual([]);
  });

  test("[TN5] no login bypasses row security or inherits the look-up role", async () => {
    const su = db.as("superuser");
    const bypass = await su`select rolname from pg_roles where rolbypassrls and not rolsuper`;
    expect(bypass.map((row) => row["rolname"])).toEqual([]);
    const inheriting = await su`
      select pg_get_userbyid(member) as member from pg_auth_members where roleid = 'platform_lookup'::regrole and inherit_option`;
    expect(inheriting.map((row) => row["member"])).toEqual([]);
    const [create] =
      await su`select has_schema_privilege('platform_lookup', 'platform', 'create') as may`;
    expect(create?.["may"]).toBe(false);
  });

  test("[TN7] a table made without care is noticed", async () => {
    const su = db.as("superuser");
    await su`create table platform.careless (id uuid primary key, user_id uuid references platform.users)`;
    await su`grant select on platform.careless to public`;
    await su`create policy bare on platform.careless using (id = platform.current_org())`;
    const notices = [
      await bareTables(),
      (await strayTables()).map(({ name }) => name),
      await barePolicies(),
      await openObjects(),
      await bareKeys(),
    ];
    expect(notices).toEqual([
      ["careless"],
      ["careless"],
      ["careless.bare"],
      ["careless"],
      ["platform.careless careless_user_id_fkey"],
    ]);
    await su`drop table platform.careless`;
  });
});

/** Comes last: it takes A's rows away. */
describe("a deleted organization", () => {
  test("[TN8] every table gives up its rows, none those of another organization", async () => {
    const su = db.as("superuser");
    const left = async (org: string): Promise<string[]> => {
      const names: string[] = [];
      for (const name of await tenantTables())
        if ((await su.unsafe(`select 1 from platform.${name} where org_id = '${org}'`)).length > 0)
          names.push(name);
      return names;
    };
    const [ofA, ofB] = [await left(A), await left(B)];
    expect(ofA.length).toBeGreaterThan(5);
    await su`update platform.orgs set status = 'deleting', purge_at = now() where id = ${A}`;
    await eraseRows(sql, A);
    const kept = ["audit_log", "audit_heads", "audit_seals"];
    expect((await left(A)).filter((name) => !kept.includes(name))).toEqual([]);
    expect(await left(B)).toEqual(ofB);
  });
});
