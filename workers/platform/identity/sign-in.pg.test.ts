/** Signing in at providers, through the real app, a real database and real substitutes for the providers. */
import { generateKeyPair, SignJWT } from "jose";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  begin,
  comeBack,
  cookieOf,
  passThrough,
  sessionOf,
  settingsOf,
  startGithub,
  startGoogle,
  startOidc,
  type FakeOidc,
  type FakeProvider,
} from "../../../test/fakes/sign-in.ts";
import { addUser, signIn } from "../../../test/people.ts";
import {
  openPlatform,
  ORIGIN,
  post,
  setUp,
  type SignedIn,
  type TestPlatform,
} from "../../../test/platform.ts";

const OCTOCAT = { login: "octocat", name: "The Octocat", email: "octo@example.com" };
const HUBOT = { login: "hubot", name: "Hubot", email: "hubot@example.com" };
const GRACE = { login: "grace", name: "Grace", email: "grace@example.com" };

let github: FakeProvider;
let google: FakeProvider;
let oidc: FakeOidc;
let platform: TestPlatform;
let owner: SignedIn;

beforeAll(async () => {
  [github, google, oidc] = await Promise.all([
    startGithub([OCTOCAT, HUBOT, GRACE]),
    startGoogle([OCTOCAT, HUBOT, GRACE]),
    startOidc(),
  ]);
  platform = await openPlatform(settingsOf(github, google, oidc));
  owner = await setUp(platform);
});
afterAll(async () => {
  await platform.close();
  await Promise.all([github, google, oidc].map((provider) => provider.close()));
});
afterEach(() => {
  oidc.alterTokens = undefined;
  oidc.alterDiscovery = undefined;
});

const invite = async (email: string | undefined, role = "viewer"): Promise<string> => {
  const made = await owner.send("/api/v1/invitations", post({ email, role }));
  const { url } = (await made.json()) as { url: string };
  return url.split("#t=")[1] ?? "";
};
const errorOf = (answer: Response): string | null => {
  const location = answer.headers.get("location") ?? "";
  return new URL(location, ORIGIN).searchParams.get("error");
};
const rows = (text: string): Promise<Record<string, unknown>[]> =>
  platform.db.as("superuser").unsafe(text);
const codeOf = async (answer: Response): Promise<string> =>
  ((await answer.json()) as { code: string }).code;
const identitiesOf = async (
  session: SignedIn,
): Promise<{ id: string; provider: string; name: string; email: string | null }[]> =>
  ((await (await session.send("/api/v1/me/identities")).json()) as { items: [] }).items;
const meOf = async (session: SignedIn): Promise<{ user: { id: string; name: string } }> =>
  (await session.send("/api/v1/me")).json() as Promise<{ user: { id: string; name: string } }>;
const actionsOf = async (userId: string): Promise<string[]> =>
  (
    await rows(
      `select action from platform.audit_log where actor = 'user:${userId}' order by at, seq`,
    )
  ).map((row) => String(row["action"]));

