/** Members of an organization through the real app and a real database, also when two change them at once. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  addMember,
  addOrg,
  addUser,
  newMember,
  signIn,
  type Person,
} from "../../../test/people.ts";
import { openPlatform, post, setUp, type TestPlatform } from "../../../test/platform.ts";
import type { Member } from "./model.ts";
import { ROLES } from "./rules.ts";

let platform: TestPlatform;

beforeAll(async () => {
  platform = await openPlatform();
  await setUp(platform);
});
afterAll(() => platform.close());

let made = 0;
/** An organization of its own with one owner. */
async function team(): Promise<{ org: string; owner: Person }> {
  made += 1;
  const org = await addOrg(platform, `team-${made}`);
  return { org, owner: await newMember(platform, org, "owner") };
}

const membersOf = async (who: Person): Promise<Member[]> =>
  ((await (await who.send("/api/v1/members?limit=100")).json()) as { items: Member[] }).items;
const versionOf = async (who: Person, userId: string): Promise<string> =>
  `"${(await membersOf(who)).find((member) => member.user_id === userId)?.version ?? 0}"`;
const codeOf = async (answer: Response): Promise<unknown[]> => [
  answer.status,
  answer.status < 300 ? null : ((await answer.json()) as { code: string }).code,
];

async function patch(who: Person, userId: string, body: unknown, etag?: string): Promise<Response> {
  return who.send(`/api/v1/members/${userId}`, {
    ...post(body, { "if-match": etag ?? (await versionOf(who, userId)) }),
    method: "PATCH",
  });
}
async function remove(who: Person, userId: string, query = ""): Promise<Response> {
  return who.send(`/api/v1/members/${userId}${query}`, {
    method: "DELETE",
    headers: { "if-match": await versionOf(who, userId) },
  });
}
const actions = async (org: string): Promise<string[]> =>
  (
    await platform.db.as("superuser")`select action from platform.audit_log where org_id = ${org}
      and action not like 'identities.%' and record like '%"outcome":"done"%' order by seq`
  ).map((row) => String(row["action"]));

/** Starts requests while somebody else holds the organization, and lets go once `count` of them wait for it. */
async function whileLocked(
  org: string,
  count: number,
  start: () => Promise<Response>[],
): Promise<Response[]> {
  const su = platform.db.as("superuser");
  let requests: Promise<Response>[] = [];
  await su.begin(async (tx) => {
    await tx`select 1 from platform.orgs where id = ${org} for update`;
    requests = start();
    for (let waiting = 0; waiting < count;) {
      const [row] = await su`select count(*)::int as waiting from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`;
      waiting = Number(row?.["waiting"]);
    }
  });
  return Promise.all(requests);
}

