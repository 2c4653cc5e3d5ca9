/** What users do with their account, and what stolen or forged tokens achieve, through the real app and database. */
import { createHmac } from "node:crypto";
import { exportJWK, generateKeyPair, SignJWT, type JWK } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { toBase64url } from "../adapters/bytes.ts";
import { Random } from "../../../test/simulation/random.ts";
import { signWith } from "../../../test/fakes/signing-key.ts";
import {
  addMember,
  addOrg,
  addUser,
  newMember,
  signIn,
  type Person,
} from "../../../test/people.ts";
import {
  launcher,
  openPlatform,
  ORIGIN,
  post,
  setUp,
  type SignedIn,
  type TestPlatform,
} from "../../../test/platform.ts";
import { issueAccessToken } from "./service/signing.ts";

let platform: TestPlatform;
let owner: SignedIn;

beforeAll(async () => {
  platform = await openPlatform();
  owner = await setUp(platform);
});
afterAll(() => platform.close());

const rows = (text: string): Promise<Record<string, unknown>[]> =>
  platform.db.as("superuser").unsafe(text);
const codeOf = async (answer: Response): Promise<string> =>
  ((await answer.json()) as { code: string }).code;
const cookieOf = (answer: Response): string =>
  (answer.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
const refresh = (cookie: string, headers: Record<string, string> = {}): Promise<Response> =>
  platform.send("/api/v1/auth/refresh", post({}, { cookie, origin: ORIGIN, ...headers }));

interface View {
  readonly id: string;
  readonly current: boolean;
  readonly ip: string | null;
  readonly user_agent: string | null;
}
const sessionsOf = async (person: SignedIn): Promise<readonly View[]> =>
  ((await (await person.send("/api/v1/me/sessions")).json()) as { items: View[] }).items;
const audited = async (
  action: string,
): Promise<{ org_id: string; record: Record<string, unknown> }[]> =>
  (
    await rows(
      `select org_id, record from platform.audit_log where action = '${action}' order by at, seq`,
    )
  ).map((row) => ({
    org_id: String(row["org_id"]),
    record: JSON.parse(String(row["record"])) as Record<string, unknown>,
  }));

/** What a refresh cookie says: version, family, user, number. */
const bytesOf = (cookie: string): Buffer =>
  Buffer.from(cookie.split("=ewr_")[1] ?? "", "base64url");
const numberOf = (cookie: string): number => bytesOf(cookie).readUInt32BE(33);
/** The number the store has for the session of a cookie. */
const storedNumber = async (cookie: string): Promise<unknown> => {
  const [row] = await rows(
    `select counter from platform.session_families where id = '${bytesOf(cookie).subarray(1, 17).toString("hex")}'::uuid`,
  );
  return row?.["counter"];
};

describe("sessions", () => {
  let person: Person;
  beforeAll(async () => {
    person = await newMember(platform, owner.orgId, "admin");
  });

  test("[TK18] users see their living sessions, with address and browser, and which one they use", async () => {
    const link = await platform.send("/internal/v1/local/login-link", {
      method: "POST",
      headers: launcher,
    });
    const token = ((await link.json()) as { url: string }).url.split("#t=")[1];
    await platform.send(
      "/api/v1/auth/link",
      post({ token }, { "cf-connecting-ip": "198.51.100.7", "user-agent": "Tests/1" }),
    );
    const sessions = await sessionsOf(owner);
    expect(sessions.filter(({ current }) => current)).toHaveLength(1);
    expect(sessions.find(({ current }) => !current)).toMatchObject({
      ip: "198.51.100.7",
      user_agent: "Tests/1",
    });
  });

  test("[TK18] a session is ended by its user alone, at once where rights change", async () => {
    const other = await signIn(platform, person.userId, owner.orgId);
    const sessions = await sessionsOf(person);
    const target = sessions.find(({ current }) => !current)?.id ?? "";
    const path = `/api/v1/me/sessions/${target}`;
    expect((await owner.send(path, { method: "DELETE" })).status).toBe(404);
    expect((await person.send(path, { method: "DELETE" })).status).toBe(204);
    expect((await person.send(path, { method: "DELETE" })).status).toBe(404);
    expect(await codeOf(await refresh(other.cookie))).toBe("refresh_invalid");
    const late = await other.send(path, { method: "DELETE" });
    expect([late.status, await codeOf(late)]).toEqual([401, "unauthenticated"]);
    expect(await sessionsOf(person)).toHaveLength(sessions.length - 1);
  });

  test("[TK11] a copied token that is used ends the session, and the chain of its organization says so once", async () => {
    const stolen = await signIn(platform, person.userId, owner.orgId);
    // Tabs at once also open the connections, so that the copies below are judged side by side.
    const tabs = await Promise.all(Array.from({ length: 8 }, () => refresh(stolen.cookie)));
    const next = tabs.map(cookieOf).at(0) ?? "";
    platform.clock.now += 61_000;
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => refresh(stolen.cookie, { "user-agent": "Thief/1" })),
    );
    platform.clock.now -= 61_000;
    const codes = await Promise.all(answers.map(codeOf));
    expect(codes).toContain("refresh_reused");
    expect(await codeOf(await refresh(next))).toBe("refresh_invalid");
    const records = await audited("sessions.reuse");
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({
      org_id: owner.orgId,
      record: { actor: { kind: "user", id: person.userId } },
    });
  });

  test("[S2] [TK10] refresh tokens with a forged or foreign MAC are nobody's", async () => {
    const mine = await signIn(platform, person.userId);
    const [name = "", token = ""] = mine.cookie.split("=");
    const bytes = Buffer.from(token.slice(4), "base64url");
    const body = bytes.subarray(0, 37);
    const flipped = Buffer.from(bytes);
    flipped[36] = (flipped[36] ?? 0) ^ 1;
    const foreignKey = createHmac("sha256", Buffer.alloc(32, 8)).update(body).digest();
    const others = await signIn(platform, person.userId);
    const otherMac = Buffer.from(others.cookie.split("=ewr_")[1] ?? "", "base64url").subarray(37);
    const forged = [
      flipped,
      Buffer.concat([body, foreignKey]),
      Buffer.concat([body, otherMac]),
      Buffer.concat([body, Buffer.alloc(32)]),
      body,
      Buffer.concat([bytes, Buffer.alloc(1)]),
    ];
    for (const [index, wrong] of forged.entries())
      expect(
        await codeOf(await refresh(`${name}=ewr_${wrong.toString("base64url")}`)),
        String(index),
      ).toBe("refresh_invalid");
    expect((await refresh(mine.cookie)).status).toBe(200);
  });

  test("[S5] fifty concurrent redemptions of one token are one step", async () => {
    const session = await signIn(platform, person.userId);
    const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(session.cookie)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(cookieOf)).size).toBe(1);
    expect(answers.map((answer) => numberOf(cookieOf(answer))).at(0)).toBe(2);
    expect(await storedNumber(session.cookie)).toBe(2);
  });

  test("[TK10] [TK11] concurrent histories against the real store hold no fork either", async () => {
    const started = platform.clock.now;
    const random = new Random(7n);
    const seen = { reissued: 0, ended: 0 };
    for (let history = 0; history < 50; history += 1) {
      platform.clock.now = started;
      const first = (await signIn(platform, person.userId)).cookie;
      const holders = [first, first, first];
      let ended = false;
      for (let round = 0; round < 6; round += 1) {
        const answers = await Promise.all(holders.map((cookie) => refresh(cookie)));
        const handed = answers.filter(({ status }) => status === 200).map(cookieOf);
        // The last number handed out is the store's, each number is one token: two lines of one session cannot be.
        const numbers = new Set(handed.map(numberOf));
        expect(new Set(handed).size).toBe(numbers.size);
        if (handed.length > 0) expect(Math.max(...numbers)).toBe(await storedNumber(first));
        if (ended) expect(handed).toEqual([]);
        const codes = await Promise.all(answers.filter(({ status }) => status !== 200).map(codeOf));
        ended ||= codes.includes("refresh_reused");
        seen.reissued += Math.max(0, handed.length - 1);
        for (const [index, answer] of answers.entries()) {
          // A third of the answers is lost on the way.
          if (answer.status === 200 && random.next() > 0.34) holders[index] = cookieOf(answer);
        }
        platform.clock.now += random.next() < 0.3 ? 61_000 : 1_000;
      }
      if (ended) seen.ended += 1;
    }
    platform.clock.now = started;
    expect(seen.reissued).toBeGreaterThan(50);
    expect(seen.ended).toBeGreaterThan(5);
  });

  test("[TK16] when the organization last used is suspended the session goes on in another one", async () => {
    const second = await addOrg(platform, "second-org");
    const third = await addOrg(platform, "third-org");
    const userId = await addUser(platform, "Moving");
    await addMember(platform, second, userId, "viewer");
    const session = await signIn(platform, userId);
    expect(session.orgId).toBe(second);
    await addMember(platform, third, userId, "viewer");
    await rows(`update platform.orgs set status = 'suspended' where id = '${second}'`);
    const moved = await refresh(session.cookie);
    expect(await moved.clone().json()).toMatchObject({ org_id: third });
    await rows(`update platform.orgs set status = 'suspended' where id = '${third}'`);
    const alone = await refresh(cookieOf(moved));
    expect(await alone.clone().json()).toMatchObject({ org_id: null });
    const wished = await platform.send(
      "/api/v1/auth/refresh",
      post({ org_id: third }, { cookie: cookieOf(alone), origin: ORIGIN }),
    );
    expect(await codeOf(wished)).toBe("org_suspended");
  });
});

