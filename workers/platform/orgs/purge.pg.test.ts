/** The end of an organization: what goes, what stays, and that a night cut off anywhere goes on the next one [TN8]. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { addMember, addOrg, addUser } from "../../../test/people.ts";
import { fakeBucket } from "../../../test/fakes/r2.ts";
import { openPlatform, setUp, type TestPlatform } from "../../../test/platform.ts";
import type { Sql, Tx } from "../adapters/sql.ts";
import { appendAudit } from "../audit/service.ts";
import { orgsTick } from "./schedule.ts";
import { forgetInvitations, forgetSignIns, purgeOrg, type PurgePorts } from "./service/purge.ts";

const DAY_MS = 86_400_000;
const random = (bytes: number): Uint8Array => crypto.getRandomValues(new Uint8Array(bytes));

let platform: TestPlatform;
let userId: string;
const logs = fakeBucket();
const artifacts = fakeBucket();
/** Dispatchers that hold something. */
const dispatchers = new Set<string>();
/** Limiters likewise. */
const limiters = new Set<string>();

const limiterNamespace = (step: <T>(work: () => Promise<T>) => Promise<T>) => ({
  idFromName: (name: string) => name,
  get: (name: string) => ({
    erase: () =>
      step(async () => {
        limiters.delete(name);
        return { ok: true, value: null };
      }),
  }),
});

beforeAll(async () => {
  platform = await openPlatform({
    LIMITER: limiterNamespace((work) => work()),
    LOGS: logs.bucket,
    ARTIFACTS: artifacts.bucket,
    DISPATCHER: {
      idFromName: (name: string) => name,
      get: (name: string) => ({ erase: async () => void dispatchers.delete(name) }),
    },
  });
  await setUp(platform);
  userId = await addUser(platform, "Bob");
});
afterAll(() => platform.close());

const ports = (): PurgePorts => ({
  env: platform.env,
  sql: platform.sql,
  now: () => platform.clock.now,
  random,
});

let made = 0;
/** An organization with something in every place, whose deletion is due in thirty days. */
async function doomed(): Promise<string> {
  made += 1;
  const org = await addOrg(platform, `doomed-${made}`);
  const su = platform.db.as("superuser");
  await addMember(platform, org, userId, "owner");
  const [first, second] = [crypto.randomUUID(), crypto.randomUUID()];
  const keys: readonly [string, string | null][] = [
    [second, null],
    [first, second],
  ];
  for (const [id, successor] of keys)
    await su`insert into platform.api_keys (org_id, id, key_id, name, hash, grants, created_by, created_at, replaced_by)
      values (${org}, ${id}, ${id.replaceAll("-", "").slice(0, 16)}, 'k', sha256('x'), '[]', ${userId}, now(), ${successor})`;
  await su`insert into platform.invitations (org_id, id, hash, role, invited_by, created_at, expires_at)
    values (${org}, ${org}, sha256(${org}), 'viewer', ${userId}, now(), now())`;
  await su`insert into platform.idempotency_keys (org_id, principal, route, key, subject_id, locked_at, expires_at)
    values (${org}, 'p', 'r', 'k', ${org}, now(), now())`;
  await su`insert into platform.analyses (org_id, id, source, created_by, logs_size_bytes, created_at, expires_at)
    values (${org}, ${org}, 'api', 'key:x', 1, now(), now())`;
  await su`insert into platform.failed_tests (org_id, analysis_id, n, framework, name, log_line)
    values (${org}, ${org}, 1, 'jest', 'x', 1)`;
  await su`insert into platform.runs (org_id, id, dag_id, status, mode, total, succeeded, failed, canceled, open, created_at, change)
    values (${org}, ${org}, 'sys.analyses', 'running', 'live', 0, 0, 0, 0, 0, now(), 1)`;
  await platform.sql.transaction({ org }, (tx) =>
    appendAudit(tx, {
      org,
      at: platform.clock.now,
      actor: { kind: "user", id: userId },
      requestId: "r-12345678",
      pii: { name: "Bob", ip: "192.0.2.1", userAgent: "browser" },
      random,
      action: "org.delete",
      resource: "org",
    }),
  );
  await logs.bucket.put(`org/${org}/analyses/1/log`, "log");
  await artifacts.bucket.put(`org/${org}/analyses/1/result.json`, "{}");
  await artifacts.bucket.put(`org/${org}/audit/1-1.ndjson.gz`, "chain");
  dispatchers.add(`${org}/dispatcher/sys.analyses`);
  limiters.add(`${org}/limiter`);
  await su`update platform.orgs set status = 'deleting', purge_at = ${new Date(platform.clock.now + 30 * DAY_MS).toISOString()} where id = ${org}`;
  return org;
}