describe("the way to the provider", () => {
  test("[ID14] the sign-in page learns which providers are set up", async () => {
    expect(await (await platform.send("/api/v1/auth/providers")).json()).toEqual({
      items: [
        { id: "github", name: "GitHub" },
        { id: "google", name: "Google" },
        { id: "oidc", name: "Company login" },
      ],
      command: "npm run login",
    });
  });

  test("[ID3] each provider is asked with PKCE S256, a state, our address and, but for GitHub, a nonce", async () => {
    for (const provider of [github, google, oidc]) {
      const { location } = await begin(platform, provider);
      const sent = Object.fromEntries(new URL(location).searchParams);
      expect(sent, provider.id).toMatchObject({
        client_id: "edgewright-tests",
        redirect_uri: `${ORIGIN}/api/v1/auth/${provider.id}/callback`,
        code_challenge_method: "S256",
        code_challenge: expect.stringMatching(/^[\w-]{43}$/),
        state: expect.stringMatching(/^[\w-]{43}$/),
      });
      expect(sent["nonce"] !== undefined, provider.id).toBe(provider.id !== "github");
    }
  });

  test("[ID2] what is remembered is sealed in a cookie of ten minutes that scripts do not see", async () => {
    const answer = await platform.send("/api/v1/auth/github/start?return_to=/runs");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("set-cookie")).toMatch(
      /^ew_oauth=v1\.[\w-]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/,
    );
    const sent = new URL(answer.headers.get("location") ?? "").searchParams;
    const sealed = Buffer.from(
      cookieOf(answer, "ew_oauth").split(".")[1] ?? "",
      "base64url",
    ).toString("latin1");
    for (const word of [sent.get("state") ?? "x", "github", "/runs"])
      expect(sealed).not.toContain(word);
  });

  test("[ID14] a provider that is not set up, or does not exist, is nothing", async () => {
    const bare = await openPlatform();
    expect((await bare.send("/api/v1/auth/github/start")).status).toBe(404);
    expect((await bare.send("/api/v1/auth/github/callback?code=x&state=y")).status).toBe(404);
    expect((await bare.send("/api/v1/auth/gitlab/start")).status).toBe(404);
    expect(await (await bare.send("/api/v1/auth/providers")).json()).toMatchObject({ items: [] });
    await bare.close();
  });

  test("[ID2] whoever came by another name of this host is sent to the issuer's first", async () => {
    const other = await openPlatform({
      ...settingsOf(github),
      ISSUER: "http://127.0.0.1:8787",
      PUBLIC_HOSTS: "localhost:8787,127.0.0.1:8787",
    });
    const answer = await other.send("/api/v1/auth/github/start?return_to=/keys");
    expect(answer.headers.get("location")).toBe(
      "http://127.0.0.1:8787/api/v1/auth/github/start?return_to=/keys",
    );
    expect(answer.headers.get("set-cookie")).toBeNull();
    await other.close();
  });

  test.each([
    ["another site", "https%3A%2F%2Fevil.example%2F", "/"],
    ["another host", "%2F%2Fevil.example", "/"],
    ["a backslash", "/%5Cevil.example", "/"],
    ["a tab that browsers drop", "/%09/evil.example", "/"],
    ["a line break", "/%0d%0aset-cookie:x=y", "/"],
    ["a script", "javascript%3Aalert(1)", "/"],
    ["no slash", "evil", "/"],
    ["2,001 characters", `/${"x".repeat(2_000)}`, "/"],
    ["a path of ours", "%2Fruns%3Fstatus%3Dfailed%23top", "/runs?status=failed#top"],
  ])("[ID5] [S10] after a sign-in, return_to with %s", async (_, sent, expected) => {
    await invite("returns@example.com");
    const answer = await passThrough(platform, oidc, "returns", `?return_to=${sent}`);
    expect(answer.headers.get("location")).toBe(expected);
  });
});