describe("the account", () => {
  test("[ID25] users change their own name; the next token carries it, the chain does not", async () => {
    const person = await newMember(platform, owner.orgId, "viewer");
    const changed = await person.send("/api/v1/me", {
      ...post({ name: "Grace Hopper" }),
      method: "PATCH",
    });
    expect(await changed.json()).toMatchObject({ user: { name: "Grace Hopper" } });
    const next = await refresh(person.cookie);
    const token = ((await next.json()) as { access_token: string }).access_token;
    expect(
      JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()),
    ).toMatchObject({ name: "Grace Hopper" });
    const [renamed] = await audited("identities.rename");
    expect(JSON.stringify(renamed)).not.toContain("Hopper");
  });

  test("[ID25] a name is neither empty nor endless, and an API key has none", async () => {
    for (const name of ["", "   ", "x".repeat(201), 7]) {
      const answer = await owner.send("/api/v1/me", { ...post({ name }), method: "PATCH" });
      expect([answer.status, await codeOf(answer)]).toEqual([422, "validation_failed"]);
    }
    const made = await owner.send("/api/v1/keys", post({ name: "k", grants: ["analyses.read"] }));
    const { token } = (await made.json()) as { token: string };
    const asKey = await platform.send("/api/v1/me/sessions", {
      headers: { authorization: `Bearer ${token}` },
    });
    expect([asKey.status, await codeOf(asKey)]).toEqual([403, "key_cannot"]);
  });

  test("[ID15] revoke-all ends every session and revokes every key the user made, in each organization, and nobody else's", async () => {
    const other = await addOrg(platform, "elsewhere");
    const person = await newMember(platform, owner.orgId, "admin");
    await addMember(platform, other, person.userId, "admin");
    const there = await signIn(platform, person.userId, other);
    const keyOf = async (who: SignedIn): Promise<string> =>
      (
        (await (
          await who.send("/api/v1/keys", post({ name: "k", grants: ["analyses.read"] }))
        ).json()) as { token: string }
      ).token;
    const [mine, mineThere, theirs] = [await keyOf(person), await keyOf(there), await keyOf(owner)];
    const ended = await person.send("/api/v1/me/revoke-all", { method: "POST" });
    expect(ended.status).toBe(204);
    expect(ended.headers.get("set-cookie")).toContain("ew_refresh=; Max-Age=0");
    for (const { cookie } of [person, there])
      expect(await codeOf(await refresh(cookie))).toBe("refresh_invalid");
    platform.clock.now += 31_000;
    const use = (token: string): Promise<Response> =>
      platform.send("/api/v1/analyses", { headers: { authorization: `Bearer ${token}` } });
    expect((await use(mine)).status).toBe(401);
    expect((await use(mineThere)).status).toBe(401);
    expect((await use(theirs)).status).toBe(200);
    platform.clock.now -= 31_000;
    expect((await owner.send("/api/v1/me")).status).toBe(200);
    expect(await audited("sessions.revoke_all")).toMatchObject([{ org_id: owner.orgId }]);
    expect((await audited("keys.revoke")).map(({ org_id }) => org_id).toSorted()).toEqual(
      [owner.orgId, other].toSorted(),
    );
  });
});

