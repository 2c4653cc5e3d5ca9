/** The control plane in Node for tests: the real app over a real database, with fakes for R2 and Durable Objects. */
import { createPlatform } from "../workers/platform/app.ts";
import { openClient, sqlOver } from "../workers/platform/adapters/postgres-client.ts";
import { logTo } from "../workers/platform/adapters/log.ts";
import type { Sql } from "../workers/platform/adapters/sql.ts";
import { fakeLimiters, type FakeLimiters } from "./fakes/limiter.ts";
import { openTestDatabase, type TestDatabase } from "./postgres.ts";

const KEY = Buffer.alloc(32, 7).toString("base64url");
export const ORIGIN = "http://localhost:8787";

/** Settings as the launcher gives them, with fixed keys. */
export const SETTINGS = {
  ENVIRONMENT: "local",
  ISSUER: ORIGIN,
  PUBLIC_HOSTS: "localhost:8787",
  VERSION: "0.0.0-test",
  LEASE_MS: "60000",
  HEARTBEAT_MS: "20000",
  KEK_PLATFORM: `v1:${KEY}`,
  KEK_ORG: `v1:${KEY}`,
  TOKEN_KEY: KEY,
  KEY_PEPPER: KEY,
  PLANE_TOKEN: KEY,
  LAUNCHER_TOKEN: "launcher-token-of-the-tests",
};

export interface TestPlatform {
  readonly db: TestDatabase;
  readonly sql: Sql;
  readonly env: Env;
  readonly limiters: FakeLimiters;
  /** Lines of the log, parsed. */
  readonly logged: Record<string, unknown>[];
  /** The clock of the app; tests move it. */
  readonly clock: { now: number };
  /** Sends a request; `path` begins with a slash. */
  send(path: string, init?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

/** A platform over a database of its own. `bindings` adds or replaces bindings of the environment. */
export async function openPlatform(bindings: Record<string, unknown> = {}): Promise<TestPlatform> {
  const db = await openTestDatabase();
  const client = openClient(db.urlFor("platform_rt"), { max: 8 });
  const sql = sqlOver(client);
  const clock = { now: Date.now() };
  const logged: Record<string, unknown>[] = [];
  const app = createPlatform({
    sql: () => sql,
    now: () => clock.now,
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
    log: (_env, base) =>
      logTo(
        (line) => logged.push(JSON.parse(line)),
        base,
        () => clock.now,
      ),
  });
  const limiters = fakeLimiters({ env: () => env, sql, now: () => clock.now });
  const env = { ...SETTINGS, LIMITER: limiters.namespace, ...bindings } as unknown as Env;
  return {
    db,
    sql,
    env,
    limiters,
    logged,
    clock,
    send: async (path, init) => app.request(ORIGIN + path, init, env),
    close: async () => {
      await client.end({ timeout: 1 });
      await db.close();
    },
  };
}

export interface SignedIn {
  readonly token: string;
  readonly orgId: string;
  /** The refresh cookie as a browser would send it. */
  readonly cookie: string;
  /** Sends with the access token. */
  send(path: string, init?: RequestInit): Promise<Response>;
}

export const post = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(body),
});

export const launcher = { authorization: `Bearer ${SETTINGS.LAUNCHER_TOKEN}` };

/** Gives an organization other limits than its tier's, at once; null is unlimited. */
export async function setLimits(
  platform: TestPlatform,
  orgId: string,
  limits: Readonly<Record<string, number | null>>,
): Promise<void> {
  await platform.sql.transaction({ org: orgId }, async (tx) => {
    for (const [name, value] of Object.entries(limits))
      await tx.query(
        `insert into platform.org_limits (org_id, limit_name, value) values ($1, $2, $3)
         on conflict (org_id, limit_name) do update set value = excluded.value`,
        [orgId, name, value],
      );
  });
  await platform.limiters.of(orgId).reload({ v: 1, org_id: orgId });
}

/** The token of a fresh setup link. */
export async function setupToken(platform: TestPlatform): Promise<string> {
  const answer = await platform.send("/internal/v1/local/setup-link", {
    method: "POST",
    headers: launcher,
  });
  const { url } = (await answer.json()) as { url: string };
  return url.split("#t=")[1] ?? "";
}

/** Does the first setup. */
export async function setUp(platform: TestPlatform): Promise<SignedIn> {
  const token = await setupToken(platform);
  const answer = await platform.send(
    "/api/v1/auth/setup",
    post({ token, name: "Ada", org_name: "First Team" }),
  );
  if (answer.status !== 201)
    throw new Error(`setup answered ${answer.status}: ${await answer.text()}`);
  return signedIn(platform, answer);
}

export async function signedIn(platform: TestPlatform, answer: Response): Promise<SignedIn> {
  const body = (await answer.json()) as { access_token: string; org_id: string };
  return {
    token: body.access_token,
    orgId: body.org_id,
    cookie: (answer.headers.get("set-cookie") ?? "").split(";")[0] ?? "",
    send: (path, init = {}) =>
      platform.send(path, {
        ...init,
        headers: {
          ...(init.headers as Record<string, string>),
          authorization: `Bearer ${body.access_token}`,
        },
      }),
  };
}
