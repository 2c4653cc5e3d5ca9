/** Erasing a person, by the operator and by themselves, through the real app and a real database. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  addMember,
  addOrg,
  addUser,
  newMember,
  signIn,
  type Person,
} from "../../../test/people.ts";
import {
  openPlatform,
  post,
  setUp,
  type SignedIn,
  type TestPlatform,
} from "../../../test/platform.ts";
import { PLATFORM_ORG_ID } from "../tasks/rules.ts";

let platform: TestPlatform;
let operator: Person;

beforeAll(async () => {
  platform = await openPlatform();
  await setUp(platform);
  operator = await newMember(platform, PLATFORM_ORG_ID, "owner");
});
afterAll(() => platform.close());

const su = () => platform.db.as("superuser");
const codeOf = async (answer: Response): Promise<unknown[]> => [
  answer.status,
  ((await answer.json()) as { code: string }).code,
];
const erase = (who: SignedIn, id: string, headers: Record<string, string> = {}) =>
  who.send(`/api/v1/admin/users/${id}/erase`, post(undefined, headers));

let made = 0;
/** A person with a key, an identity and an invitation in two organizations that have other owners. */
async function known(): Promise<{ person: Person; orgs: string[]; owners: Person[] }> {
  made += 1;
  const email = `grace-${made}@example.com`;
  const orgs = [
    await addOrg(platform, `erasure-a-${made}`),
    await addOrg(platform, `erasure-b-${made}`),
  ];
  const owners = [];
  for (const org of orgs) owners.push(await newMember(platform, org, "owner"));
  const userId = await addUser(platform, `Grace ${made}`, email);
  for (const org of orgs) await addMember(platform, org, userId, "admin");
  await su()`insert into platform.identities
    (id, user_id, provider, issuer, subject, name, email, created_at, last_login_at)
    values (gen_random_uuid(), ${userId}, 'github', 'https://github.com', ${`${made}`}, 'grace', ${email}, now(), now())`;
  for (const org of orgs) {
    const person = await signIn(platform, userId, org);
    const key = post({ name: "ci", grants: ["analyses.write@**"] }, { "user-agent": "Grace's" });
    expect((await person.send("/api/v1/keys", key)).status).toBe(201);
    const invite = post({ role: "viewer", email: "guest@example.com" });
    expect((await person.send("/api/v1/invitations", invite)).status).toBe(201);
  }
  await su()`update platform.invitations set email = ${email}, accepted_at = now(), accepted_by = ${userId}
    where org_id = ${orgs[0] ?? ""}`;
  return { person: await signIn(platform, userId, orgs[0]), orgs, owners };
}

/** Everything in the database that still says who a user was, or works in their name. */
async function tracesOf(userId: string): Promise<Record<string, unknown>> {
  const [row] = await su()`select
    (select count(*)::int from platform.memberships where user_id = ${userId}) as memberships,
    (select count(*)::int from platform.identities where user_id = ${userId}) as identities,
    (select count(*)::int from platform.session_families
      where user_id = ${userId} and (ended_at is null or user_agent is not null or ip is not null)) as sessions,
    (select count(*)::int from platform.api_keys where created_by = ${userId} and revoked_at is null) as keys,
    (select count(*)::int from platform.invitations where (invited_by = ${userId}
      and accepted_at is null and revoked_at is null) or (accepted_by = ${userId} and email is not null)) as invitations,
    (select count(*)::int from platform.audit_log l join platform.audit_pii p using (org_id, seq)
      where l.actor = ${`user:${userId}`} and (p.actor_name is not null or p.user_agent is not null or p.ip is not null)) as named`;
  return { ...row };
}
const NOTHING = { memberships: 0, identities: 0, sessions: 0, keys: 0, invitations: 0, named: 0 };
const userOf = async (id: string) => {
  const [row] = await su()`select name, email, status from platform.users where id = ${id}`;
  return { ...row };
};
const ERASED = { name: "erased", email: null, status: "disabled" };
const verified = async (who: SignedIn) =>
  (await (await who.send("/api/v1/audit/verify")).json()) as { ok: boolean; erased: number };