describe("joining a local install without a provider", () => {
  const invite = async (body: Record<string, unknown>): Promise<string> => {
    const made = await owner.send("/api/v1/invitations", post(body));
    return ((await made.json()) as { url: string }).url.split("#t=")[1] ?? "";
  };
  const join = (token: string, name = "Katherine"): Promise<Response> =>
    platform.send("/api/v1/auth/invite", post({ token, name }));

  test("[ID18] an invitation that names nobody makes a user, once, of many who have its link", async () => {
    const token = await invite({ role: "developer" });
    const answers = await Promise.all(Array.from({ length: 6 }, () => join(token)));
    const joined = answers.filter(({ status }) => status === 201);
    expect(joined).toHaveLength(1);
    const opened = (await joined[0]?.clone().json()) as { access_token: string; org_id: string };
    expect(opened.org_id).toBe(owner.orgId);
    const me = await platform.send("/api/v1/me", {
      headers: { authorization: `Bearer ${opened.access_token}` },
    });
    expect(await me.json()).toMatchObject({
      user: { name: "Katherine", email: null },
      org: { role: "developer" },
    });
    expect(joined[0] === undefined ? "" : cookieOf(joined[0])).toMatch(/^ew_refresh=ewr_/);
    const active = await rows(
      "select 1 from platform.users where name = 'Katherine' and status = 'active'",
    );
    expect(active).toHaveLength(1);
  });

  test("[ID18] an invitation that names somebody, an unknown one, and one on https make nobody", async () => {
    const bound = await join(await invite({ role: "viewer", email: "dorothy@example.com" }), "Eve");
    expect([bound.status, await codeOf(bound)]).toEqual([403, "invite_email_mismatch"]);
    const unknown = await join(toBase64url(new Uint8Array(32)), "Eve");
    expect([unknown.status, await codeOf(unknown)]).toEqual([410, "invite_invalid"]);
    const token = await invite({ role: "viewer" });
    const production = await openPlatform({ ENVIRONMENT: "production" });
    const answer = await production.send("/api/v1/auth/invite", post({ token, name: "Eve" }));
    expect([answer.status, await codeOf(answer)]).toEqual([404, "not_found"]);
    await production.close();
    expect(await rows("select 1 from platform.users where name = 'Eve'")).toEqual([]);
  });

  test("[ID13] the launcher makes links for others too, by name or address, unless two answer to it", async () => {
    const linkFor = (who: string): Promise<Response> =>
      platform.send("/internal/v1/local/login-link", post({ who }, launcher));
    await join(await invite({ role: "viewer" }), "Mary Jackson");
    const made = await linkFor("mary jackson");
    const token = ((await made.json()) as { url: string }).url.split("#t=")[1];
    const opened = await platform.send("/api/v1/auth/link", post({ token }));
    const body = (await opened.json()) as { access_token: string };
    const me = await platform.send("/api/v1/me", {
      headers: { authorization: `Bearer ${body.access_token}` },
    });
    expect(await me.json()).toMatchObject({ user: { name: "Mary Jackson" } });
    await addUser(platform, "Mary Jackson");
    for (const who of ["Mary Jackson", "nobody@example.com"]) {
      const refused = await linkFor(who);
      expect([refused.status, await codeOf(refused)]).toEqual([404, "not_found"]);
    }
  });

  test("[ID13] on an https issuer the launcher makes no sign-in links", async () => {
    const https = await openPlatform({ ISSUER: "https://localhost:8787" });
    const answer = await https.send("/internal/v1/local/login-link", {
      method: "POST",
      headers: launcher,
    });
    expect([answer.status, await codeOf(answer)]).toEqual([403, "forbidden"]);
    await https.close();
  });
});