describe("who comes back", () => {
  test("[ID9] an identity without a user, an invitation or an open door stays outside", async () => {
    for (const [provider, account] of [
      [github, "octocat"],
      [google, "octo@example.com"],
      [oidc, "nobody"],
    ] as const) {
      const answer = await passThrough(platform, provider, account);
      expect([answer.status, errorOf(answer)], provider.id).toEqual([302, "signup_closed"]);
      expect(cookieOf(answer, "ew_refresh")).toBe("");
    }
    expect(await rows("select 1 from platform.identities where subject = 'nobody'")).toEqual([]);
  });

  test("[ID9] [ID18] who was invited by address becomes a user by signing in, and a member by the link", async () => {
    const token = await invite("octo@example.com", "developer");
    const answer = await passThrough(platform, github, "octocat", "?return_to=/invite");
    expect(answer.headers.get("location")).toBe("/invite");
    const session = await sessionOf(platform, answer);
    const me = await meOf(session);
    expect(me.user).toMatchObject({ name: "The Octocat", email: "octo@example.com" });
    const joined = await session.send("/api/v1/invitations/accept", post({ token }));
    expect(await joined.json()).toMatchObject({ role: "developer" });
    expect(await actionsOf(me.user.id)).toEqual([
      "identities.link",
      "identities.login",
      "invitations.accept",
      "members.add",
    ]);
  });

  test("[ID1] an identity is issuer and number: a new login name is the same user", async () => {
    const [identity] = await rows(
      "select issuer, subject, name from platform.identities where provider = 'github'",
    );
    expect(identity).toMatchObject({
      issuer: github.url,
      subject: expect.stringMatching(/^\d+$/),
      name: "octocat",
    });
    const first = await sessionOf(platform, await passThrough(platform, github, "octocat"));
    const again = await sessionOf(platform, await passThrough(platform, github, "octocat"));
    expect((await meOf(again)).user.id).toBe((await meOf(first)).user.id);
  });

  test("[ID8] a Google identity with the user's verified address is attached, and the user is told", async () => {
    const before = await sessionOf(platform, await passThrough(platform, github, "octocat"));
    const answer = await passThrough(platform, google, "octo@example.com", "?return_to=/account");
    expect(answer.headers.get("location")).toBe("/account?linked=google");
    const session = await sessionOf(platform, answer);
    expect((await meOf(session)).user.id).toBe((await meOf(before)).user.id);
    const providers = (await identitiesOf(session)).map(({ provider }) => provider);
    expect(providers.toSorted()).toEqual(["github", "google"]);
    const again = await passThrough(platform, google, "octo@example.com", "?return_to=/account");
    expect(again.headers.get("location")).toBe("/account");
  });

  test("[S4] [ID8] an account that was there before with an address nobody verified is not taken over, nor given away", async () => {
    const planted = await addUser(platform, "Mallory");
    await rows(`update platform.users set email = 'hubot@example.com' where id = '${planted}'`);
    await invite("hubot@example.com");
    const session = await sessionOf(platform, await passThrough(platform, github, "hubot"));
    expect((await meOf(session)).user.id).not.toBe(planted);
    expect(await rows(`select 1 from platform.identities where user_id = '${planted}'`)).toEqual(
      [],
    );
  });

  test("[S4] [ID8] a generic provider's word for an address attaches nothing, and reserves none", async () => {
    await addUser(platform, "Victim", "victim@example.com");
    const answer = await passThrough(platform, oidc, "victim");
    expect(errorOf(answer)).toBe("signup_closed");
    await invite("grace@example.com");
    const claimed = await sessionOf(platform, await passThrough(platform, oidc, "grace"));
    const real = await sessionOf(platform, await passThrough(platform, github, "grace"));
    expect((await meOf(real)).user.id).not.toBe((await meOf(claimed)).user.id);
  });

  test("[ID10] an address the provider did not verify is stored nowhere and opens nothing", async () => {
    await invite("unverified-ida@example.com");
    expect(errorOf(await passThrough(platform, oidc, "unverified-ida"))).toBe("signup_closed");
    await invite("ida@example.com");
    const session = await sessionOf(platform, await passThrough(platform, oidc, "ida"));
    const { user } = await meOf(session);
    await rows(
      `update platform.identities set subject = 'unverified-ida' where user_id = '${user.id}'`,
    );
    await sessionOf(platform, await passThrough(platform, oidc, "unverified-ida"));
    expect(await identitiesOf(session)).toMatchObject([{ email: null }]);
  });

  test("[ID6] a disabled user is refused", async () => {
    await invite("dora@example.com");
    const session = await sessionOf(platform, await passThrough(platform, oidc, "dora"));
    const { user } = await meOf(session);
    await rows(`update platform.users set status = 'disabled' where id = '${user.id}'`);
    expect(errorOf(await passThrough(platform, oidc, "dora"))).toBe("forbidden");
  });

  test("[ID11] nothing the provider gave out is kept", async () => {
    await invite("tess@example.com");
    let given: Record<string, unknown> = {};
    oidc.alterTokens = (tokens) => (given = tokens);
    await sessionOf(platform, await passThrough(platform, oidc, "tess"));
    const tables = await rows("select tablename from pg_tables where schemaname = 'platform'");
    const texts = await Promise.all(
      tables.map(async ({ tablename }) =>
        JSON.stringify(await rows(`select t::text from platform.${String(tablename)} t`)),
      ),
    );
    for (const name of ["access_token", "id_token"]) {
      expect(String(given[name]).length).toBeGreaterThan(20);
      expect(texts.join("")).not.toContain(String(given[name]));
    }
    expect(JSON.stringify(platform.logged)).not.toContain(String(given["access_token"]));
  });
});

