/** The audit chain over a real database: written with its changes, verified, read by people, and only ever added to. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  openPlatform,
  post,
  setUp,
  type SignedIn,
  type TestPlatform,
} from "../../../test/platform.ts";
import type { AuditOrigin, AuditVerification } from "./model.ts";
import { chainHash } from "./rules/chain.ts";
import { appendAudit } from "./service.ts";
import { erasePii } from "./service/erasure.ts";
import { verifyChain } from "./service/verify.ts";

let platform: TestPlatform;
let owner: SignedIn;
let orgs = 0;

beforeAll(async () => {
  platform = await openPlatform();
  owner = await setUp(platform);
});
afterAll(() => platform.close());

async function newOrg(): Promise<string> {
  orgs += 1;
  const id = `01900000-0000-7000-8000-${String(orgs).padStart(12, "0")}`;
  await platform.db.as("superuser")`
    insert into platform.orgs (id, slug, name) values (${id}, ${`o${orgs}`}, 'O')`;
  return id;
}
const originOf = (org: string, user = "ada"): AuditOrigin => ({
  org,
  at: platform.clock.now,
  actor: { kind: "user", id: user },
  requestId: "request-1",
  pii: { name: user.toUpperCase(), ip: "192.0.2.7", userAgent: "Browser/1" },
  random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
});
const append = (org: string, action = "keys.create", user = "ada"): Promise<number> =>
  platform.sql.transaction({ org }, (tx) =>
    appendAudit(tx, {
      ...originOf(org, user),
      action,
      resource: "keys/1",
      changes: { name: { before: null, after: "k" } },
    }),
  );
async function chainOf(length: number): Promise<string> {
  const org = await newOrg();
  for (let n = 0; n < length; n += 1) await append(org);
  return org;
}
const verify = (org: string, from = 1, to?: number): Promise<AuditVerification> =>
  verifyChain(platform.sql, { org, from, to });
/** A statement no guard of the database sees, as of somebody who owns the machine. */
const forge = (text: string, params: (string | number)[]): Promise<unknown> =>
  platform.db.as("superuser").begin(async (tx) => {
    await tx`set local session_replication_role = replica`;
    await tx.unsafe(text, params);
  });

describe("appending", () => {
  test("[AU3] a hundred changes at once leave no gap, and the chain verifies", async () => {
    const org = await newOrg();
    const seqs = await Promise.all(Array.from({ length: 100 }, () => append(org)));
    expect(seqs.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, n) => n + 1));
    expect(await verify(org)).toEqual({
      ok: true,
      checked: 100,
      first_bad: null,
      erased: 0,
      next_seq: null,
    });
  });

  test("[AU1] a change that is rolled back leaves no record, and the next one takes its number", async () => {
    const org = await chainOf(1);
    const failing = platform.sql.transaction({ org }, async (tx) => {
      await appendAudit(tx, { ...originOf(org), action: "keys.create", resource: "keys/2" });
      throw new Error("the change failed");
    });
    await expect(failing).rejects.toThrow("the change failed");
    expect(await append(org)).toBe(2);
    expect((await verify(org)).ok).toBe(true);
  });

  test("[AU2] text that Postgres has no room for is recorded with its replacement", async () => {
    const org = await newOrg();
    await platform.sql.transaction({ org }, (tx) =>
      appendAudit(tx, {
        ...originOf(org),
        action: "keys.create",
        resource: "keys/1",
        changes: { name: { before: "nul \0 byte", after: "half \uD800 pair" } },
      }),
    );
    expect((await verify(org)).ok).toBe(true);
    const [row] = await platform.db.as("superuser")`
      select record::jsonb -> 'changes' -> 'name' as name from platform.audit_log where org_id = ${org}`;
    expect(row?.["name"]).toEqual({ before: "nul \uFFFD byte", after: "half \uFFFD pair" });
  });

  test("[AU4] the service may not change, delete or empty the chain", async () => {
    const org = await chainOf(1);
    for (const text of [
      "update platform.audit_log set action = 'x'",
      "delete from platform.audit_log",
      "truncate platform.audit_log",
      "update platform.audit_seals set head = 'x'",
      "delete from platform.audit_seals",
      "update platform.audit_pii set actor_name = 'x'",
    ])
      await expect(
        platform.sql.transaction({ org }, (tx) => tx.query(text)),
        text,
      ).rejects.toThrow(/permission denied/);
  });

  test("[AU4] the owner of the tables is refused by a trigger", async () => {
    const org = await chainOf(1);
    await platform.db.as("superuser")`
      insert into platform.audit_seals (org_id, to_seq, from_seq, head, sealed_at) values (${org}, 1, 1, '{}', now())`;
    for (const text of [
      "update platform.audit_log set action = 'x'",
      "delete from platform.audit_log",
      "truncate platform.audit_log cascade",
      "update platform.audit_seals set head = 'x'",
      "delete from platform.audit_seals",
      "truncate platform.audit_seals",
    ]) {
      const tried = platform.db.as("platform_ddl").begin(async (tx) => {
        await tx`select set_config('platform.org_id', ${org}, true)`;
        await tx.unsafe(text);
      });
      await expect(tried, text).rejects.toThrow("only ever added to");
    }
  });
});

