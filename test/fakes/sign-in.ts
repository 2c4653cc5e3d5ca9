/** Sign-in providers on loopback: GitHub and Google as emulators, and an OpenID Connect provider that insists on PKCE. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createEmulator } from "emulate";
import { exportJWK, generateKeyPair, type JWK } from "jose";
import Provider from "oidc-provider";
import { ORIGIN, signedIn, type SignedIn, type TestPlatform } from "../platform.ts";

export interface FakeProvider {
  readonly id: "github" | "google" | "oidc";
  readonly url: string;
  /** Settings of the platform that turn the provider on. */
  readonly settings: Readonly<Record<string, string>>;
  /** What a person does there: picks an account and is sent back. Answers the address they are sent back to. */
  pick(startUrl: string, account: string): Promise<string>;
  close(): Promise<void>;
}

const CLIENT_ID = "edgewright-tests";
const CLIENT_SECRET = "secret-of-the-tests";
const callbackOf = (id: string, origin = ORIGIN): string => `${origin}/api/v1/auth/${id}/callback`;

export interface Account {
  readonly login: string;
  readonly email: string;
  readonly name: string;
}

export async function startGithub(accounts: readonly Account[]): Promise<FakeProvider> {
  const app = {
    client_id: CLIENT_ID,
    client_secret: CLIENT_SECRET,
    name: "Edgewright",
    redirect_uris: [callbackOf("github")],
  };
  const emulator = await createEmulator({
    service: "github",
    port: 0,
    seed: { github: { users: accounts, oauth_apps: [app] } },
  });
  return {
    id: "github",
    url: emulator.url,
    settings: {
      GITHUB_CLIENT_ID: CLIENT_ID,
      GITHUB_CLIENT_SECRET: CLIENT_SECRET,
      GITHUB_URL: emulator.url,
      GITHUB_API_URL: emulator.url,
    },
    pick: (startUrl, login) => submit(`${emulator.url}/login/oauth/callback`, startUrl, { login }),
    close: () => emulator.close(),
  };
}

export async function startGoogle(accounts: readonly Account[]): Promise<FakeProvider> {
  const client = {
    client_id: CLIENT_ID,
    client_secret: CLIENT_SECRET,
    name: "Edgewright",
    redirect_uris: [callbackOf("google")],
  };
  const users = accounts.map(({ email, name }) => ({ email, name }));
  const emulator = await createEmulator({
    service: "google",
    port: 0,
    seed: { google: { users, oauth_clients: [client] } },
  });
  return {
    id: "google",
    url: emulator.url,
    settings: {
      GOOGLE_CLIENT_ID: CLIENT_ID,
      GOOGLE_CLIENT_SECRET: CLIENT_SECRET,
      GOOGLE_ISSUER: emulator.url,
    },
    pick: (startUrl, email) =>
      submit(`${emulator.url}/o/oauth2/v2/auth/callback`, startUrl, { email }),
    close: () => emulator.close(),
  };
}

/** Posts the form of an emulator's page: the parameters of the request, and who was picked. */
async function submit(
  formUrl: string,
  startUrl: string,
  picked: Record<string, string>,
): Promise<string> {
  const page = await fetch(startUrl);
  if (page.status !== 200) throw new Error(`the page to pick an account: ${page.status}`);
  const body = new URLSearchParams({
    ...Object.fromEntries(new URL(startUrl).searchParams),
    ...picked,
  });
  const answer = await fetch(formUrl, { method: "POST", body, redirect: "manual" });
  return answer.headers.get("location") ?? "";
}

export interface FakeOidc extends FakeProvider {
  /** Changes what the token endpoint answers. */
  alterTokens: ((tokens: Record<string, unknown>) => Record<string, unknown>) | undefined;
  /** Changes what discovery answers. */
  alterDiscovery: ((metadata: Record<string, unknown>) => Record<string, unknown>) | undefined;
  /** Bodies the token endpoint was sent. */
  readonly tokenRequests: URLSearchParams[];
}