test("[ID3] [B25] every provider ends at a token of ours; the provider's own opens nothing", async () => {
  await invite("hubot@example.com");
  let given: Record<string, unknown> = {};
  oidc.alterTokens = (tokens) => (given = tokens);
  for (const [provider, account] of [
    [github, "hubot"],
    [google, "hubot@example.com"],
    [oidc, "hubot"],
  ] as const) {
    const session = await sessionOf(platform, await passThrough(platform, provider, account));
    const [header = "", claims = ""] = session.token
      .split(".")
      .map((part) => Buffer.from(part, "base64url").toString());
    expect(JSON.parse(header), provider.id).toMatchObject({ alg: "ES256", typ: "at+jwt" });
    expect(JSON.parse(claims), provider.id).toMatchObject({ iss: ORIGIN, aud: "edgewright" });
    expect((await session.send("/api/v1/me")).status).toBe(200);
  }
  for (const name of ["id_token", "access_token"]) {
    const answer = await platform.send("/api/v1/me", {
      headers: { authorization: `Bearer ${String(given[name])}` },
    });
    expect(answer.status).toBe(401);
  }
});

describe("what is not believed", () => {
  const altered = async (
    alter: (tokens: Record<string, unknown>) => Record<string, unknown>,
  ): Promise<string | null> => {
    await invite("vera@example.com");
    oidc.alterTokens = alter;
    const answer = await passThrough(platform, oidc, "vera");
    expect(cookieOf(answer, "ew_refresh")).toBe("");
    return errorOf(answer);
  };
  const partsOf = (tokens: Record<string, unknown>): string[] =>
    String(tokens["id_token"]).split(".");
  const claimsOf = (tokens: Record<string, unknown>): Record<string, unknown> =>
    JSON.parse(Buffer.from(partsOf(tokens)[1] ?? "", "base64url").toString());
  const encoded = (value: unknown): string =>
    Buffer.from(JSON.stringify(value)).toString("base64url");

  test("[ID3] an id_token whose claims were changed behind its signature", async () => {
    expect(
      await altered((tokens) => {
        const [header, , signature] = partsOf(tokens);
        const claims = {
          ...claimsOf(tokens),
          sub: "somebody-else",
          // With an address in it nobody is asked for one: the signature alone tells.
          email: "vera@example.com",
          email_verified: true,
        };
        return { ...tokens, id_token: `${header}.${encoded(claims)}.${signature}` };
      }),
    ).toBe("login_failed");
    expect(platform.logged).toContainEqual(
      expect.objectContaining({ msg: "a sign-in provider was not believed", provider: "oidc" }),
    );
  });

  test("[ID3] an id_token without a signature, or signed by another key", async () => {
    const { privateKey } = await generateKeyPair("RS256");
    const unsigned = await altered((tokens) => ({
      ...tokens,
      id_token: `${encoded({ alg: "none" })}.${encoded(claimsOf(tokens))}.`,
    }));
    expect(unsigned).toBe("login_failed");
    let forged = "";
    const keep = await altered((tokens) => {
      forged = JSON.stringify(claimsOf(tokens));
      return tokens;
    }).catch(() => null);
    expect(keep).toBeNull();
    const token = await new SignJWT(JSON.parse(forged) as Record<string, unknown>)
      .setProtectedHeader({ alg: "RS256" })
      .sign(privateKey);
    expect(await altered((tokens) => ({ ...tokens, id_token: token }))).toBe("login_failed");
  });

  test("[ID3] an id_token of another sign-in, replayed into this one", async () => {
    await invite("nora@example.com");
    let earlier: unknown;
    oidc.alterTokens = (tokens) => {
      earlier = tokens["id_token"];
      return tokens;
    };
    await passThrough(platform, oidc, "nora");
    expect(await altered((tokens) => ({ ...tokens, id_token: earlier }))).toBe("login_failed");
  });

  test("[ID3] an answer of another issuer, or an error of the provider", async () => {
    for (const change of [
      (url: URL) => url.searchParams.set("iss", "https://evil.example"),
      (url: URL) => url.searchParams.delete("iss"),
      (url: URL) => url.searchParams.set("error", "access_denied"),
      (url: URL) => url.searchParams.set("code", "guessed"),
    ]) {
      const begun = await begin(platform, oidc);
      const back = new URL(await oidc.pick(begun.location, "iris"));
      change(back);
      expect(errorOf(await comeBack(platform, back.href, begun.cookie))).toBe("login_failed");
    }
  });

  test("[ID3] a code without its verifier: the provider insists on PKCE, and we send it", async () => {
    const begun = await begin(platform, oidc);
    const back = await oidc.pick(begun.location, "pia");
    await comeBack(platform, back, begun.cookie);
    expect(oidc.tokenRequests.at(-1)?.get("code_verifier")).toMatch(/^[\w-]{43}$/);
    const bare = new URL(begun.location);
    bare.searchParams.delete("code_challenge");
    bare.searchParams.delete("code_challenge_method");
    expect(await oidc.pick(bare.href, "pia")).toContain("error=invalid_request");
  });

  test("[S10] [ID3] the state of another browser, an altered cookie, none, or one of another provider", async () => {
    const [mine, theirs] = [await begin(platform, oidc), await begin(platform, oidc)];
    const back = await oidc.pick(theirs.location, "eve");
    const changed = theirs.cookie.replace(/.{6}$/, "AAAAAA");
    for (const cookie of [mine.cookie, changed, "", "ew_oauth=v1.AAAA", "ew_oauth=v9.AAAA"])
      expect(errorOf(await comeBack(platform, back, cookie)), cookie.slice(0, 20)).toBe(
        "login_failed",
      );
    const atGithub = back.replace("/auth/oidc/", "/auth/github/");
    expect(errorOf(await comeBack(platform, atGithub, theirs.cookie))).toBe("login_failed");
  });

  test("[ID2] a sign-in that took more than ten minutes", async () => {
    const begun = await begin(platform, oidc);
    const back = await oidc.pick(begun.location, "slow");
    platform.clock.now += 600_001;
    expect(errorOf(await comeBack(platform, back, begun.cookie))).toBe("login_failed");
    platform.clock.now -= 600_001;
  });

  test("[S5] [ID4] of two callbacks at once one signs in, the other is told so", async () => {
    await invite("twin@example.com");
    const begun = await begin(platform, oidc);
    const back = await oidc.pick(begun.location, "twin");
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => comeBack(platform, back, begun.cookie)),
    );
    const opened = answers.filter((answer) => cookieOf(answer, "ew_refresh") !== "");
    expect(opened).toHaveLength(1);
    expect(answers.map(errorOf).filter((code) => code === "login_replayed")).toHaveLength(9);
  });

  test("[S5] two sign-ins of one new identity at once make one user", async () => {
    await invite("pair@example.com");
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => passThrough(platform, oidc, "pair")),
    );
    const sessions = await Promise.all(answers.map((answer) => sessionOf(platform, answer)));
    const users = await Promise.all(sessions.map(async (session) => (await meOf(session)).user.id));
    expect(new Set(users).size).toBe(1);
  });

  test("[ID6] a provider that does not answer leads back to the sign-in page", async () => {
    const gone = await startOidc();
    const other = await openPlatform(settingsOf(gone));
    await gone.close();
    const answer = await other.send("/api/v1/auth/oidc/start");
    expect([answer.status, errorOf(answer)]).toEqual([302, "unavailable"]);
    await other.close();
  });
});

