/** Keys after they were made: renamed, rotated, revoked, each recorded; and who never gets one. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addOrg, newMember, type Person } from "../../../test/people.ts";
import { openPlatform, post, setUp, type TestPlatform } from "../../../test/platform.ts";
import { KEYS_MAX, type ApiKey } from "./model.ts";
import { touchKey } from "./store.ts";

let platform: TestPlatform;
let org: string;
let owner: Person;

beforeAll(async () => {
  platform = await openPlatform();
  await setUp(platform);
  org = await addOrg(platform, "keyring");
  owner = await newMember(platform, org, "owner");
});
afterAll(() => platform.close());

interface Made {
  readonly key: ApiKey;
  readonly token: string | null;
}

const HOUR_MS = 3_600_000;
const GRANTS = ["analyses.read@**", "org.read@**"];

const make = async (who: Person, body: object = {}): Promise<Made> =>
  (await (
    await who.send("/api/v1/keys", post({ name: "key", grants: GRANTS, ...body }))
  ).json()) as Made;
const read = async (id: string): Promise<ApiKey> =>
  (await (await owner.send(`/api/v1/keys/${id}`)).json()) as ApiKey;
const rotate = (who: Person, key: ApiKey, grace: string, headers = {}): Promise<Response> =>
  who.send(
    `/api/v1/keys/${key.id}/rotate`,
    post({ grace }, { "if-match": `"${key.version}"`, ...headers }),
  );
const change = (key: ApiKey, body: object, etag = `"${key.version}"`): Promise<Response> =>
  owner.send(`/api/v1/keys/${key.id}`, { ...post(body, { "if-match": etag }), method: "PATCH" });
const using = async (token: string | null): Promise<number> =>
  (await platform.send("/api/v1/org", { headers: { "x-api-key": token ?? "" } })).status;
const codeOf = async (answer: Response): Promise<unknown[]> => [
  answer.status,
  answer.status < 300 ? null : ((await answer.json()) as { code: string }).code,
];
const later = async (ms: number, body: () => Promise<void>): Promise<void> => {
  platform.clock.now += ms;
  try {
    await body();
  } finally {
    platform.clock.now -= ms;
  }
};

describe("rotating", () => {
  test("[KY4] the successor has all settings, its own id and secret; both work until the grace is over", async () => {
    const old = await make(owner, {
      expires_at: new Date(platform.clock.now + 48 * HOUR_MS).toISOString(),
    });
    const answer = await rotate(owner, old.key, "1h");
    const next = (await answer.json()) as Made;
    expect(answer.status).toBe(201);
    expect(answer.headers.get("location")).toBe(`/api/v1/keys/${next.key.id}`);
    expect(next.key).toMatchObject({
      name: old.key.name,
      grants: old.key.grants,
      expires_at: old.key.expires_at,
    });
    expect([next.key.id, next.key.key_id, next.token]).not.toEqual([
      old.key.id,
      old.key.key_id,
      old.token,
    ]);
    expect(await read(old.key.id)).toMatchObject({
      replaced_by: next.key.id,
      expires_at: new Date(platform.clock.now + HOUR_MS).toISOString(),
    });
    expect([await using(old.token), await using(next.token)]).toEqual([200, 200]);
    await later(HOUR_MS, async () => {
      expect([await using(old.token), await using(next.token)]).toEqual([401, 200]);
    });
  });

  test("[KY4] without grace the old key is dead at once, within thirty seconds where it was just used", async () => {
    const [fresh, used] = [await make(owner), await make(owner)];
    expect(await using(used.token)).toBe(200);
    const next = (await (await rotate(owner, fresh.key, "0")).json()) as Made;
    await rotate(owner, used.key, "0");
    expect([await using(fresh.token), await using(next.token)]).toEqual([401, 200]);
    await later(30_001, async () => expect(await using(used.token)).toBe(401));
  });

  test("[KY4] the old key never lives longer than it would have", async () => {
    const ends = new Date(platform.clock.now + HOUR_MS).toISOString();
    const { key } = await make(owner, { expires_at: ends });
    await rotate(owner, key, "7d");
    expect((await read(key.id)).expires_at).toBe(ends);
  });

  test("[KY4] of many rotations at once one makes the successor, the others find a new version", async () => {
    const { key } = await make(owner, { name: "raced" });
    const answers = await Promise.all(Array.from({ length: 8 }, () => rotate(owner, key, "1h")));
    const codes = await Promise.all(answers.map(codeOf));
    expect(codes.map(String).toSorted()).toEqual([
      "201,",
      ...Array.from({ length: 7 }, () => "412,version_mismatch"),
    ]);
    const rows = await platform.db.as("superuser")`
      select count(*)::int as made from platform.api_keys where org_id = ${org} and name = 'raced'`;
    expect(rows[0]?.["made"]).toBe(2);
  });

  test("[KY4] a key that was replaced has no second successor, whatever version is named", async () => {
    const { key } = await make(owner);
    await rotate(owner, key, "24h");
    expect(await codeOf(await rotate(owner, await read(key.id), "24h"))).toEqual([
      412,
      "version_mismatch",
    ]);
  });

  test("[KY4] a key that has ended is not rotated", async () => {
    const { key } = await make(owner);
    await owner.send(`/api/v1/keys/${key.id}`, { method: "DELETE" });
    expect(await codeOf(await rotate(owner, await read(key.id), "0"))).toEqual([
      422,
      "validation_failed",
    ]);
  });

  test("[KY4] a lost answer makes no second successor, and its token is not shown again", async () => {
    const { key } = await make(owner);
    const headers = { "idempotency-key": "rotate-lost" };
    const first = (await (await rotate(owner, key, "1h", headers)).json()) as Made;
    const replayed = await rotate(owner, key, "1h", headers);
    expect(await replayed.json()).toEqual({ key: first.key, token: null });
    await platform.db.as("superuser")`update platform.idempotency_keys
      set status = null, fingerprint = null, locked_at = to_timestamp(0) where key = 'rotate-lost'`;
    expect(await (await rotate(owner, key, "1h", headers)).json()).toEqual({
      key: first.key,
      token: null,
    });
  });

  test("[KY3] nobody gets a token that may more than they by rotating it", async () => {
    const { key } = await make(owner);
    await platform.db.as(
      "superuser",
    )`update platform.api_keys set grants = '["install.admin@**"]' where id = ${key.id}`;
    expect(await codeOf(await rotate(owner, key, "0"))).toEqual([403, "forbidden"]);
  });

  test("[S8] a key rotated by somebody else goes with them, not with who made the first", async () => {
    const admin = await newMember(platform, org, "admin");
    const old = await make(owner);
    const next = (await (await rotate(admin, old.key, "1h")).json()) as Made;
    expect(next.key.created_by).toBe(admin.userId);
    const gone = await owner.send(`/api/v1/members/${admin.userId}`, {
      method: "DELETE",
      headers: { "if-match": '"1"' },
    });
    expect(gone.status).toBe(204);
    expect([await using(old.token), await using(next.token)]).toEqual([200, 401]);
  });
});

describe("changing", () => {
  test("[AP8] name and end change for who has read the key", async () => {
    const { key } = await make(owner);
    const expires_at = new Date(platform.clock.now + HOUR_MS).toISOString();
    const answer = await change(key, { name: "renamed", expires_at });
    expect(await answer.json()).toMatchObject({ name: "renamed", expires_at, version: 2 });
    expect(answer.headers.get("etag")).toBe('"2"');
    expect(await codeOf(await change(key, { name: "late" }))).toEqual([412, "version_mismatch"]);
    const bare = await owner.send(`/api/v1/keys/${key.id}`, {
      ...post({ name: "x" }),
      method: "PATCH",
    });
    expect(await codeOf(bare)).toEqual([428, "precondition_required"]);
    expect((await owner.send(`/api/v1/keys/${key.id}`)).headers.get("etag")).toBe('"2"');
  });

  test("[KY7] a key that has ended does not come back by a later end", async () => {
    const { key } = await make(owner);
    await rotate(owner, key, "0");
    const answer = await change(await read(key.id), { expires_at: null });
    expect(await codeOf(answer)).toEqual([422, "validation_failed"]);
  });

  test("[AP8] revoking takes a version, and does without", async () => {
    const { key } = await make(owner);
    const send = (headers: Record<string, string>): Promise<Response> =>
      owner.send(`/api/v1/keys/${key.id}`, { method: "DELETE", headers });
    expect(await codeOf(await send({ "if-match": '"9"' }))).toEqual([412, "version_mismatch"]);
    expect((await send({ "if-match": '"1"' })).status).toBe(204);
    expect((await send({})).status).toBe(204);
  });

  test("[KY4] each change is recorded once, none with a secret", async () => {
    const { key, token } = await make(owner, { name: "recorded" });
    await change(key, { name: "told" });
    const next = (await (await rotate(owner, await read(key.id), "1h")).json()) as Made;
    await owner.send(`/api/v1/keys/${key.id}`, { method: "DELETE" });
    await owner.send(`/api/v1/keys/${key.id}`, { method: "DELETE" });
    const rows = await platform.db.as("superuser")`
      select action, record from platform.audit_log where org_id = ${org} and resource = ${`keys/${key.id}`} order by seq`;
    expect(rows.map((row) => row["action"])).toEqual([
      "keys.create",
      "keys.update",
      "keys.rotate",
      "keys.revoke",
    ]);
    const text = JSON.stringify(rows);
    for (const shown of [token, next.token]) expect(text).not.toContain(shown?.split("_")[2]);
  });

  test("[KY7] rotating does not get past the limit of live keys", async () => {
    const other = await addOrg(platform, "full-ring");
    const person = await newMember(platform, other, "owner");
    const { key } = await make(person);
    await platform.db.as(
      "superuser",
    )`insert into platform.api_keys (org_id, id, key_id, name, hash, grants, created_by, created_at)
      select ${other}, gen_random_uuid(), 'full' || lpad(n::text, 12, '0'), 'fill', sha256('x'), '[]', ${person.userId}, now()
      from generate_series(2, ${KEYS_MAX}) n`;
    expect(await codeOf(await rotate(person, key, "1h"))).toEqual([422, "validation_failed"]);
    expect((await rotate(person, key, "0")).status).toBe(201);
  });
});

test("[KY6] the last use never goes backwards, whoever is late to tell", async () => {
  const { key } = await make(owner);
  const at = (minutes: number): number => platform.clock.now + minutes * 60_000;
  const used = async (minutes: number): Promise<string | null> => {
    await platform.sql.transaction({ org }, (tx) => touchKey(tx, key.id, at(minutes)));
    return (await read(key.id)).last_used_at;
  };
  const latest = new Date(Math.floor(at(5) / 60_000) * 60_000).toISOString();
  expect([await used(5), await used(3), await used(5)]).toEqual([latest, latest, latest]);
});

describe("who gets no key", () => {
  const wish = { name: "stolen", grants: ["analyses.read"] };

  test("[S1] nobody makes a key without a session, or for somebody else", async () => {
    const nobody = await platform.send("/api/v1/keys", post(wish));
    expect(await codeOf(nobody)).toEqual([401, "unauthenticated"]);
    const victim = await newMember(platform, org, "owner");
    for (const field of ["created_by", "user_id", "userId", "org_id", "id"]) {
      const answer = await owner.send("/api/v1/keys", post({ ...wish, [field]: victim.userId }));
      expect(await codeOf(answer), field).toEqual([422, "validation_failed"]);
      const bare = await platform.send("/api/v1/keys", post({ ...wish, [field]: victim.userId }));
      expect(await codeOf(bare), field).toEqual([401, "unauthenticated"]);
    }
    const rows = await platform.db.as("superuser")`
      select count(*)::int as made from platform.api_keys where created_by = ${victim.userId}`;
    expect(rows[0]?.["made"]).toBe(0);
    expect((await make(owner)).key.created_by).toBe(owner.userId);
  });

  test("[S1] a session that was ended makes and rotates no key", async () => {
    const person = await newMember(platform, org, "admin");
    const { key } = await make(owner);
    await platform.db.as("superuser")`update platform.session_families
      set ended_at = now(), end_reason = 'revoked' where user_id = ${person.userId}`;
    expect(await codeOf(await person.send("/api/v1/keys", post(wish)))).toEqual([
      401,
      "unauthenticated",
    ]);
    expect(await codeOf(await rotate(person, key, "0"))).toEqual([401, "unauthenticated"]);
  });

  test("[S8] who is removed while they make or rotate a key leaves none", async () => {
    const su = platform.db.as("superuser");
    for (const start of [
      (person: Person) => person.send("/api/v1/keys", post(wish)),
      async (person: Person) => rotate(person, (await make(owner)).key, "0"),
    ]) {
      const person = await newMember(platform, org, "admin");
      let request: Promise<Response> | undefined;
      await su.begin(async (tx) => {
        await tx`delete from platform.memberships where org_id = ${org} and user_id = ${person.userId}`;
        request = start(person);
        // The request has read that they are a member, and waits to hear whether they stay one.
        for (let waiting = 0; waiting < 1;) {
          const [row] = await su`select count(*)::int as waiting from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock'`;
          waiting = Number(row?.["waiting"]);
        }
      });
      expect(request === undefined ? [] : await codeOf(await request)).toEqual([403, "forbidden"]);
      const rows = await su`select 1 from platform.api_keys where created_by = ${person.userId}`;
      expect(rows).toHaveLength(0);
    }
  });

  test("[S8] a key makes, rotates, changes and revokes no key, whatever it was granted", async () => {
    const { key, token } = await make(owner);
    await platform.db.as("superuser")`update platform.api_keys
      set grants = '["keys.read@**", "keys.write@**", "members.read@**", "members.write@**"]' where id = ${key.id}`;
    await later(30_001, async () => {
      const send = (path: string, init: RequestInit): Promise<Response> =>
        platform.send(path, {
          ...init,
          headers: {
            ...(init.headers as Record<string, string>),
            "x-api-key": token ?? "",
            "if-match": '"1"',
          },
        });
      const tries: [string, RequestInit][] = [
        ["/api/v1/keys", post(wish)],
        [`/api/v1/keys/${key.id}/rotate`, post({ grace: "0" })],
        [`/api/v1/keys/${key.id}`, { ...post({ name: "x" }), method: "PATCH" }],
        [`/api/v1/keys/${key.id}`, { method: "DELETE" }],
        ["/api/v1/invitations", post({ role: "owner" })],
        [`/api/v1/members/${owner.userId}`, { ...post({ role: "viewer" }), method: "PATCH" }],
        [`/api/v1/members/${owner.userId}`, { method: "DELETE" }],
      ];
      for (const [path, init] of tries)
        expect(await codeOf(await send(path, init)), path).toEqual([403, "key_cannot"]);
    });
  });

  test("[S8] a key without grants is not made, and one that has none may nothing", async () => {
    expect((await owner.send("/api/v1/keys", post({ name: "empty", grants: [] }))).status).toBe(
      422,
    );
    const { key, token } = await make(owner);
    await platform.db.as(
      "superuser",
    )`update platform.api_keys set grants = '[]' where id = ${key.id}`;
    for (const path of ["/org", "/keys", "/members", "/analyses", "/runs"]) {
      const answer = await platform.send(`/api/v1${path}`, {
        headers: { "x-api-key": token ?? "" },
      });
      expect(await codeOf(answer), path).toEqual([404, "not_found"]);
    }
  });
});