describe("changing members", () => {
  test("[ID17] an administrator changes roles up to their own, and the change is recorded", async () => {
    const { org } = await team();
    const admin = await newMember(platform, org, "admin");
    const viewer = await newMember(platform, org, "viewer");
    const answer = await patch(admin, viewer.userId, { role: "developer" });
    expect(await answer.json()).toMatchObject({
      user_id: viewer.userId,
      role: "developer",
      version: 2,
    });
    expect(answer.headers.get("etag")).toBe('"2"');
    expect(await codeOf(await patch(admin, viewer.userId, { role: "owner" }))).toEqual([
      403,
      "forbidden",
    ]);
    expect(await actions(org)).toEqual(["members.update"]);
  });

  test("[ID17] only owners touch owners", async () => {
    const { org, owner } = await team();
    const second = await newMember(platform, org, "owner");
    const admin = await newMember(platform, org, "admin");
    for (const body of [{ role: "admin" }, { grants: ["secret_writer"] }])
      expect(await codeOf(await patch(admin, owner.userId, body))).toEqual([403, "forbidden"]);
    expect(await codeOf(await remove(admin, owner.userId))).toEqual([403, "forbidden"]);
    expect((await patch(second, owner.userId, { role: "admin" })).status).toBe(200);
  });

  test("[ID17] an administrator who was demoted a moment ago changes nobody", async () => {
    const { org, owner } = await team();
    const admin = await newMember(platform, org, "admin");
    const viewer = await newMember(platform, org, "viewer");
    const etag = await versionOf(admin, viewer.userId);
    await patch(owner, admin.userId, { role: "viewer" });
    expect(await codeOf(await patch(admin, viewer.userId, { role: "admin" }, etag))).toEqual([
      403,
      "forbidden",
    ]);
  });

  test("[ID16] the last owner stays one", async () => {
    const { owner } = await team();
    expect(await codeOf(await patch(owner, owner.userId, { role: "admin" }))).toEqual([
      409,
      "last_owner",
    ]);
    expect(await codeOf(await remove(owner, owner.userId))).toEqual([409, "last_owner"]);
    expect((await patch(owner, owner.userId, { grants: ["secret_writer"] })).status).toBe(200);
  });

  test("[ID16] of two owners who demote each other at once one fails: the last owner", async () => {
    for (let round = 0; round < 5; round += 1) {
      const { org, owner } = await team();
      const second = await newMember(platform, org, "owner");
      const [a, b] = [await versionOf(owner, second.userId), await versionOf(owner, owner.userId)];
      const answers = await whileLocked(org, 2, () => [
        patch(owner, second.userId, { role: "viewer" }, a),
        patch(second, owner.userId, { role: "viewer" }, b),
      ]);
      const codes = await Promise.all(answers.map(codeOf));
      expect(codes.map(String).toSorted()).toEqual(["200,", "409,last_owner"]);
      const [row] = await platform.db.as("superuser")`
        select count(*)::int as owners from platform.memberships where org_id = ${org} and role = 'owner'`;
      expect(row?.["owners"]).toBe(1);
    }
  });

  test("[ID16] of two owners who remove each other at once one stays", async () => {
    const { org, owner } = await team();
    const second = await newMember(platform, org, "owner");
    const [a, b] = [await versionOf(owner, second.userId), await versionOf(owner, owner.userId)];
    const gone = (who: Person, userId: string, etag: string) =>
      who.send(`/api/v1/members/${userId}`, { method: "DELETE", headers: { "if-match": etag } });
    await whileLocked(org, 2, () => [gone(owner, second.userId, a), gone(second, owner.userId, b)]);
    const rows = await platform.db.as("superuser")`
      select role from platform.memberships where org_id = ${org}`;
    expect(rows.map((row) => row["role"])).toEqual(["owner"]);
  });

  test("[AP8] a change that is based on nothing, or on what was, is refused", async () => {
    const { org, owner } = await team();
    const viewer = await newMember(platform, org, "viewer");
    const bare = await owner.send(`/api/v1/members/${viewer.userId}`, {
      ...post({ role: "admin" }),
      method: "PATCH",
    });
    expect(await codeOf(bare)).toEqual([428, "precondition_required"]);
    expect(await codeOf(await patch(owner, viewer.userId, { role: "admin" }, '"7"'))).toEqual([
      412,
      "version_mismatch",
    ]);
  });

  test("[ID22] who may only read members changes none; who is none of them is not there", async () => {
    const { org, owner } = await team();
    const developer = await newMember(platform, org, "developer");
    expect(await codeOf(await patch(developer, owner.userId, { role: "viewer" }))).toEqual([
      403,
      "forbidden",
    ]);
    const { owner: stranger } = await team();
    expect(await codeOf(await patch(owner, stranger.userId, { role: "viewer" }, '"1"'))).toEqual([
      404,
      "not_found",
    ]);
  });

  test("[AP7] pages of members lose and repeat nobody", async () => {
    const { org, owner } = await team();
    const ids = [owner.userId];
    for (let n = 0; n < 6; n += 1) {
      const id = await addUser(platform, `member ${n}`);
      await addMember(platform, org, id, "viewer");
      ids.push(id);
    }
    const paged: string[] = [];
    let path = "/api/v1/members?limit=3";
    for (;;) {
      const page = (await (await owner.send(path)).json()) as {
        items: Member[];
        next_cursor: string | null;
      };
      paged.push(...page.items.map((member) => member.user_id));
      if (page.next_cursor === null) break;
      path = `/api/v1/members?limit=3&cursor=${page.next_cursor}`;
    }
    expect(paged).toHaveLength(7);
    expect(new Set(paged)).toEqual(new Set(ids));
  });
});