describe("linking", () => {
  let member: SignedIn;
  beforeAll(async () => {
    member = await signIn(platform, await addUser(platform, "Lin"));
  });
  const link = async (
    session: SignedIn,
    provider: FakeProvider,
    account: string,
  ): Promise<Response> => {
    const query = "?intent=link&return_to=/account";
    const begun = await begin(platform, provider, query, { cookie: session.cookie });
    return comeBack(platform, await provider.pick(begun.location, account), begun.cookie);
  };

  test("[ID7] a signed-in user adds an identity, which then signs them in", async () => {
    const answer = await link(member, oidc, "lin");
    expect(answer.headers.get("location")).toBe("/account");
    expect(cookieOf(answer, "ew_refresh")).toBe("");
    expect(await identitiesOf(member)).toMatchObject([
      { provider: "oidc", email: "lin@example.com" },
    ]);
    const session = await sessionOf(platform, await passThrough(platform, oidc, "lin"));
    const me = await meOf(session);
    expect(me.user.id).toBe((await meOf(member)).user.id);
    expect(await actionsOf(me.user.id)).toContain("identities.link");
  });

  test("[ID7] an identity of another user stays theirs", async () => {
    const answer = await link(member, github, "octocat");
    expect(answer.headers.get("location")).toMatch(/^\/account\?error=/);
    expect(errorOf(answer)).toBe("identity_taken");
    expect(await identitiesOf(member)).toHaveLength(1);
  });

  test("[ID7] a sign-in of more than ten minutes ago must be repeated first, before and after the provider", async () => {
    const begun = await begin(platform, google, "?intent=link", { cookie: member.cookie });
    const back = await google.pick(begun.location, "grace@example.com");
    platform.clock.now += 599_000;
    const sooner = await begin(platform, google, "?intent=link", { cookie: member.cookie });
    platform.clock.now += 2_000;
    const late = await platform.send("/api/v1/auth/google/start?intent=link&return_to=/account", {
      headers: { cookie: member.cookie },
    });
    const tooLate = await comeBack(
      platform,
      await google.pick(sooner.location, "grace@example.com"),
      sooner.cookie,
    );
    platform.clock.now -= 601_000;
    expect(late.headers.get("location")).toBe("/account?error=reauth_required");
    expect(errorOf(tooLate)).toBe("reauth_required");
    expect(back).toContain("code=");
  });

  test("[ID7] [S10] without a session, or begun by another site, nothing is linked", async () => {
    const start = (headers: Record<string, string>): Promise<Response> =>
      platform.send("/api/v1/auth/oidc/start?intent=link", { headers });
    expect(errorOf(await start({}))).toBe("unauthenticated");
    expect(errorOf(await start({ cookie: "ew_refresh=ewr_AAAA" }))).toBe("unauthenticated");
    for (const site of ["cross-site", "same-site"])
      expect(errorOf(await start({ cookie: member.cookie, "sec-fetch-site": site }))).toBe(
        "forbidden",
      );
  });

  test("[ID7] a session that ended while the provider was asked links nothing", async () => {
    const other = await signIn(platform, await addUser(platform, "Late"));
    const begun = await begin(platform, oidc, "?intent=link", { cookie: other.cookie });
    const back = await oidc.pick(begun.location, "late");
    await platform.send("/api/v1/auth/logout", post({}, { cookie: other.cookie, origin: ORIGIN }));
    expect(errorOf(await comeBack(platform, back, begun.cookie))).toBe("unauthenticated");
    expect(await rows("select 1 from platform.identities where subject = 'late'")).toEqual([]);
  });

  test("[ID11] an identity is removed by its user alone, on a local install also the last", async () => {
    const [identity] = await identitiesOf(member);
    const path = `/api/v1/me/identities/${identity?.id ?? ""}`;
    expect((await owner.send(path, { method: "DELETE" })).status).toBe(404);
    expect((await member.send(path, { method: "DELETE" })).status).toBe(204);
    expect(await identitiesOf(member)).toEqual([]);
    expect(errorOf(await passThrough(platform, oidc, "lin"))).toBe("signup_closed");
  });
});