describe("by the operator", () => {
  test("[AU5] nothing names an erased person any more or works in their name, in any organization; the chains verify", async () => {
    const { person, owners } = await known();
    expect(await tracesOf(person.userId)).toMatchObject({ memberships: 2, identities: 1, keys: 2 });
    expect((await erase(operator, person.userId)).status).toBe(204);
    expect(await tracesOf(person.userId)).toEqual(NOTHING);
    expect(await userOf(person.userId)).toEqual(ERASED);
    for (const owner of owners) {
      const checked = await verified(owner);
      expect(checked.ok).toBe(true);
      expect(checked.erased).toBeGreaterThanOrEqual(2);
    }
    const [record] = await su()`select org_id, actor from platform.audit_log
      where action = 'users.erase' and resource = ${`users/${person.userId}`}`;
    expect({ ...record }).toEqual({ org_id: PLATFORM_ORG_ID, actor: `user:${operator.userId}` });
    expect((await person.send("/api/v1/me/sessions")).status).toBe(200);
    expect(await codeOf(await person.send("/api/v1/me/revoke-all", post(undefined)))).toEqual([
      401,
      "unauthenticated",
    ]);
  });

  test("[AU5] an erasure that broke off is finished by asking again; one that is complete changes nothing", async () => {
    const { person, orgs } = await known();
    const org = orgs[1] ?? "";
    // The second organization refuses to be changed: what was done in the first one stays done.
    await su()`create function platform.broken() returns trigger language plpgsql as 'begin raise exception ''away''; end'`;
    await su().unsafe(`create trigger broken before delete on platform.memberships for each row
      when (old.org_id = '${[...orgs].toSorted()[1] ?? org}') execute function platform.broken()`);
    expect((await erase(operator, person.userId)).status).toBe(500);
    await su().unsafe("drop trigger broken on platform.memberships");
    expect(await tracesOf(person.userId)).toMatchObject({ memberships: 1, identities: 1 });
    expect((await erase(operator, person.userId)).status).toBe(204);
    expect(await tracesOf(person.userId)).toEqual(NOTHING);
    const records = async () =>
      (await su()`select count(*)::int as records from platform.audit_log`)[0]?.["records"];
    const before = await records();
    expect((await erase(operator, person.userId)).status).toBe(204);
    expect(await records()).toBe(before);
  });

  test("[ID16] the last owner of an organization is not erased, and keeps everything", async () => {
    const { person } = await known();
    // It comes last, so nothing but a look ahead keeps the others as they are.
    const alone = "ffffffff-ffff-4fff-8fff-ffffffffffff";
    await su()`insert into platform.orgs (id, slug, name) values (${alone}, 'alone', 'Alone')`;
    await addMember(platform, alone, person.userId, "owner");
    const before = await tracesOf(person.userId);
    expect(await codeOf(await erase(operator, person.userId))).toEqual([409, "last_owner"]);
    expect(await tracesOf(person.userId)).toEqual(before);
  });

  test("[AU5] only who runs the installation erases others; nobody is told who exists", async () => {
    const { person, owners } = await known();
    const [owner] = owners;
    if (owner === undefined) throw new Error("an owner was made");
    expect(await codeOf(await erase(owner, person.userId))).toEqual([404, "not_found"]);
    expect(await codeOf(await erase(operator, crypto.randomUUID()))).toEqual([404, "not_found"]);
    expect((await userOf(person.userId))["status"]).toBe("active");
    const key = { "idempotency-key": "erase-once" };
    expect((await erase(operator, person.userId, key)).status).toBe(204);
    expect((await erase(operator, person.userId, key)).status).toBe(204);
  });
});

describe("by oneself", () => {
  test("[AU5] whoever signed in a moment ago erases themselves, and no record says from where", async () => {
    const { person, owners } = await known();
    const answer = await person.send("/api/v1/me", {
      method: "DELETE",
      headers: { "user-agent": "Grace's", "cf-connecting-ip": "192.0.2.7" },
    });
    expect(answer.status).toBe(204);
    expect(answer.headers.get("set-cookie")).toMatch(/ew_refresh=;/);
    expect(await tracesOf(person.userId)).toEqual(NOTHING);
    expect(await userOf(person.userId)).toEqual(ERASED);
    for (const owner of owners) expect((await verified(owner)).ok).toBe(true);
  });

  test("[AU5] ten minutes after the sign-in it takes another one", async () => {
    const { person } = await known();
    platform.clock.now += 601_000;
    const answer = await person.send("/api/v1/me", { method: "DELETE" });
    expect(await codeOf(answer)).toEqual([401, "reauth_required"]);
    expect((await userOf(person.userId))["status"]).toBe("active");
  });

  test("[AU5] a token that outlives its user gives them no name again", async () => {
    const { person } = await known();
    expect((await person.send("/api/v1/me", { method: "DELETE" })).status).toBe(204);
    await person.send("/api/v1/me", { ...post({ name: "Grace" }), method: "PATCH" });
    expect(await userOf(person.userId)).toEqual(ERASED);
  });
});
