/** Beginnings and ends leave a record, and nothing that was begun before an end outlives it. Over a real database. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newMember, signIn } from "../../../test/people.ts";
import {
  openPlatform,
  ORIGIN,
  post,
  setUp,
  type SignedIn,
  type TestPlatform,
} from "../../../test/platform.ts";
import { createKey } from "../keys/service.ts";
import { rotateKey } from "../keys/service/changes.ts";

let platform: TestPlatform;
let owner: SignedIn;

beforeAll(async () => {
  platform = await openPlatform();
  owner = await setUp(platform);
});
afterAll(() => platform.close());

interface Entry {
  readonly action: string;
  readonly resource: string;
  readonly actor: { readonly id: string };
  readonly changes: unknown;
}
const entries = async (query: string): Promise<readonly Entry[]> =>
  ((await (await owner.send(`/api/v1/audit?${query}`)).json()) as { items: Entry[] }).items;
const logout = (cookie: string): Promise<Response> =>
  platform.send("/api/v1/auth/logout", post({}, { cookie, origin: ORIGIN }));

test("[AU1] [ID12] the first organization's chain begins with its founding", async () => {
  const [first] = (await entries("limit=100")).slice(-1);
  expect(first).toMatchObject({
    action: "org.create",
    resource: "org",
    changes: { tier: { before: null, after: "self_hosted" } },
  });
});

test("[AU1] signing out is recorded, once, where the session was", async () => {
  const person = await newMember(platform, owner.orgId, "viewer");
  expect((await logout(person.cookie)).status).toBe(204);
  expect((await logout(person.cookie)).status).toBe(204);
  const [record, ...more] = await entries("action=sessions.logout");
  expect(more).toEqual([]);
  expect(record).toMatchObject({ actor: { kind: "user", id: person.userId } });
});

test("[TK17] routes that change rights refuse a session whose time ran out, though its access token still holds", async () => {
  const person = await newMember(platform, owner.orgId, "admin");
  await platform.db.as("superuser")`
    update platform.session_families set expires_at = ${new Date(platform.clock.now).toISOString()}
    where user_id = ${person.userId}`;
  expect((await person.send("/api/v1/me")).status).toBe(200);
  const made = await person.send("/api/v1/keys", post({ name: "k", grants: ["keys.read"] }));
  expect(made.status).toBe(401);
});

test("[ID15] [S8] a key that is being made while its maker revokes everything does not survive", async () => {
  const person = await newMember(platform, owner.orgId, "admin");
  const superuser = platform.db.as("superuser");
  const waiting = async (wanted: number): Promise<void> => {
    for (let found = 0; found < wanted;) {
      const rows = await superuser`select 1 from pg_stat_activity
        where datname = ${platform.db.name} and wait_event_type = 'Lock'`;
      found = rows.length;
    }
  };
  const answers: Promise<Response>[] = [];
  await superuser.begin(async (tx) => {
    // As long as no record can be added, both stand where they would otherwise pass each other.
    await tx`select 1 from platform.audit_heads for update`;
    answers.push(person.send("/api/v1/keys", post({ name: "late", grants: ["analyses.read"] })));
    await waiting(1);
    answers.push(person.send("/api/v1/me/revoke-all", { method: "POST" }));
    await waiting(2);
  });
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([201, 204]);
  const live = await superuser`
    select 1 from platform.api_keys where created_by = ${person.userId} and revoked_at is null`;
  expect(live).toHaveLength(0);
  const next = await signIn(platform, person.userId, owner.orgId);
  expect((await next.send("/api/v1/me")).status).toBe(200);
});

test("[ID15] [S8] a session that ended after it was checked makes no key and no successor", async () => {
  const person = await newMember(platform, owner.orgId, "admin");
  const made = await person.send("/api/v1/keys", post({ name: "k", grants: ["keys.read"] }));
  const { key } = (await made.json()) as { key: { id: string; version: number } };
  const sessions = await person.send("/api/v1/me/sessions");
  const { items } = (await sessions.json()) as { items: { id: string }[] };
  await logout(person.cookie);
  const random = (bytes: number): Uint8Array => crypto.getRandomValues(new Uint8Array(bytes));
  const { env, sql, clock } = platform;
  const ports = { env, sql, now: () => clock.now, random, sid: items[0]?.id };
  const origin = {
    org: owner.orgId,
    at: clock.now,
    actor: { kind: "user", id: person.userId },
    requestId: "request-1",
    pii: { name: null, ip: null, userAgent: null },
    random,
  } as const;
  const refused = { ok: false, refusal: { code: "unauthenticated" } };
  const wish = { name: "late", grants: ["keys.read"] };
  expect(await createKey(ports, origin, wish, randomUUID())).toMatchObject(refused);
  const rotation = {
    id: key.id,
    version: key.version,
    grace: "0",
    subjectId: randomUUID(),
  } as const;
  expect(await rotateKey(ports, origin, rotation)).toMatchObject(refused);
});

test("[AU5] [ID25] who was erased stays without a name, though an access token still holds", async () => {
  const person = await newMember(platform, owner.orgId, "viewer");
  expect((await person.send("/api/v1/me", { method: "DELETE" })).status).toBe(204);
  const renamed = await person.send("/api/v1/me", { ...post({ name: "Eve" }), method: "PATCH" });
  expect(renamed.status).toBe(401);
  const superuser = platform.db.as("superuser");
  const [row] = await superuser`select name from platform.users where id = ${person.userId}`;
  expect(row?.["name"]).toBe("erased");
  const named = await superuser`
    select 1 from platform.audit_pii p join platform.audit_log l using (org_id, seq)
    where l.actor = ${`user:${person.userId}`} and p.actor_name is not null`;
  expect(named).toHaveLength(0);
});