/** Runs changes side by side: they start while the ends of the audit chains are held, until all wait or are done. */
async function together(
  on: TestPlatform,
  start: () => readonly Promise<Response>[],
): Promise<Response[]> {
  const superuser = on.db.as("superuser");
  let answers: readonly Promise<Response>[] = [];
  await superuser.begin(async (tx) => {
    await tx`select 1 from platform.audit_heads for update`;
    answers = start();
    let done = 0;
    for (const answer of answers) void answer.finally(() => (done += 1));
    const waiting = async (): Promise<number> =>
      (
        await superuser`select 1 from pg_stat_activity
          where datname = ${on.db.name} and wait_event_type = 'Lock'`
      ).length;
    while (done + (await waiting()) < answers.length) continue;
  });
  return Promise.all(answers);
}

describe("an installation for everybody", () => {
  test("[ID9] with SIGNUP=open whoever signs in has an organization of their own", async () => {
    const open = await openPlatform({
      ...settingsOf(github, google),
      SIGNUP: "open",
      DEFAULT_TIER: "free",
      ENVIRONMENT: "production",
    });
    const session = await sessionOf(open, await passThrough(open, github, "octocat"));
    const orgs = (await (await session.send("/api/v1/orgs")).json()) as { items: unknown[] };
    expect(orgs.items).toMatchObject([{ name: "The Octocat's organization", role: "owner" }]);
    expect(await (await session.send("/api/v1/org")).json()).toMatchObject({ tier: "free" });
    await passThrough(open, google, "octo@example.com");
    const [first, second] = await identitiesOf(session);
    const remove = (id: string | undefined): Promise<Response> =>
      session.send(`/api/v1/me/identities/${id ?? ""}`, { method: "DELETE" });
    const answers = await together(open, () => [remove(first?.id), remove(second?.id)]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204, 409]));
    const refused = answers.find(({ status }) => status === 409);
    expect(refused === undefined ? "" : await codeOf(refused)).toBe("last_identity");
    await open.close();
  });

  test("[ID9] with SIGNUP=closed an invitation does not make a user either", async () => {
    const closed = await openPlatform({ ...settingsOf(oidc), SIGNUP: "closed" });
    const first = await setUp(closed);
    await first.send("/api/v1/invitations", post({ email: "cleo@example.com", role: "viewer" }));
    expect(errorOf(await passThrough(closed, oidc, "cleo"))).toBe("signup_closed");
    await closed.close();
  });
});