/**
 * Accounts are `name`, with the address `name@example.com`, verified unless the name begins with "unverified".
 *
 * @param origin of the platform that signs in
 * @param host `127.0.0.1` is another site than `localhost`, which to a browser is one site on every port
 */
export async function startOidc(origin = ORIGIN, host = "localhost"): Promise<FakeOidc> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const url = `http://${host}:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(url, {
    clients: [
      {
        client_id: CLIENT_ID,
        client_secret: CLIENT_SECRET,
        redirect_uris: [callbackOf("oidc", origin)],
      },
    ],
    pkce: { required: () => true },
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `/pick/${uid}` },
    findAccount: (_: unknown, sub: string) => ({
      accountId: sub,
      claims: () => ({
        sub,
        name: sub,
        email: `${sub}@example.com`,
        email_verified: !sub.startsWith("unverified"),
      }),
    }),
    loadExistingGrant: async (context: GrantContext) => {
      const { client, session } = context.oidc;
      const grant = new provider.Grant({
        clientId: client.clientId,
        accountId: session.accountId,
      });
      grant.addOIDCScope("openid email profile");
      await grant.save();
      return grant;
    },
    adapter: memoryAdapter(),
    cookies: { keys: ["for tests"] },
    jwks: { keys: [await signingKey()] },
    ttl: {
      AccessToken: 60,
      AuthorizationCode: 60,
      Grant: 60,
      IdToken: 60,
      Interaction: 60,
      Session: 60,
    },
  });
  const fake: FakeOidc = {
    id: "oidc",
    url,
    settings: {
      OIDC_ISSUER: url,
      OIDC_CLIENT_ID: CLIENT_ID,
      OIDC_CLIENT_SECRET: CLIENT_SECRET,
      OIDC_NAME: "Company login",
    },
    alterTokens: undefined,
    alterDiscovery: undefined,
    tokenRequests: [],
    pick: (startUrl, account) => walk(startUrl, account),
    close: () => closed(server),
  };
  server.on("request", (request, response) => void answer(provider, fake, request, response));
  return fake;
}

/** Where the provider keeps its sessions and codes. Its own such store warns about itself at every start. */
function memoryAdapter() {
  const stored = new Map<string, Record<string, unknown>>();
  return class {
    readonly #kind: string;
    constructor(kind: string) {
      this.#kind = kind;
    }
    async upsert(id: string, payload: Record<string, unknown>): Promise<void> {
      stored.set(`${this.#kind}:${id}`, { ...payload });
    }
    async find(id: string): Promise<Record<string, unknown> | undefined> {
      return stored.get(`${this.#kind}:${id}`);
    }
    async findByUid(uid: string): Promise<Record<string, unknown> | undefined> {
      return [...stored.values()].find((payload) => payload["uid"] === uid);
    }
    async consume(id: string): Promise<void> {
      Object.assign(stored.get(`${this.#kind}:${id}`) ?? {}, { consumed: 1 });
    }
    async destroy(id: string): Promise<void> {
      stored.delete(`${this.#kind}:${id}`);
    }
    async revokeByGrantId(): Promise<void> {}
  };
}

async function signingKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  return { ...(await exportJWK(privateKey)), use: "sig", alg: "RS256" };
}

interface GrantContext {
  readonly oidc: {
    readonly client: { readonly clientId: string };
    readonly session: { readonly accountId: string };
  };
}

async function answer(
  provider: Provider,
  fake: FakeOidc,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = request.url ?? "";
  if (path === "/favicon.ico") {
    response.writeHead(204).end();
    return;
  }
  if (path.startsWith("/pick/")) {
    const accountId = new URL(path, fake.url).searchParams.get("as");
    if (accountId === null) {
      response.setHeader("content-type", "text/html");
      response.end('<form><label>Account <input name="as"></label><button>Go on</button></form>');
      return;
    }
    const login = { accountId };
    await provider.interactionFinished(request, response, { login });
    return;
  }
  if (path.startsWith("/token")) {
    request.on("data", (chunk: Buffer) =>
      fake.tokenRequests.push(new URLSearchParams(chunk.toString())),
    );
    alterBody(response, (body) => fake.alterTokens?.(body) ?? body);
  }
  if (path.startsWith("/.well-known/"))
    alterBody(response, (body) => fake.alterDiscovery?.(body) ?? body);
  await provider.callback()(request, response);
}

