/** Organizations over the wire: made, renamed, deleted, and what the operator of the installation does with all. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addOrg, addUser, newMember, signIn, type Person } from "../../../test/people.ts";
import {
  openPlatform,
  ORIGIN,
  post,
  setUp,
  type SignedIn,
  type TestPlatform,
} from "../../../test/platform.ts";
import { PLATFORM_ORG_ID } from "../tasks/rules.ts";
import type { AdminOrg, Org } from "./model.ts";

let platform: TestPlatform;
let first: SignedIn;
let operator: Person;

beforeAll(async () => {
  platform = await openPlatform();
  first = await setUp(platform);
  operator = await signIn(platform, await firstUser(), PLATFORM_ORG_ID);
});
afterAll(() => platform.close());

const firstUser = async (): Promise<string> =>
  String((await platform.db.as("superuser")`select id from platform.users limit 1`)[0]?.["id"]);
const codeOf = async (answer: Response): Promise<unknown[]> => [
  answer.status,
  answer.status < 300 ? null : ((await answer.json()) as { code: string }).code,
];
let made = 0;
async function team(): Promise<{ org: string; owner: Person }> {
  made += 1;
  const org = await addOrg(platform, `house-${made}`);
  return { org, owner: await newMember(platform, org, "owner") };
}
const actions = async (org: string): Promise<unknown[]> =>
  (
    await platform.db.as("superuser")`select action from platform.audit_log where org_id = ${org}
      and action not like 'identities.%' and record like '%"outcome":"done"%' order by seq`
  ).map((row) => row["action"]);
const readOrg = async (who: SignedIn): Promise<Org> =>
  (await (await who.send("/api/v1/org")).json()) as Org;
const later = async (ms: number, body: () => Promise<void>): Promise<void> => {
  platform.clock.now += ms;
  try {
    await body();
  } finally {
    platform.clock.now -= ms;
  }
};

describe("making organizations", () => {
  test("[ID9] while sign-up is by invitation only the operator makes one, and owns it", async () => {
    const answer = await first.send("/api/v1/orgs", post({ name: "Second Team" }));
    const org = (await answer.json()) as Org;
    expect([answer.status, org.slug, org.tier, org.status]).toEqual([
      201,
      "second-team",
      "starter",
      "active",
    ]);
    const seat = await signIn(platform, await firstUser(), org.id);
    expect(await readOrg(seat)).toEqual(org);
    expect(await actions(org.id)).toEqual(["org.create"]);
    const { owner } = await team();
    expect(await codeOf(await owner.send("/api/v1/orgs", post({ name: "Mine" })))).toEqual([
      403,
      "forbidden",
    ]);
  });

  test("[ID9] where sign-up is open everybody does, also without any organization", async () => {
    const open = await openPlatform({ SIGNUP: "open" });
    try {
      const newcomer = await signIn(open, await addUser(open, "New"));
      const send = (): Promise<Response> =>
        newcomer.send("/api/v1/orgs", post({ name: "newcomers" }, { "idempotency-key": "first" }));
      const answer = await send();
      const org = (await answer.json()) as Org;
      expect(answer.status).toBe(201);
      expect(await (await send()).json()).toEqual(org);
      expect((await signIn(open, newcomer.userId)).orgId).toBe(org.id);
      await open.db.as("superuser")`
        update platform.users set status = 'disabled' where id = ${newcomer.userId}`;
      const late = await newcomer.send("/api/v1/orgs", post({ name: "too late" }));
      expect(await codeOf(late)).toEqual([403, "forbidden"]);
    } finally {
      await open.close();
    }
  });

  test("a name that is taken is said to be, and nothing is made", async () => {
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => first.send("/api/v1/orgs", post({ name: "Wanted" }))),
    );
    const codes = await Promise.all(answers.map(codeOf));
    expect(codes.map(String).toSorted()).toEqual([
      "201,",
      ...Array.from({ length: 5 }, () => "409,name_taken"),
    ]);
    const rows = await platform.db.as("superuser")`select 1 from platform.memberships m
      join platform.orgs o on o.id = m.org_id where o.slug like 'wanted%'`;
    expect(rows).toHaveLength(1);
  });
});

describe("the organization of a credential", () => {
  test("[AP8] its name changes for who has read it", async () => {
    const { org, owner } = await team();
    const patch = (headers: Record<string, string>): Promise<Response> =>
      owner.send("/api/v1/org", { ...post({ name: "Renamed" }, headers), method: "PATCH" });
    expect(await codeOf(await patch({}))).toEqual([428, "precondition_required"]);
    expect(await codeOf(await patch({ "if-match": '"4"' }))).toEqual([412, "version_mismatch"]);
    const answer = await patch({ "if-match": '"1"' });
    expect([answer.headers.get("etag"), ((await answer.json()) as Org).name]).toEqual([
      '"2"',
      "Renamed",
    ]);
    expect((await owner.send("/api/v1/org")).headers.get("etag")).toBe('"2"');
    const admin = await newMember(platform, org, "developer");
    const forbidden = await admin.send("/api/v1/org", {
      ...post({ name: "x" }, { "if-match": '"2"' }),
      method: "PATCH",
    });
    expect(await codeOf(forbidden)).toEqual([403, "forbidden"]);
    expect(await actions(org)).toEqual(["org.update"]);
  });

  test("[AU8] [TN8] its chain, which outlives it, never holds its name: that may be a person's", async () => {
    const answer = await first.send("/api/v1/orgs", post({ name: "Ada Example's organization" }));
    const { id } = (await answer.json()) as Org;
    const owner = await signIn(platform, await firstUser(), id);
    const renamed = await owner.send("/api/v1/org", {
      ...post({ name: "Example Works" }, { "if-match": '"1"' }),
      method: "PATCH",
    });
    expect(renamed.status).toBe(200);
    const rows = await platform.db.as("superuser")`
      select record from platform.audit_log where action in ('org.create', 'org.update')`;
    expect(rows.length).toBeGreaterThanOrEqual(2);
    const text = rows.map((row) => String(row["record"])).join("\n");
    for (const name of ["Ada Example", "Example Works", "First Team"])
      expect(text).not.toContain(name);
  });

  test("[TN8] once it is being deleted its keys and sessions are refused", async () => {
    const { org, owner } = await team();
    const { token } = (await (
      await owner.send("/api/v1/keys", post({ name: "k", grants: ["org.read"] }))
    ).json()) as { token: string };
    const using = (): Promise<Response> =>
      platform.send("/api/v1/org", { headers: { "x-api-key": token } });
    expect((await using()).status).toBe(200);
    const remove = (headers: Record<string, string>): Promise<Response> =>
      owner.send("/api/v1/org", { method: "DELETE", headers });
    expect(await codeOf(await remove({}))).toEqual([428, "precondition_required"]);
    expect((await remove({ "if-match": '"1"' })).status).toBe(204);
    const fresh = await owner.send("/api/v1/keys", post({ name: "late", grants: ["org.read"] }));
    expect(await codeOf(fresh)).toEqual([403, "org_suspended"]);
    await later(30_001, async () =>
      expect(await codeOf(await using())).toEqual([403, "org_suspended"]),
    );
    const refreshed = await platform.send(
      "/api/v1/auth/refresh",
      post({ org_id: org }, { cookie: owner.cookie, origin: ORIGIN }),
    );
    expect(refreshed.status).toBe(403);
    expect(await (await owner.send("/api/v1/orgs")).json()).toEqual({
      items: [],
      next_cursor: null,
    });
    expect(await actions(org)).toEqual(["keys.create", "org.delete"]);
  });

  test("[TN8] only owners delete it, and the reserved one stays", async () => {
    const { org } = await team();
    const admin = await newMember(platform, org, "admin");
    const gone = await admin.send("/api/v1/org", {
      method: "DELETE",
      headers: { "if-match": '"1"' },
    });
    expect(await codeOf(gone)).toEqual([403, "forbidden"]);
    const reserved = await operator.send("/api/v1/org", {
      method: "DELETE",
      headers: { "if-match": '"1"' },
    });
    expect(await codeOf(reserved)).toEqual([403, "forbidden"]);
  });
});

describe("the operator", () => {
  const adminOrg = async (id: string): Promise<AdminOrg | undefined> => {
    let path = "/api/v1/admin/orgs?limit=5";
    for (;;) {
      const page = (await (await operator.send(path)).json()) as {
        items: AdminOrg[];
        next_cursor: string | null;
      };
      const found = page.items.find((one) => one.id === id);
      if (found !== undefined || page.next_cursor === null) return found;
      path = `/api/v1/admin/orgs?limit=5&cursor=${page.next_cursor}`;
    }
  };
  const put = async (id: string, what: string, body: unknown, etag?: string): Promise<Response> =>
    operator.send(`/api/v1/admin/orgs/${id}/${what}`, {
      ...post(body, { "if-match": etag ?? `"${(await adminOrg(id))?.version ?? 0}"` }),
      method: "PUT",
    });

  test("[ID24] nobody else has these routes, whatever their role in their own organization", async () => {
    const { org, owner } = await team();
    expect(await codeOf(await owner.send("/api/v1/admin/orgs"))).toEqual([404, "not_found"]);
    const admin = await newMember(platform, PLATFORM_ORG_ID, "admin");
    expect(await codeOf(await admin.send("/api/v1/admin/orgs"))).toEqual([404, "not_found"]);
    const tier = await owner.send(`/api/v1/admin/orgs/${org}/tier`, {
      ...post({ tier: "enterprise" }, { "if-match": '"1"' }),
      method: "PUT",
    });
    expect(await codeOf(tier)).toEqual([404, "not_found"]);
  });

  test("[KY3] a key of the installation may look, not change", async () => {
    const { org } = await team();
    const { token } = (await (
      await operator.send("/api/v1/keys", post({ name: "watch", grants: ["install.admin"] }))
    ).json()) as { token: string };
    const send = (path: string, init: RequestInit = {}): Promise<Response> =>
      platform.send(path, {
        ...init,
        headers: { ...(init.headers as Record<string, string>), "x-api-key": token },
      });
    expect((await send("/api/v1/admin/orgs")).status).toBe(200);
    const change = await send(`/api/v1/admin/orgs/${org}/status`, {
      ...post({ status: "suspended" }, { "if-match": '"1"' }),
      method: "PUT",
    });
    expect(await codeOf(change)).toEqual([403, "key_cannot"]);
  });

  test("[AP8] a tier is changed to one there is, on what was read, and recorded with the organization", async () => {
    const { org } = await team();
    expect(await codeOf(await put(org, "tier", { tier: "golden" }))).toEqual([
      422,
      "validation_failed",
    ]);
    expect(await codeOf(await put(org, "tier", { tier: "pro" }, '"8"'))).toEqual([
      412,
      "version_mismatch",
    ]);
    const answer = await put(org, "tier", { tier: "pro" });
    expect(await answer.json()).toMatchObject({ id: org, tier: "pro", members: 1, version: 2 });
    expect(await actions(org)).toEqual(["limits.change"]);
    expect(
      await codeOf(
        await put("01900000-0000-7000-8000-0000000000ff", "tier", { tier: "pro" }, '"1"'),
      ),
    ).toEqual([404, "not_found"]);
  });

  test("[TN8] a suspended organization is refused until it is let work again; a deletion can be taken back", async () => {
    const { org, owner } = await team();
    const fresh = async (): Promise<unknown> =>
      (
        await codeOf(await owner.send("/api/v1/keys", post({ name: "k", grants: ["org.read"] })))
      )[0];
    await put(org, "status", { status: "suspended" });
    expect(await fresh()).toBe(403);
    await put(org, "status", { status: "active" });
    expect(await fresh()).toBe(201);
    await owner.send("/api/v1/org", {
      method: "DELETE",
      headers: { "if-match": `"${(await readOrg(owner)).version}"` },
    });
    expect((await adminOrg(org))?.purge_at).not.toBeNull();
    expect(await (await put(org, "status", { status: "active" })).json()).toMatchObject({
      status: "active",
      purge_at: null,
    });
    expect(await fresh()).toBe(201);
    expect(await codeOf(await put(PLATFORM_ORG_ID, "status", { status: "suspended" }))).toEqual([
      403,
      "forbidden",
    ]);
  });

  test("[TN8] a deletion whose thirty days are over is not taken back: it may be half done", async () => {
    const { org, owner } = await team();
    await owner.send("/api/v1/org", { method: "DELETE", headers: { "if-match": '"1"' } });
    const overdue = new Date(platform.clock.now).toISOString();
    await platform.db.as(
      "superuser",
    )`update platform.orgs set purge_at = ${overdue} where id = ${org}`;
    for (const status of ["active", "suspended"])
      expect(await codeOf(await put(org, "status", { status }))).toEqual([403, "forbidden"]);
    expect((await adminOrg(org))?.status).toBe("deleting");
    expect(await actions(org)).toEqual(["org.delete"]);
  });

  test("[AP7] the list has every organization once", async () => {
    const ids: string[] = [];
    let path = "/api/v1/admin/orgs?limit=4";
    for (;;) {
      const page = (await (await operator.send(path)).json()) as {
        items: AdminOrg[];
        next_cursor: string | null;
      };
      ids.push(...page.items.map(({ id }) => id));
      if (page.next_cursor === null) break;
      path = `/api/v1/admin/orgs?limit=4&cursor=${page.next_cursor}`;
    }
    const rows = await platform.db.as("superuser")`select id from platform.orgs`;
    expect(ids.toSorted()).toEqual(rows.map((row) => String(row["id"])).toSorted());
  });
});