describe("verifying", () => {
  const tampered: [string, string, (string | number)[], unknown][] = [
    [
      "a record is taken out",
      "delete from platform.audit_log where org_id = $1 and seq = 4",
      [],
      { seq: 4, reason: "gap" },
    ],
    [
      "the last record is taken out",
      "delete from platform.audit_log where org_id = $1 and seq = 10",
      [],
      { seq: 10, reason: "gap" },
    ],
    [
      "a record says something else",
      "update platform.audit_log set record = replace(record, 'keys.create', 'keys.revoke') where org_id = $1 and seq = 4",
      [],
      { seq: 4, reason: "hash" },
    ],
    [
      "a hash is another",
      "update platform.audit_log set hash = sha256('x') where org_id = $1 and seq = 4",
      [],
      { seq: 4, reason: "hash" },
    ],
    [
      "a column says something else",
      "update platform.audit_log set action = 'keys.revoke' where org_id = $1 and seq = 4",
      [],
      { seq: 4, reason: "record" },
    ],
    [
      "a time is another",
      "update platform.audit_log set at = at - interval '1 day' where org_id = $1 and seq = 4",
      [],
      { seq: 4, reason: "record" },
    ],
    [
      "somebody else did it",
      "update platform.audit_log set actor = 'user:eve' where org_id = $1 and seq = 4",
      [],
      { seq: 4, reason: "record" },
    ],
    [
      "another name stands beside it",
      "update platform.audit_pii set actor_name = 'EVE' where org_id = $1 and seq = 4",
      [],
      { seq: 4, reason: "pii" },
    ],
    [
      "another address stands beside it",
      "update platform.audit_pii set ip = '192.0.2.8' where org_id = $1 and seq = 4",
      [],
      { seq: 4, reason: "pii" },
    ],
    [
      "the head has another hash",
      "update platform.audit_heads set hash = sha256('x') where org_id = $1",
      [],
      { seq: 10, reason: "head" },
    ],
    [
      "the head was set back",
      "update platform.audit_heads set seq = 8, hash = (select hash from platform.audit_log where org_id = $1 and seq = 8) where org_id = $1",
      [],
      { seq: 8, reason: "head" },
    ],
    [
      "the head is gone",
      "delete from platform.audit_heads where org_id = $1",
      [],
      { seq: 0, reason: "head" },
    ],
  ];
  test.each(tampered)("[AU3] it is noticed when %s", async (_what, text, params, first_bad) => {
    const org = await chainOf(10);
    await forge(text, [org, ...params]);
    expect(await verify(org)).toMatchObject({ ok: false, first_bad });
  });

  test("[AU3] a record of another organization, hash and all, is no record of this one", async () => {
    const [org, other] = [await newOrg(), await chainOf(1)];
    await forge(
      `insert into platform.audit_log select $1, seq, at, actor, action, resource, record, hash
       from platform.audit_log where org_id = $2`,
      [org, other],
    );
    await forge(
      "insert into platform.audit_heads select $1, seq, hash from platform.audit_heads where org_id = $2",
      [org, other],
    );
    expect(await verify(org)).toMatchObject({ ok: false, first_bad: { seq: 1, reason: "record" } });
  });

  test("[AU3] a range is verified from the hash before it, and says where to go on", async () => {
    const org = await chainOf(10);
    expect(await verify(org, 3, 6)).toMatchObject({ ok: true, checked: 4, next_seq: 7 });
    expect(await verify(org, 7)).toMatchObject({ ok: true, checked: 4, next_seq: null });
    expect(await verify(org, 11)).toMatchObject({ ok: true, checked: 0, next_seq: null });
    expect(await verify(org, 500)).toMatchObject({ ok: true, checked: 0, next_seq: null });
    await forge("update platform.audit_log set hash = sha256('x') where org_id = $1 and seq = 2", [
      org,
    ]);
    expect(await verify(org, 3, 6)).toMatchObject({
      ok: false,
      first_bad: { seq: 3, reason: "hash" },
    });
    expect(await verify(org, 4, 6)).toMatchObject({ ok: true });
  });

  test("[AU3] an empty chain is whole", async () => {
    expect(await verify(await newOrg())).toMatchObject({ ok: true, checked: 0 });
  });

  test("[AU5] what was erased verifies as erased; the rest keeps its names", async () => {
    const org = await newOrg();
    for (const user of ["ada", "bob", "ada"]) await append(org, "keys.create", user);
    const erased = await platform.sql.transaction({ org }, (tx) =>
      erasePii(tx, originOf(org, "bob"), { user: "ada" }),
    );
    expect(erased).toBe(2);
    expect(await verify(org)).toMatchObject({ ok: true, checked: 4, erased: 2 });
    const names = await platform.db.as("superuser")`
      select actor_name from platform.audit_pii where org_id = ${org} order by seq`;
    expect(names.map((row) => row["actor_name"])).toEqual(["BOB", "BOB"]);
    await platform.sql.transaction({ org }, (tx) =>
      erasePii(
        tx,
        { ...originOf(org), pii: { name: null, ip: null, userAgent: null } },
        "everybody",
      ),
    );
    const left = await platform.db.as("superuser")`
      select actor_name, ip, user_agent from platform.audit_pii where org_id = ${org}`;
    expect(left.map((row) => ({ ...row }))).toEqual([
      { actor_name: null, ip: null, user_agent: null },
    ]);
    expect(await verify(org)).toMatchObject({ ok: true, checked: 5, erased: 4 });
  });
});