describe("tokens that are not what they say", () => {
  const use = (token: string): Promise<Response> =>
    platform.send("/api/v1/me", { headers: { authorization: `Bearer ${token}` } });
  const claimsOf = (token: string): Record<string, unknown> =>
    JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
  const publicKey = async (): Promise<JWK> => {
    const answer = await platform.send("/.well-known/jwks.json");
    return ((await answer.json()) as { keys: JWK[] }).keys[0] ?? {};
  };
  const ports = () => ({ env: platform.env, sql: platform.sql, now: () => platform.clock.now });

  test("[S6] [TK5] a role for Postgres in a token of ours gives nothing", async () => {
    const viewer = await newMember(platform, owner.orgId, "viewer");
    const { sub, sid, org, auth_time } = claimsOf(viewer.token);
    const claims = { sub, sid, org, org_role: "viewer", auth_time, jti: "x", role: "postgres" };
    const token = await issueAccessToken(ports(), claims as never);
    const made = await platform.send("/api/v1/keys", {
      ...post({ name: "k", grants: ["analyses.read"] }),
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    });
    expect(made.status).toBe(404);
    expect((await use(token)).status).toBe(200);
  });

  test("[S6] [TK5] tokens of other kinds, audiences, issuers and planes are refused, though our own key signed them", async () => {
    const jwk = await publicKey();
    const { privateKey } = await generateKeyPair("ES256", { extractable: true });
    const claims = claimsOf(owner.token);
    const wrong: [Record<string, unknown>, Record<string, string>][] = [
      [{ ...claims, aud: "worker" }, { typ: "lease+jwt" }],
      [{ ...claims, aud: "worker" }, {}],
      [claims, { typ: "lease+jwt" }],
      [claims, { typ: "JWT" }],
      [{ ...claims, aud: "00000000-0000-7000-8000-0000000000aa" }, {}],
      [{ ...claims, iss: "http://localhost:8788" }, {}],
      [{ ...claims, sid: undefined }, {}],
      [{ ...claims, exp: undefined }, {}],
    ];
    const sign = await signWith(platform);
    expect((await use(await sign(claims, {}))).status).toBe(200);
    for (const [payload, header] of wrong) {
      const answer = await use(await sign(payload, header));
      expect([answer.status, await codeOf(answer)], JSON.stringify([payload, header])).toEqual([
        401,
        "unauthenticated",
      ]);
    }
    const foreign = await new SignJWT(claims)
      .setProtectedHeader({ alg: "ES256", typ: "at+jwt", kid: jwk.kid ?? "" })
      .sign(privateKey);
    expect((await use(foreign)).status).toBe(401);
  });

  test("[S6] [TK4] alg none, HS256 with our public key, an embedded key and crit are refused", async () => {
    const jwk = await publicKey();
    const claims = claimsOf(owner.token);
    const part = (value: unknown): string =>
      Buffer.from(JSON.stringify(value)).toString("base64url");
    const header = { typ: "at+jwt", kid: jwk.kid };
    const none = `${part({ ...header, alg: "none" })}.${part(claims)}.`;
    const hmac = (secret: string): string => {
      const text = `${part({ ...header, alg: "HS256" })}.${part(claims)}`;
      return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
    };
    const own = await generateKeyPair("ES256", { extractable: true });
    const embed = (extra: Record<string, unknown>): Promise<string> =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: "ES256", ...header, ...extra } as never)
        .sign(own.privateKey);
    const wrong = [
      none,
      none.slice(0, -1),
      `${none}${owner.token.split(".")[2] ?? ""}`,
      hmac(JSON.stringify(jwk)),
      hmac(String(jwk.x)),
      await embed({ jwk: await exportJWK(own.publicKey) }),
      await embed({ jku: "https://evil.example/jwks.json" }),
      await embed({ x5u: "https://evil.example/cert" }),
      `${part({ alg: "ES256", ...header, crit: ["exp"] })}.${owner.token.split(".").slice(1).join(".")}`,
      `${part({ alg: "ES256", ...header, b64: false, crit: ["b64"] })}.${owner.token.split(".").slice(1).join(".")}`,
    ];
    for (const token of wrong) expect((await use(token)).status, token.slice(0, 60)).toBe(401);
  });
});