/** Rows of an organization in every table that has any, the audit chain's left out. */
async function rowsOf(org: string): Promise<string[]> {
  const su = platform.db.as("superuser");
  const tables = await su`select table_name as name from information_schema.columns
    where table_schema = 'platform' and column_name = 'org_id' order by 1`;
  const found: string[] = [];
  for (const { name } of tables) {
    if (["audit_log", "audit_heads", "audit_seals", "audit_pii"].includes(String(name))) continue;
    const rows = await su`select 1 from platform.${su(String(name))} where org_id = ${org}`;
    if (rows.length > 0) found.push(String(name));
  }
  return found;
}
const objectsOf = (org: string): string[] =>
  [...logs.objects.keys(), ...artifacts.objects.keys()].filter((key) => key.includes(org));
const dispatchersOf = (org: string): string[] =>
  [...dispatchers, ...limiters].filter((name) => name.startsWith(org));
async function chainOf(org: string): Promise<unknown> {
  const su = platform.db.as("superuser");
  const records =
    await su`select action from platform.audit_log where org_id = ${org} order by seq`;
  const people = await su`select 1 from platform.audit_pii
    where org_id = ${org} and (actor_name is not null or ip is not null or user_agent is not null)`;
  return [records.map((row) => row["action"]), people.length];
}
const orgRow = async (org: string): Promise<unknown> =>
  (
    await platform.db.as(
      "superuser",
    )`select status, name, slug from platform.orgs where id = ${org}`
  )[0];

async function expectGone(org: string): Promise<void> {
  expect(await rowsOf(org)).toEqual([]);
  expect(objectsOf(org)).toEqual([`org/${org}/audit/1-1.ndjson.gz`]);
  expect(dispatchersOf(org)).toEqual([]);
  expect(await chainOf(org)).toEqual([["org.delete", "org.purge"], 0]);
  expect(await orgRow(org)).toEqual({
    status: "deleted",
    name: "deleted",
    slug: `deleted-${org.replaceAll("-", "")}`,
  });
}

const inAMonth = async <T>(body: () => Promise<T>): Promise<T> => {
  platform.clock.now += 30 * DAY_MS;
  try {
    return await body();
  } finally {
    platform.clock.now -= 30 * DAY_MS;
  }
};

/** The ports of a process that is killed after its n-th step: each transaction and each call is a step. */
function mortal(steps: number): PurgePorts {
  let left = steps;
  const step = async <T>(work: () => Promise<T>): Promise<T> => {
    if (left <= 0) throw new Error("killed");
    left -= 1;
    const value = await work();
    if (left <= 0) throw new Error("killed");
    return value;
  };
  const { env, sql, ...rest } = ports();
  const bucket = (of: R2Bucket): R2Bucket =>
    ({
      list: (options: R2ListOptions) => step(() => of.list(options)),
      delete: (keys: string[]) => step(() => of.delete(keys)),
    }) as unknown as R2Bucket;
  const stub = (id: DurableObjectId) =>
    env.DISPATCHER.get(id) as unknown as { erase(request: unknown): Promise<void> };
  return {
    ...rest,
    env: {
      ...env,
      LOGS: bucket(env.LOGS),
      ARTIFACTS: bucket(env.ARTIFACTS),
      DISPATCHER: {
        idFromName: (name: string) => name,
        get: (id: DurableObjectId) => ({
          erase: (request: unknown) => step(() => stub(id).erase(request)),
        }),
      },
      LIMITER: limiterNamespace(step),
    } as unknown as Env,
    sql: {
      transaction: <T>(scope: Parameters<Sql["transaction"]>[0], body: (tx: Tx) => Promise<T>) =>
        step(() => sql.transaction(scope, body)),
    },
  };
}