describe("reading", () => {
  interface Page {
    items: { seq: number; action: string; resource: string; actor_name: string | null }[];
    next_cursor: string | null;
  }
  const read = async (query: string): Promise<Page> =>
    (await (await owner.send(`/api/v1/audit${query}`)).json()) as Page;

  test("[AU1] making a key is in the chain, newest first, with who did it", async () => {
    await owner.send("/api/v1/secrets/env.A", { ...post({ value: "value of a" }), method: "PUT" });
    await owner.send("/api/v1/secrets/env.B", { ...post({ value: "value of b" }), method: "PUT" });
    await owner.send("/api/v1/secrets/env.A", { method: "DELETE" });
    const { items } = await read("?action=secrets");
    expect(items.map(({ action, resource }) => [action, resource])).toEqual([
      ["secrets.delete", "secrets/env/A"],
      ["secrets.put", "secrets/env/B"],
      ["secrets.put", "secrets/env/A"],
    ]);
    expect(items[0]?.actor_name).not.toBeNull();
  });

  test("[AU1] lists are filtered by action, thing and time, and paged without loss", async () => {
    const count = async (query: string) => (await read(query)).items.length;
    expect(await count("?action=secrets.put")).toBe(2);
    expect(await count("?resource=secrets/env/A")).toBe(2);
    expect(await count("?resource=secrets")).toBe(3);
    expect(await count("?resource=secrets/env/")).toBe(0);
    const later = new Date(platform.clock.now + 1).toISOString();
    expect(await count(`?from=${later}`)).toBe(0);
    expect(await count(`?to=${later}&action=secrets`)).toBe(3);
    const first = await read("?action=secrets&limit=2");
    const second = await read(`?action=secrets&limit=2&cursor=${first.next_cursor}`);
    expect([...first.items, ...second.items].map(({ resource }) => resource)).toEqual([
      "secrets/env/A",
      "secrets/env/B",
      "secrets/env/A",
    ]);
    const mixed = await owner.send(`/api/v1/audit?limit=2&cursor=${first.next_cursor}`);
    expect(mixed.status).toBe(400);
    expect((await owner.send("/api/v1/audit?wrong=1")).status).toBe(422);
  });

  test("[AU3] the API verifies the chain, and says what is wrong with a forged one", async () => {
    const verified = async () => (await owner.send("/api/v1/audit/verify")).json();
    expect(await verified()).toMatchObject({ ok: true, first_bad: null });
    await forge("update platform.audit_log set action = 'x.y' where org_id = $1 and seq = 1", [
      owner.orgId,
    ]);
    expect(await verified()).toMatchObject({ ok: false, first_bad: { seq: 1, reason: "record" } });
    await forge(
      "update platform.audit_log set action = record::jsonb ->> 'action' where org_id = $1",
      [owner.orgId],
    );
    expect(await verified()).toMatchObject({ ok: true });
  });

  test("[AU7] a copy holds every record and no name, and is itself recorded", async () => {
    const answer = await owner.send("/api/v1/audit/export?from_seq=2");
    const lines = (await answer.text()).trimEnd().split("\n");
    const [first] = lines.map((line) => JSON.parse(line) as { record: string; hash: string });
    const [before] = await platform.db.as("superuser")`
      select encode(hash, 'hex') as hash from platform.audit_log where org_id = ${owner.orgId} and seq = 1`;
    expect(chainHash(String(before?.["hash"]), first?.record ?? "")).toBe(first?.hash);
    expect(lines.join()).not.toContain("Ada");
    expect(lines.at(-1)).toContain("audit.export");
  });

  test("[AU1] who may not read the chain finds none", async () => {
    const key = (await (
      await owner.send("/api/v1/keys", post({ name: "k", grants: ["analyses.read"] }))
    ).json()) as { token: string };
    for (const path of ["/audit", "/audit/heads", "/audit/verify", "/audit/export"]) {
      const answer = await platform.send(`/api/v1${path}`, { headers: { "x-api-key": key.token } });
      expect(answer.status, path).toBe(404);
    }
  });
});