describe("providers that point inside", () => {
  const refusedBy = async (settings: Record<string, string>): Promise<string | null> => {
    const inside = await openPlatform(settings);
    const answer = await inside.send("/api/v1/auth/oidc/start");
    await inside.close();
    return errorOf(answer);
  };
  const client = { OIDC_CLIENT_ID: "a", OIDC_CLIENT_SECRET: "b" };

  test.each([
    "http://localhost:1",
    "https://127.0.0.1",
    "https://169.254.169.254",
    "https://metadata.internal",
    "https://[::1]",
  ])("[S3] [ID14] the issuer %s is not asked", async (issuer) => {
    expect(await refusedBy({ ...client, OIDC_ISSUER: issuer })).toBe("egress_refused");
  });

  test.each(["token_endpoint", "jwks_uri", "userinfo_endpoint"])(
    "[S3] [ID14] an issuer whose %s lies inside is not followed",
    async (name) => {
      const trap = await startOidc();
      trap.alterDiscovery = (metadata) => ({ ...metadata, [name]: "http://127.0.0.1:9/inside" });
      const inside = await openPlatform({ ...settingsOf(trap), SIGNUP: "open" });
      expect(errorOf(await passThrough(inside, trap, "ann"))).toBe("egress_refused");
      await inside.close();
      await trap.close();
    },
  );

  test("[S3] the browser is not sent to a script", async () => {
    const trap = await startOidc();
    trap.alterDiscovery = (metadata) => ({
      ...metadata,
      authorization_endpoint: "javascript:alert(1)",
    });
    expect(await refusedBy(settingsOf(trap))).toBe("login_failed");
    await trap.close();
  });

  test("[S3] an issuer that calls itself by another name is not believed", async () => {
    const trap = await startOidc();
    trap.alterDiscovery = (metadata) => ({ ...metadata, issuer: "https://accounts.google.com" });
    expect(await refusedBy(settingsOf(trap))).toBe("login_failed");
    await trap.close();
  });
});