describe("deleting an organization", () => {
  test("[TN8] nothing goes before thirty days are over, nor from one that lives", async () => {
    const org = await doomed();
    const before = await rowsOf(org);
    platform.clock.now += 30 * DAY_MS - 1;
    expect(await purgeOrg(ports(), org)).toBe(false);
    platform.clock.now -= 30 * DAY_MS - 1;
    await platform.db.as(
      "superuser",
    )`update platform.orgs set status = 'active', purge_at = null where id = ${org}`;
    await inAMonth(async () => expect(await purgeOrg(ports(), org)).toBe(false));
    expect(await rowsOf(org)).toEqual(before);
  });

  test("[TN8] then rows, objects and dispatchers go; the chain stays, without names", async () => {
    const [org, other] = [await doomed(), await doomed()];
    const before = [await rowsOf(other), objectsOf(other), dispatchersOf(other)];
    await inAMonth(async () => {
      expect(await purgeOrg(ports(), org)).toBe(true);
      expect(await purgeOrg(ports(), org)).toBe(false);
    });
    await expectGone(org);
    expect([await rowsOf(other), objectsOf(other), dispatchersOf(other)]).toEqual(before);
    expect(await chainOf(other)).toEqual([["org.delete"], 1]);
  });

  test("[TN8] killed after any step, the next night finishes it", { timeout: 60_000 }, async () => {
    let kills = 0;
    for (;;) {
      const org = await doomed();
      const survived = await inAMonth(() =>
        purgeOrg(mortal(kills), org).then(
          () => true,
          () => false,
        ),
      );
      if (!survived) await inAMonth(() => purgeOrg(ports(), org));
      await expectGone(org);
      if (survived) break;
      kills += 1;
    }
    // As many as there are transactions, lists, deletes and calls: one per table at least.
    expect(kills).toBeGreaterThan(15);
  });

  test("[TN8] cron does it at night, and one organization that fails holds up no other", async () => {
    const [broken, due] = [await doomed(), await doomed()];
    await platform.db.as(
      "superuser",
    )`update platform.orgs set purge_at = now() - interval '1 minute'
      where id in (${broken}, ${due})`;
    const env = {
      ...platform.env,
      PG: { connectionString: platform.db.urlFor("platform_rt") },
      LIMITER: {
        idFromName: (name: string) => name,
        get: (name: string) => ({
          erase: async () => {
            if (name.startsWith(broken)) throw new Error("the object is not reachable");
            limiters.delete(name);
            return { ok: true, value: null };
          },
        }),
      },
    } as unknown as Env;
    const logged = vi.spyOn(console, "log").mockImplementation(() => {});
    await orgsTick("* * * * *", env);
    expect(await orgRow(due)).toMatchObject({ status: "deleting" });
    await orgsTick("7 3 * * *", env);
    expect(logged.mock.calls.flat().filter((line) => String(line).includes(broken))).toHaveLength(
      1,
    );
    logged.mockRestore();
    await expectGone(due);
    expect(await orgRow(broken)).toMatchObject({ status: "deleting" });
  });

  test("[TN8] rows of an organization that is not being deleted cannot be purged at all", async () => {
    const org = await addOrg(platform, "safe");
    const purge = (table: string): Promise<unknown> =>
      platform.sql.transaction({ org }, (tx) =>
        tx.query("select platform.purge_rows($1, 10)", [table]),
      );
    await expect(purge("memberships")).rejects.toThrow(
      /only an organization that is being deleted/,
    );
    const dying = await doomed();
    const chain = platform.sql.transaction({ org: dying }, (tx) =>
      tx.query("select platform.purge_rows('audit_log', 10)"),
    );
    await expect(chain).rejects.toThrow(/this table keeps its rows/);
  });
});

describe("forgetting", () => {
  test("[TK13] sessions are forgotten thirty days after they ended, the others stay", async () => {
    const su = platform.db.as("superuser");
    const at = (days: number): string => new Date(platform.clock.now + days * DAY_MS).toISOString();
    const ids = {
      ended: crypto.randomUUID(),
      expired: crypto.randomUUID(),
      recent: crypto.randomUUID(),
    };
    for (const [id, expires, ended] of [
      [ids.ended, 7, -31],
      [ids.expired, -31, null],
      [ids.recent, 7, -29],
    ] as const)
      await su`insert into platform.session_families (id, user_id, auth_at, rotated_at, expires_at, absolute_expires_at, ended_at, end_reason)
        values (${id}, ${userId}, now(), now(), ${at(expires)}, ${at(90)}, ${ended === null ? null : at(ended)}, ${ended === null ? null : "logout"})`;
    await su`insert into platform.link_tokens (hash, purpose, user_id, expires_at)
      values (sha256('old'), 'login', ${userId}, ${at(-2)}), (sha256('new'), 'login', ${userId}, ${at(0)})`;
    expect(await forgetSignIns(ports())).toBe(3);
    const left = await su`select id from platform.session_families where user_id = ${userId}`;
    expect(left.map((row) => row["id"])).toEqual([ids.recent]);
  });

  test("[ID18] invitations are forgotten thirty days after they expired", async () => {
    const org = await addOrg(platform, "inviting");
    const su = platform.db.as("superuser");
    for (const days of [-31, -29])
      await su`insert into platform.invitations (org_id, id, hash, role, invited_by, created_at, expires_at)
        values (${org}, gen_random_uuid(), ${random(32)}, 'viewer', ${userId}, now(), ${new Date(platform.clock.now + days * DAY_MS).toISOString()})`;
    expect(await forgetInvitations(ports(), org)).toBe(1);
    expect(await forgetInvitations(ports(), org)).toBe(0);
  });
});