function alterBody(
  response: ServerResponse,
  alter: (body: Record<string, unknown>) => Record<string, unknown>,
): void {
  const end = response.end.bind(response);
  response.end = ((chunk: string | Buffer) => {
    const text = JSON.stringify(alter(JSON.parse(chunk.toString()) as Record<string, unknown>));
    response.setHeader("content-length", Buffer.byteLength(text));
    return end(text);
  }) as typeof response.end;
}

/** Follows the provider's own redirects with its cookies, and picks the account where it asks. */
async function walk(startUrl: string, account: string): Promise<string> {
  const cookies = new Map<string, string>();
  const home = new URL(startUrl).origin;
  let url = startUrl;
  for (let step = 0; step < 10; step += 1) {
    if (new URL(url).origin !== home) return url;
    const at = new URL(url);
    if (at.pathname.startsWith("/pick/")) at.searchParams.set("as", account);
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const page = await fetch(at, { redirect: "manual", headers: { cookie } });
    for (const line of page.headers.getSetCookie()) {
      const [pair = ""] = line.split(";");
      const [name = "", value = ""] = pair.split("=");
      cookies.set(name, value);
    }
    const next = page.headers.get("location");
    if (next === null)
      throw new Error(`the provider answered ${page.status}: ${await page.text()}`);
    url = new URL(next, url).href;
  }
  throw new Error("the provider does not come to an end");
}

const closed = (server: Server): Promise<void> => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
};

/** Settings for several providers at once; egress lets their addresses pass. */
export const settingsOf = (...providers: readonly FakeProvider[]): Record<string, string> =>
  Object.assign(
    { EGRESS_ALLOW: providers.map(({ url }) => new URL(url).host).join(",") },
    {
      ...Object.assign({}, ...providers.map(({ settings }) => settings)),
    },
  );

/** A browser on its way: it keeps the cookie of the sign-in. */
export interface Begun {
  readonly location: string;
  readonly cookie: string;
}

export const cookieOf = (answer: Response, name: string): string =>
  answer.headers
    .getSetCookie()
    .map((line) => line.split(";")[0] ?? "")
    .find((pair) => pair.startsWith(`${name}=`)) ?? "";

export async function begin(
  platform: TestPlatform,
  provider: Pick<FakeProvider, "id">,
  query = "",
  headers: Record<string, string> = {},
): Promise<Begun> {
  const answer = await platform.send(`/api/v1/auth/${provider.id}/start${query}`, { headers });
  return {
    location: answer.headers.get("location") ?? "",
    cookie: cookieOf(answer, "ew_oauth"),
  };
}

/** Back from the provider. */
export const comeBack = (
  platform: TestPlatform,
  callbackUrl: string,
  cookie: string,
): Promise<Response> => platform.send(callbackUrl.slice(ORIGIN.length), { headers: { cookie } });

/** The whole way: start, pick, come back. */
export async function passThrough(
  platform: TestPlatform,
  provider: FakeProvider,
  account: string,
  query = "",
): Promise<Response> {
  const begun = await begin(platform, provider, query);
  return comeBack(platform, await provider.pick(begun.location, account), begun.cookie);
}

/** The session that a callback opened. */
export async function sessionOf(platform: TestPlatform, callback: Response): Promise<SignedIn> {
  const refreshed = await platform.send("/api/v1/auth/refresh", {
    method: "POST",
    body: "{}",
    headers: {
      "content-type": "application/json",
      origin: ORIGIN,
      cookie: cookieOf(callback, "ew_refresh"),
    },
  });
  if (refreshed.status !== 200)
    throw new Error(`no session: ${refreshed.status} ${await refreshed.text()}`);
  return signedIn(platform, refreshed);
}