describe("removing members", () => {
  const keyOf = async (who: Person): Promise<string> =>
    (
      (await (
        await who.send("/api/v1/keys", post({ name: "mine", grants: ["analyses.read"] }))
      ).json()) as { token: string }
    ).token;
  const using = async (token: string): Promise<number> =>
    (await platform.send("/api/v1/org", { headers: { "x-api-key": token } })).status;

  test("[S8] a removed member leaves no key that works, and no way back in", async () => {
    const { org, owner } = await team();
    const admin = await newMember(platform, org, "admin");
    const token = await keyOf(admin);
    const link = (await (
      await admin.send("/api/v1/invitations", post({ role: "admin" }))
    ).json()) as { url: string };
    expect((await remove(owner, admin.userId)).status).toBe(204);
    expect(await using(token)).toBe(401);
    const back = await admin.send(
      "/api/v1/invitations/accept",
      post({ token: link.url.split("#t=")[1] }),
    );
    expect(await codeOf(back)).toEqual([410, "invite_invalid"]);
    expect(
      await codeOf(
        await admin.send("/api/v1/keys", post({ name: "late", grants: ["analyses.read"] })),
      ),
    ).toEqual([401, "unauthenticated"]);
    expect(await actions(org)).toEqual(["keys.create", "invitations.create", "members.remove"]);
  });

  const leave = (who: Person, org: string): Promise<Response> =>
    who.send(`/api/v1/me/memberships/${org}`, { method: "DELETE" });

  test.each(ROLES)(
    "[ID26] a member leaves by themselves as %s, and their keys stop",
    async (role) => {
      const { org, owner } = await team();
      const member = await newMember(platform, org, "admin");
      const token = await keyOf(member);
      await patch(owner, member.userId, { role });
      const answer = await leave(await signIn(platform, member.userId, org), org);
      expect(answer.status).toBe(204);
      expect((await membersOf(owner)).map((left) => left.user_id)).toEqual([owner.userId]);
      expect(await using(token)).toBe(401);
      expect(await actions(org)).toEqual(["keys.create", "members.update", "members.remove"]);
    },
  );

  test("[ID26] the last owner does not leave, nor who is no member; nobody leaves for another", async () => {
    const { org, owner } = await team();
    const stranger = await team();
    expect(await codeOf(await leave(owner, org))).toEqual([409, "last_owner"]);
    expect(await codeOf(await leave(stranger.owner, org))).toEqual([404, "not_found"]);
    expect(await membersOf(owner)).toHaveLength(1);
    expect(await actions(org)).toEqual([]);
  });

  test("[ID17] their keys live on if that is asked for", async () => {
    const { org, owner } = await team();
    const admin = await newMember(platform, org, "admin");
    const token = await keyOf(admin);
    await remove(owner, admin.userId, "?keep_keys=true");
    // 404: it may read analyses, not the organization; a dead key gets 401.
    expect(await using(token)).toBe(404);
  });

  test("[ID17] keys of others, and of the same person elsewhere, live on", async () => {
    const { org, owner } = await team();
    const other = await team();
    const admin = await newMember(platform, org, "admin");
    await addMember(platform, other.org, admin.userId, "admin");
    const elsewhere = await keyOf(await signIn(platform, admin.userId, other.org));
    const ofOwner = await keyOf(owner);
    await remove(owner, admin.userId);
    expect([await using(elsewhere), await using(ofOwner)]).toEqual([404, 404]);
  });
});

describe("roles over the wire", () => {
  test("[ID24] each role includes the ones before it", async () => {
    const { org } = await team();
    let before: string[] = [];
    for (const role of ROLES) {
      const person = await newMember(platform, org, role);
      const { grants } = (await (await person.send("/api/v1/me")).json()) as { grants: string[] };
      expect(grants).toEqual(expect.arrayContaining(before));
      expect(grants.length).toBeGreaterThan(before.length);
      expect(grants.every((grant) => grant.endsWith("@**"))).toBe(true);
      before = grants;
    }
  });
});
