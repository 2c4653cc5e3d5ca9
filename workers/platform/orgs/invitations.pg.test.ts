/** Invitations through the real app and a real database: who may invite, who may accept, and how often. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addOrg, addUser, newMember, signIn, type Person } from "../../../test/people.ts";
import { openPlatform, post, setUp, SETTINGS, type TestPlatform } from "../../../test/platform.ts";
import type { Invitation, InvitationWithLink } from "./model.ts";
import { joinByInvitation, openInvitationFor } from "./service.ts";

let platform: TestPlatform;
let org: string;
let owner: Person;

beforeAll(async () => {
  platform = await openPlatform();
  await setUp(platform);
  org = await addOrg(platform, "hosts");
  owner = await newMember(platform, org, "owner");
});
afterAll(() => platform.close());

const invite = (who: Person, body: unknown, headers = {}): Promise<Response> =>
  who.send("/api/v1/invitations", post(body, headers));
async function linkOf(body: unknown = { role: "viewer" }): Promise<{ id: string; token: string }> {
  const { invitation, url } = (await (await invite(owner, body)).json()) as InvitationWithLink;
  return { id: invitation.id, token: url?.split("#t=")[1] ?? "" };
}
const accept = (who: Person, token: string): Promise<Response> =>
  who.send("/api/v1/invitations/accept", post({ token }));
const guest = async (email: string | null = null): Promise<Person> =>
  signIn(platform, await addUser(platform, "Guest", email));
const codeOf = async (answer: Response): Promise<unknown[]> => [
  answer.status,
  answer.status < 300 ? null : ((await answer.json()) as { code: string }).code,
];
const statusOf = async (id: string): Promise<string | undefined> =>
  (
    (await (await owner.send("/api/v1/invitations?limit=100")).json()) as { items: Invitation[] }
  ).items.find((invitation) => invitation.id === id)?.status;
const roleIn = async (userId: string): Promise<unknown> =>
  (
    await platform.db.as(
      "superuser",
    )`select role from platform.memberships where org_id = ${org} and user_id = ${userId}`
  )[0]?.["role"];
const later = async (ms: number, body: () => Promise<void>): Promise<void> => {
  platform.clock.now += ms;
  try {
    await body();
  } finally {
    platform.clock.now -= ms;
  }
};
const DAY_MS = 86_400_000;

describe("inviting", () => {
  test("[ID18] the link is shown once; only a hash of it is stored", async () => {
    const headers = { "idempotency-key": "invite-1" };
    const first = (await (
      await invite(owner, { role: "viewer" }, headers)
    ).json()) as InvitationWithLink;
    const again = await invite(owner, { role: "viewer" }, headers);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(await again.json()).toEqual({ invitation: first.invitation, url: null });
    expect(first.url).toMatch(/^http:\/\/localhost:8787\/invite#t=[\w-]{43}$/);
    const token = first.url?.split("#t=")[1] ?? "";
    const rows = await platform.db.as(
      "superuser",
    )`select i::text as text from platform.invitations i`;
    expect(rows.map((row) => String(row["text"])).join()).not.toContain(token);
    expect(JSON.stringify(platform.logged)).not.toContain(token);
  });

  test("[ID18] a lost answer is not shown again: the second try gets no link", async () => {
    const headers = { "idempotency-key": "invite-lost" };
    const first = (await (
      await invite(owner, { role: "viewer" }, headers)
    ).json()) as InvitationWithLink;
    await platform.db.as("superuser")`update platform.idempotency_keys
      set status = null, fingerprint = null, locked_at = to_timestamp(0) where key = 'invite-lost'`;
    const second = await invite(owner, { role: "viewer" }, headers);
    expect(await second.json()).toEqual({ invitation: first.invitation, url: null });
  });

  test("[ID17] nobody invites to a role above their own", async () => {
    const admin = await newMember(platform, org, "admin");
    expect(await codeOf(await invite(admin, { role: "owner" }))).toEqual([403, "forbidden"]);
    expect((await invite(admin, { role: "admin" })).status).toBe(201);
    const developer = await newMember(platform, org, "developer");
    expect(await codeOf(await invite(developer, { role: "viewer" }))).toEqual([403, "forbidden"]);
  });

  test("[ID17] who is demoted leaves no invitation to a role they may not give any more", async () => {
    const second = await newMember(platform, org, "owner");
    const made = async (role: string): Promise<{ id: string; token: string }> => {
      const { invitation, url } = (await (
        await invite(second, { role })
      ).json()) as InvitationWithLink;
      return { id: invitation.id, token: url?.split("#t=")[1] ?? "" };
    };
    const [high, low] = [await made("owner"), await made("admin")];
    const demoted = await owner.send(`/api/v1/members/${second.userId}`, {
      ...post({ role: "admin" }, { "if-match": '"1"' }),
      method: "PATCH",
    });
    expect(demoted.status).toBe(200);
    expect([await statusOf(high.id), await statusOf(low.id)]).toEqual(["revoked", "open"]);
    expect(await codeOf(await accept(await guest(), high.token))).toEqual([410, "invite_invalid"]);
  });

  test("[ID18] an invitation without an address is for a local install only", async () => {
    const hosted = await openPlatform({
      ...SETTINGS,
      ENVIRONMENT: "production",
      ISSUER: "https://ew.example",
      PUBLIC_HOSTS: "localhost:8787",
    });
    try {
      const someone = await newMember(hosted, await addOrg(hosted, "hosted"), "owner");
      const answer = await invite(someone, { role: "viewer" });
      expect([answer.status, await answer.json()]).toMatchObject([
        422,
        { code: "validation_failed", errors: [{ location: "/email" }] },
      ]);
      expect((await invite(someone, { role: "viewer", email: "a@example.com" })).status).toBe(201);
    } finally {
      await hosted.close();
    }
  });
});

describe("accepting", () => {
  test("[ID18] whoever accepts is a member from then on, once, and it is recorded", async () => {
    const { id, token } = await linkOf({ role: "developer" });
    const person = await guest();
    const answer = await accept(person, token);
    expect(await answer.json()).toEqual({
      id: org,
      slug: "hosts",
      name: "hosts",
      role: "developer",
    });
    expect(await statusOf(id)).toBe("accepted");
    expect(await codeOf(await accept(await guest(), token))).toEqual([410, "invite_invalid"]);
    const records = await platform.db.as("superuser")`
      select action from platform.audit_log where org_id = ${org} and actor = ${`user:${person.userId}`}
        and action not like 'identities.%' order by seq`;
    expect(records.map((row) => row["action"])).toEqual(["invitations.accept", "members.add"]);
  });

  test("[ID18] of fifty acceptances at once by different people one wins", async () => {
    const { token } = await linkOf();
    const people = await Promise.all(Array.from({ length: 50 }, () => guest()));
    const answers = await Promise.all(people.map((person) => accept(person, token)));
    const codes = await Promise.all(answers.map(codeOf));
    expect(codes.filter(([status]) => status === 200)).toHaveLength(1);
    expect(codes.filter(([, code]) => code === "invite_invalid")).toHaveLength(49);
    const roles = await Promise.all(people.map(({ userId }) => roleIn(userId)));
    expect(roles.filter((role) => role !== undefined)).toEqual(["viewer"]);
  });

  test("[ID18] fifty acceptances at once by one person make one membership", async () => {
    const { token } = await linkOf();
    const person = await guest();
    const answers = await Promise.all(Array.from({ length: 50 }, () => accept(person, token)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const rows = await platform.db.as("superuser")`
      select action from platform.audit_log where org_id = ${org} and resource = ${`members/${person.userId}`}`;
    expect(rows.map((row) => row["action"])).toEqual(["members.add"]);
  });

  test("[ID18] it is for the verified address it names, in whatever case", async () => {
    const { token } = await linkOf({ role: "viewer", email: "Ada@Example.com" });
    for (const email of [null, "eve@example.com"])
      expect(await codeOf(await accept(await guest(email), token))).toEqual([
        403,
        "invite_email_mismatch",
      ]);
    const claimed = await guest();
    await platform.db.as(
      "superuser",
    )`update platform.users set email = 'ada@example.com' where id = ${claimed.userId}`;
    expect(await codeOf(await accept(claimed, token))).toEqual([403, "invite_email_mismatch"]);
    expect((await accept(await guest("ada@example.com"), token)).status).toBe(200);
  });

  test("[ID18] it is dead after seven days, when it was taken back, and when its organization is being deleted", async () => {
    const old = await linkOf();
    await later(7 * DAY_MS, async () => {
      // A session of that day: those of today have ended.
      expect(await codeOf(await accept(await guest(), old.token))).toEqual([410, "invite_invalid"]);
    });
    const back = await linkOf();
    await owner.send(`/api/v1/invitations/${back.id}`, { method: "DELETE" });
    expect(await statusOf(back.id)).toBe("revoked");
    expect(await codeOf(await accept(await guest(), back.token))).toEqual([410, "invite_invalid"]);
    const { token } = await linkOf();
    const su = platform.db.as("superuser");
    await su`update platform.orgs set status = 'deleting' where id = ${org}`;
    expect(await codeOf(await accept(await guest(), token))).toEqual([410, "invite_invalid"]);
    await su`update platform.orgs set status = 'suspended' where id = ${org}`;
    expect(await codeOf(await accept(await guest(), token))).toEqual([403, "org_suspended"]);
    await su`update platform.orgs set status = 'active' where id = ${org}`;
  });

  test("[ID18] who is a member stays what they are", async () => {
    const admin = await newMember(platform, org, "admin");
    const { token } = await linkOf({ role: "viewer" });
    expect(await (await accept(admin, token)).json()).toMatchObject({ role: "admin" });
    expect(await roleIn(admin.userId)).toBe("admin");
  });

  test("[ID18] who was removed does not come back by the invitation they used", async () => {
    const { token } = await linkOf();
    const person = await guest();
    await accept(person, token);
    await platform.db.as(
      "superuser",
    )`delete from platform.memberships where user_id = ${person.userId}`;
    expect(await codeOf(await accept(person, token))).toEqual([410, "invite_invalid"]);
  });

  test("[AP5] a user without any organization may repeat the request", async () => {
    const { token } = await linkOf();
    const person = await guest();
    const send = (): Promise<Response> =>
      person.send("/api/v1/invitations/accept", post({ token }, { "idempotency-key": "join" }));
    expect((await send()).status).toBe(200);
    expect((await send()).headers.get("idempotency-replayed")).toBe("true");
  });

  test("[ID18] the page of an invitation shows what it is for, and nothing once it is used", async () => {
    const { token } = await linkOf({ role: "operator", email: "new@example.com" });
    const preview = (): Promise<Response> =>
      platform.send("/api/v1/invitations/preview", post({ token }));
    expect(await (await preview()).json()).toEqual({
      org_name: "hosts",
      role: "operator",
      email: "new@example.com",
    });
    await accept(await guest("new@example.com"), token);
    expect(await codeOf(await preview())).toEqual([410, "invite_invalid"]);
    const unknown = await platform.send(
      "/api/v1/invitations/preview",
      post({ token: "A".repeat(43) }),
    );
    expect(await codeOf(unknown)).toEqual([410, "invite_invalid"]);
  });
});

describe("coming in by address", () => {
  test("[ID18] an open invitation of an address is found, and joined without its link", async () => {
    const { id } = await linkOf({ role: "viewer", email: "found@example.com" });
    const { sql, env, clock } = platform;
    const found = await sql.transaction({ none: true }, (tx) =>
      openInvitationFor(tx, "FOUND@example.com", clock.now),
    );
    expect(found).toEqual({ orgId: org, id, role: "viewer" });
    const none = await sql.transaction({ none: true }, (tx) =>
      openInvitationFor(tx, "found@example.com", clock.now + 7 * DAY_MS),
    );
    expect(none).toBeUndefined();
    const userId = await addUser(platform, "Found", "found@example.com");
    const joined = await joinByInvitation(
      { env, sql, now: () => clock.now },
      { orgId: org, id },
      {
        at: clock.now,
        actor: { kind: "user", id: userId },
        requestId: "r-12345678",
        pii: { name: "Found", ip: null, userAgent: null },
        random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
      },
    );
    expect(joined).toMatchObject({ ok: true, value: { id: org, role: "viewer" } });
  });

  test("[ID22] invitations are for those who manage members", async () => {
    const viewer = await newMember(platform, org, "viewer");
    expect(await codeOf(await viewer.send("/api/v1/invitations"))).toEqual([403, "forbidden"]);
    const strangers = await addOrg(platform, "strangers");
    const stranger = await newMember(platform, strangers, "owner");
    const { id } = await linkOf();
    const gone = await stranger.send(`/api/v1/invitations/${id}`, { method: "DELETE" });
    expect(await codeOf(gone)).toEqual([404, "not_found"]);
    expect(await statusOf(id)).toBe("open");
  });
});
