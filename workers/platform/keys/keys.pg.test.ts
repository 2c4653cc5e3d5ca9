/** API keys through the real app and a real database; lists and repeated requests are shown with them. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openPlatform, setUp, type SignedIn, type TestPlatform } from "../../../test/platform.ts";
import { expireKeys } from "../http/idempotency.ts";
import { KEYS_MAX } from "./model.ts";

let platform: TestPlatform;
let owner: SignedIn;

beforeAll(async () => {
  platform = await openPlatform();
  owner = await setUp(platform);
});
afterAll(() => platform.close());

interface Made {
  key: { id: string; key_id: string; name: string; grants: string[]; last_used_at: string | null };
  token: string;
}
interface Problem {
  code: string;
  errors?: { location: string }[];
}

const make = (body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  owner.send("/api/v1/keys", {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
const made = async (name: string, grants = ["analyses.read", "analyses.write"]): Promise<Made> =>
  (await make({ name, grants })).json() as Promise<Made>;
const using = (
  token: string,
  path = "/api/v1/analyses",
  init: RequestInit = {},
): Promise<Response> =>
  platform.send(path, {
    ...init,
    headers: { "x-api-key": token, ...(init.headers as Record<string, string>) },
  });
const problemOf = async (answer: Response): Promise<Problem> => (await answer.json()) as Problem;
const later = async (ms: number, body: () => Promise<void>): Promise<void> => {
  platform.clock.now += ms;
  try {
    await body();
  } finally {
    platform.clock.now -= ms;
  }
};

describe("what a key is", () => {
  test("[AP2] text that cannot be stored is refused, not broken on", async () => {
    const answer = await make({ name: "a\0b", grants: ["analyses.read"] });
    expect([answer.status, (await problemOf(answer)).code]).toEqual([422, "validation_failed"]);
    for (const query of ["/analyses?repository=%00", "/runs?dag=%00"])
      expect((await owner.send(`/api/v1${query}`)).status, query).toBe(422);
  });

  test("[KY1] a second try of a lost request never shows a token that does not work", async () => {
    const headers = { "idempotency-key": "lost-answer" };
    const wish = { name: "lost", grants: ["analyses.read"] };
    const first = (await (await make(wish, headers)).json()) as Made;
    await platform.db.as("superuser")`update platform.idempotency_keys
      set status = null, fingerprint = null, locked_at = to_timestamp(0) where key = 'lost-answer'`;
    const second = (await (await make(wish, headers)).json()) as Made;
    expect([second.key.id, second.token]).toEqual([first.key.id, null]);
  });

  test("[KY1] the token is shown once and stored nowhere", async () => {
    const { key, token } = await made("once");
    const secret = token.split("_")[2] ?? "";
    expect(token).toMatch(/^ewk_[0-9a-z]{16}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/);
    expect(JSON.stringify(await (await owner.send(`/api/v1/keys/${key.id}`)).json())).not.toContain(
      secret,
    );
    const rows = await platform.db.as("superuser")`select k::text as text from platform.api_keys k`;
    expect(rows.map((row) => String(row["text"])).join()).not.toContain(secret);
    expect(JSON.stringify(platform.logged)).not.toContain(secret);
  });

  test("[KY2] it is taken from either header, and from both if they agree", async () => {
    const { token } = await made("headers");
    const other = (await made("other")).token;
    const send = async (headers: Record<string, string>): Promise<number> =>
      (await platform.send("/api/v1/analyses", { headers })).status;
    expect(await send({ "x-api-key": token })).toBe(200);
    expect(await send({ authorization: `Bearer ${token}` })).toBe(200);
    expect(await send({ authorization: `Bearer ${token}`, "x-api-key": token })).toBe(200);
    expect(await send({ authorization: `Bearer ${token}`, "x-api-key": other })).toBe(401);
  });

  test("[KY7] unknown, mistyped, revoked and expired keys get one answer", async () => {
    const { key, token } = await made("revoked");
    await owner.send(`/api/v1/keys/${key.id}`, { method: "DELETE" });
    const expired = (await (
      await make({
        name: "expired",
        grants: ["analyses.read"],
        expires_at: new Date(platform.clock.now + 1_000).toISOString(),
      })
    ).json()) as Made;
    const unknown = token.replace(/^ewk_.{4}/, "ewk_zzzz");
    await later(2_000, async () => {
      for (const sent of [unknown, `${token}x`, token, expired.token]) {
        const answer = await using(sent);
        expect([answer.status, (await problemOf(answer)).code], sent).toEqual([
          401,
          "unauthenticated",
        ]);
      }
    });
  });

  test("[KY5] a key that was used before its revocation stops within thirty seconds", async () => {
    const { key, token } = await made("cached");
    expect((await using(token)).status).toBe(200);
    await owner.send(`/api/v1/keys/${key.id}`, { method: "DELETE" });
    await later(30_001, async () => expect((await using(token)).status).toBe(401));
  });

  test("[KY6] the last use is noted to the minute", async () => {
    const { key, token } = await made("used");
    await using(token);
    const read = (await (await owner.send(`/api/v1/keys/${key.id}`)).json()) as Made["key"];
    expect(read.last_used_at).toBe(
      new Date(Math.floor(platform.clock.now / 60_000) * 60_000).toISOString(),
    );
  });
});

describe("what a key may do", () => {
  test("[KY3] nobody gives a key more than they hold, or what no key may", async () => {
    const errors = async (grants: string[]): Promise<unknown> => {
      const answer = await make({ name: "wide", grants });
      return [answer.status, (await problemOf(answer)).errors?.map(({ location }) => location)];
    };
    expect(await errors(["keys.write"])).toEqual([422, ["/grants/0"]]);
    expect(await errors(["analyses.read", "nothing.such"])).toEqual([422, ["/grants/1"]]);
    expect(await errors(["install.admin"])).toEqual([422, ["/grants/0"]]);
  });

  test("[KY3] a key cannot make keys", async () => {
    const { token } = await made("minter", ["keys.read", "analyses.read"]);
    const answer = await using(token, "/api/v1/keys", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name: "child", grants: ["analyses.read"] }),
    });
    expect([answer.status, (await problemOf(answer)).code]).toEqual([403, "key_cannot"]);
  });

  test("[ID22] what one may not read is not there; what one may only read is forbidden", async () => {
    const reader = (await made("reader", ["analyses.read"])).token;
    const keys = await using(reader, "/api/v1/keys");
    expect([keys.status, (await problemOf(keys)).code]).toEqual([404, "not_found"]);
    const upload = await using(reader, "/api/v1/analyses", { method: "POST", body: "log" });
    expect([upload.status, (await problemOf(upload)).code]).toEqual([403, "forbidden"]);
  });

  test("[ID23] a key without grants is not made", async () => {
    expect((await make({ name: "empty", grants: [] })).status).toBe(422);
  });
});

describe("repeated requests", () => {
  test("[AP6] a repeated creation answers the same key, without its token", async () => {
    const headers = { "idempotency-key": "make-1" };
    const first = (await (
      await make({ name: "same", grants: ["analyses.read"] }, headers)
    ).json()) as Made;
    const again = await make({ name: "same", grants: ["analyses.read"] }, headers);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(again.headers.get("location")).toBe(`/api/v1/keys/${first.key.id}`);
    expect(await again.json()).toEqual({ key: first.key, token: null });
  });

  test("[AP5] of two requests with one key at once, one works", async () => {
    const headers = { "idempotency-key": "make-2" };
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => make({ name: "race", grants: ["analyses.read"] }, headers)),
    );
    const ids = new Set<string>();
    for (const answer of answers) {
      if (answer.status === 409)
        expect((await problemOf(answer)).code).toBe("idempotency_in_flight");
      else ids.add(((await answer.json()) as Made).key.id);
    }
    expect(ids.size).toBe(1);
  });

  test("[AP6] a key is free again after a day, and its row goes at night", async () => {
    const headers = { "idempotency-key": "make-4" };
    const wish = { name: "daily", grants: ["analyses.read"] };
    const first = (await (await make(wish, headers)).json()) as Made;
    const now = platform.clock.now + 86_400_001;
    await expireKeys(platform.sql, owner.orgId, now - 2);
    expect((await make(wish, headers)).headers.get("idempotency-replayed")).toBe("true");
    await expireKeys(platform.sql, owner.orgId, now);
    const second = (await (await make(wish, headers)).json()) as Made;
    expect(second.key.id).not.toBe(first.key.id);
  });

  test("[AP6] another body under the same key is refused", async () => {
    const headers = { "idempotency-key": "make-3" };
    await make({ name: "one", grants: ["analyses.read"] }, headers);
    const other = await make({ name: "two", grants: ["analyses.read"] }, headers);
    expect([other.status, (await problemOf(other)).code]).toEqual([422, "idempotency_mismatch"]);
  });
});

describe("lists", () => {
  test("[AP7] pages are newest first and neither lose nor repeat what was there", async () => {
    for (let n = 0; n < 7; n += 1) {
      platform.clock.now += n % 2;
      await made(`page ${n}`);
    }
    const all = (
      (await (await owner.send("/api/v1/keys?limit=100")).json()) as { items: { id: string }[] }
    ).items.map(({ id }) => id);
    const paged: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const page = (await (
        await owner.send(`/api/v1/keys?limit=3${cursor === "" ? "" : `&cursor=${cursor}`}`)
      ).json()) as {
        items: { id: string }[];
        next_cursor: string | null;
      };
      paged.push(...page.items.map(({ id }) => id));
      if (cursor === "") await made("came later");
      cursor = page.next_cursor;
    }
    expect(paged).toEqual(all);
  });

  test("[AP7] a cursor belongs to its list and cannot be made up", async () => {
    const { next_cursor } = (await (await owner.send("/api/v1/keys?limit=1")).json()) as {
      next_cursor: string;
    };
    const other = await owner.send(`/api/v1/analyses?cursor=${next_cursor}`);
    expect([other.status, (await problemOf(other)).code]).toEqual([400, "cursor_invalid"]);
    const forged = await owner.send(`/api/v1/keys?cursor=${next_cursor.replace(/^.../, "AAA")}`);
    expect((await problemOf(forged)).code).toBe("cursor_invalid");
    expect((await problemOf(await owner.send("/api/v1/keys?cursor=x"))).code).toBe(
      "cursor_invalid",
    );
  });

  test("[KY7] an organization has at most a hundred live keys", async () => {
    const su = platform.db.as("superuser");
    await su`insert into platform.api_keys (org_id, id, key_id, name, hash, grants, created_by, created_at)
      select ${owner.orgId}, gen_random_uuid(), 'fill' || lpad(n::text, 12, '0'), 'fill', sha256('x'), '[]', (select id from platform.users limit 1), now()
      from generate_series(1, ${KEYS_MAX}) n`;
    expect((await make({ name: "one more", grants: ["analyses.read"] })).status).toBe(422);
  });
});
