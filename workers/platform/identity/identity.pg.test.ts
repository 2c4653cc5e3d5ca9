/** Signing in, sessions and keys through the real app and a real database. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  launcher,
  openPlatform,
  ORIGIN,
  post,
  setupToken,
  signedIn,
  type SignedIn,
  type TestPlatform,
} from "../../../test/platform.ts";

let platform: TestPlatform;
let owner: SignedIn;

const refreshInit = (
  cookie: string,
  body: unknown = {},
  headers: Record<string, string> = {},
): RequestInit => post(body, { cookie, origin: ORIGIN, ...headers });
const refresh = (cookie: string, body: unknown = {}): Promise<Response> =>
  platform.send("/api/v1/auth/refresh", refreshInit(cookie, body));
const cookieOf = (answer: Response): string =>
  (answer.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
const codeOf = async (answer: Response): Promise<string> =>
  ((await answer.json()) as { code: string }).code;

beforeAll(async () => {
  platform = await openPlatform();
});
afterAll(() => platform.close());

describe("first setup", () => {
  test("[ID12] of many claims of one setup link exactly one wins", async () => {
    const token = await setupToken(platform);
    const claim = () =>
      platform.send("/api/v1/auth/setup", post({ token, name: "Ada", org_name: "First Team" }));
    const answers = await Promise.all(Array.from({ length: 12 }, claim));
    const winners = answers.filter((answer) => answer.status === 201);
    expect(winners).toHaveLength(1);
    const codes = await Promise.all(answers.filter((answer) => answer.status !== 201).map(codeOf));
    expect(new Set(codes)).toEqual(new Set(["setup_done"]));
    const [winner] = winners;
    if (winner !== undefined) owner = await signedIn(platform, winner);
  });

  test("[ID12] the first user owns the first and the reserved organization", async () => {
    const me = (await (await owner.send("/api/v1/me")).json()) as {
      orgs: unknown[];
      user: { name: string };
    };
    expect(me.user.name).toBe("Ada");
    expect(me.orgs).toMatchObject([
      { slug: "first-team", role: "owner" },
      { slug: "platform", role: "owner" },
    ]);
  });

  test("[ID12] there is no second setup, and no link for one", async () => {
    const link = await platform.send("/internal/v1/local/setup-link", {
      method: "POST",
      headers: launcher,
    });
    expect([link.status, await codeOf(link)]).toEqual([409, "setup_done"]);
    const forged = await platform.send(
      "/api/v1/auth/setup",
      post({ token: "x", name: "Eve", org_name: "Mine" }),
    );
    expect([forged.status, await codeOf(forged)]).toEqual([401, "setup_token_invalid"]);
  });

  test("[ID12] the first organization has the tier self_hosted", async () => {
    expect(await (await owner.send("/api/v1/org")).json()).toMatchObject({
      tier: "self_hosted",
      status: "active",
    });
  });
});

describe("sign-in links", () => {
  test("[ID13] a link signs the first owner in once", async () => {
    const made = await platform.send("/internal/v1/local/login-link", {
      method: "POST",
      headers: launcher,
    });
    const { url } = (await made.json()) as { url: string };
    const token = url.split("#t=")[1];
    expect(url.startsWith(`${ORIGIN}/link#t=`)).toBe(true);
    expect((await platform.send("/api/v1/auth/link", post({ token }))).status).toBe(201);
    expect(await codeOf(await platform.send("/api/v1/auth/link", post({ token })))).toBe(
      "link_invalid",
    );
  });

  test("[ID13] a link is dead after ten minutes", async () => {
    const made = await platform.send("/internal/v1/local/login-link", {
      method: "POST",
      headers: launcher,
    });
    const token = ((await made.json()) as { url: string }).url.split("#t=")[1];
    platform.clock.now += 601_000;
    expect(await codeOf(await platform.send("/api/v1/auth/link", post({ token })))).toBe(
      "link_invalid",
    );
    platform.clock.now -= 601_000;
  });

  test("[ID13] links are made for the launcher alone", async () => {
    const answer = await platform.send("/internal/v1/local/login-link", { method: "POST" });
    expect(answer.status).toBe(401);
  });
});

describe("sessions", () => {
  const signIn = async (): Promise<SignedIn> => {
    const made = await platform.send("/internal/v1/local/login-link", {
      method: "POST",
      headers: launcher,
    });
    const token = ((await made.json()) as { url: string }).url.split("#t=")[1];
    return signedIn(platform, await platform.send("/api/v1/auth/link", post({ token })));
  };

  test("[TK10] a refresh token steps the session on", async () => {
    const session = await signIn();
    const first = await refresh(session.cookie);
    expect(first.status).toBe(200);
    expect(cookieOf(first)).not.toBe(session.cookie);
    expect((await refresh(cookieOf(first))).status).toBe(200);
  });

  test("[TK10] a token with a forged MAC is nobody's", async () => {
    const session = await signIn();
    const forged = session.cookie.replace(/.{4}$/, "AAAA");
    expect(await codeOf(await refresh(forged))).toBe("refresh_invalid");
    expect((await refresh(session.cookie)).status).toBe(200);
  });

  test("[TK11] parallel tabs within a minute get the same next token", async () => {
    const session = await signIn();
    const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(session.cookie)));
    expect(answers.map((answer) => answer.status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(new Set(answers.map(cookieOf)).size).toBe(1);
  });

  test("[TK12] a token sent again after a minute ends the session for everybody", async () => {
    const session = await signIn();
    const next = cookieOf(await refresh(session.cookie));
    platform.clock.now += 61_000;
    expect(await codeOf(await refresh(session.cookie))).toBe("refresh_reused");
    expect(await codeOf(await refresh(next))).toBe("refresh_invalid");
  });

  test("[TK13] a session slides for seven days and ends after ninety", async () => {
    const session = await signIn();
    const started = platform.clock.now;
    let { cookie } = session;
    for (let day = 0; day < 84; day += 6) {
      platform.clock.now += 6 * 86_400_000;
      const answer = await refresh(cookie);
      expect(answer.status).toBe(200);
      cookie = cookieOf(answer);
    }
    platform.clock.now = started + 90 * 86_400_000;
    expect(await codeOf(await refresh(cookie))).toBe("refresh_invalid");
    platform.clock.now = started;
  });

  test("[TK14] the cookie is out of reach of scripts and other sites", async () => {
    const answer = await refresh((await signIn()).cookie);
    expect(answer.headers.get("set-cookie")).toMatch(
      /^ew_refresh=ewr_[\w-]+; Max-Age=604800; Path=\/; HttpOnly; SameSite=Strict$/,
    );
  });

  test("[TK15] [S10] refresh takes requests of its own pages only", async () => {
    const { cookie } = await signIn();
    const send = (headers: Record<string, string>) =>
      platform.send("/api/v1/auth/refresh", {
        method: "POST",
        body: "{}",
        headers: { cookie, "content-type": "application/json", ...headers },
      });
    expect((await send({})).status).toBe(403);
    expect((await send({ origin: "https://evil.example" })).status).toBe(403);
    expect((await send({ origin: ORIGIN, "content-type": "text/plain" })).status).toBe(415);
    expect((await send({ origin: ORIGIN })).status).toBe(200);
  });

  test("[TK16] a session moves to another organization of its user, and only to one of those", async () => {
    const session = await signIn();
    const orgs = (
      (await (await session.send("/api/v1/orgs")).json()) as {
        items: { id: string; slug: string }[];
      }
    ).items;
    const other = orgs.find((org) => org.slug === "platform");
    const moved = await refresh(session.cookie, { org_id: other?.id });
    expect(await moved.clone().json()).toMatchObject({ org_id: other?.id });
    const stranger = await refresh(cookieOf(moved), {
      org_id: "00000000-0000-7000-8000-0000000000aa",
    });
    expect(stranger.status).toBe(403);
    const again = await refresh(cookieOf(stranger));
    expect(await again.json()).toMatchObject({ org_id: other?.id });
  });

  test("[TK11] a session that was logged out is over", async () => {
    const { cookie } = await signIn();
    const answer = await platform.send("/api/v1/auth/logout", refreshInit(cookie));
    expect(answer.status).toBe(204);
    expect(await codeOf(await refresh(cookie))).toBe("refresh_invalid");
  });

  test("[TK17] routes that change rights read the session again", async () => {
    const session = await signIn();
    await platform.send("/api/v1/auth/logout", refreshInit(session.cookie));
    expect((await session.send("/api/v1/keys")).status).toBe(200);
    const made = await session.send(
      "/api/v1/keys",
      post({ name: "late", grants: ["analyses.read"] }),
    );
    expect([made.status, await codeOf(made)]).toEqual([401, "unauthenticated"]);
  });

  test("[TK5] an access token ends after fifteen minutes", async () => {
    const session = await signIn();
    platform.clock.now += 15 * 60_000 + 31_000;
    expect(await codeOf(await session.send("/api/v1/me"))).toBe("token_expired");
    platform.clock.now -= 15 * 60_000 + 31_000;
  });

  test("[TK2] the keys that check our tokens are public", async () => {
    const answer = await platform.send("/.well-known/jwks.json");
    expect(answer.headers.get("cache-control")).toBe("public, max-age=300");
    const { keys } = (await answer.json()) as { keys: Record<string, unknown>[] };
    expect(keys).toMatchObject([{ kty: "EC", crv: "P-256", alg: "ES256", use: "sig" }]);
    expect(keys[0]).not.toHaveProperty("d");
  });
});
