/** Signing keys over a year, and users that are shut out, through the real app and a real database. */
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  openPlatform,
  ORIGIN,
  post,
  setUp,
  type SignedIn,
  type TestPlatform,
} from "../../../test/platform.ts";
import { rotateSigningKeys } from "./service/rotation.ts";

const DAY_MS = 86_400_000;

let platform: TestPlatform;
let owner: SignedIn;

beforeAll(async () => {
  platform = await openPlatform();
  owner = await setUp(platform);
  // Sessions end after 90 days at the latest; this one shall see keys change.
  await platform.db.as("superuser")`update platform.session_families
    set absolute_expires_at = ${new Date(platform.clock.now + 300 * DAY_MS).toISOString()}`;
});
afterAll(() => platform.close());

const rotate = async (): Promise<string[]> => {
  const { env, sql, clock } = platform;
  return (await rotateSigningKeys({ env, sql, now: () => clock.now })).map(({ kind }) => kind);
};
const refresh = (): Promise<Response> =>
  platform.send("/api/v1/auth/refresh", post({}, { cookie: owner.cookie, origin: ORIGIN }));
/** A session renewed now, whose cookie replaces the owner's. */
async function renewed(): Promise<string> {
  const answer = await refresh();
  owner = { ...owner, cookie: (answer.headers.get("set-cookie") ?? "").split(";")[0] ?? "" };
  return ((await answer.json()) as { access_token: string }).access_token;
}
const kidOf = (token: string): string =>
  (JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString()) as { kid: string })
    .kid;
const served = async (): Promise<string[]> =>
  (
    (await (await platform.send("/.well-known/jwks.json")).json()) as { keys: { kid: string }[] }
  ).keys.map(({ kid }) => kid);
const me = async (token: string): Promise<number> =>
  (await platform.send("/api/v1/me", { headers: { authorization: `Bearer ${token}` } })).status;

test("[TK3] a key is known a day before it signs and a day after, and signs for 90 days", async () => {
  const first = kidOf(owner.token);
  expect(await rotate()).toEqual(["make"]);
  expect(await rotate()).toEqual([]);
  platform.clock.now += DAY_MS;
  const [next = ""] = (await served()).filter((kid) => kid !== first);
  expect(next).not.toBe("");
  expect(kidOf(await renewed())).toBe(first);
  for (let day = 1; day < 89; day += 6) {
    platform.clock.now += 6 * DAY_MS;
    expect(await rotate()).toEqual(day < 85 ? [] : ["promote"]);
    if (day < 85) await renewed();
  }
});

test("[TK3] tokens of the key before still hold after the change, and the key goes a day later", async () => {
  platform.clock.now += 301_000;
  const old = await platform.db.as(
    "superuser",
  )`select kid from platform.signing_keys where state = 'previous'`;
  const fresh = await renewed();
  const [before] = old.map((row) => String(row["kid"]));
  expect(kidOf(fresh)).not.toBe(before);
  expect(await me(fresh)).toBe(200);
  expect(await served()).toContain(before);
  expect(await rotate()).toEqual(["make"]);
  platform.clock.now += DAY_MS;
  expect(await rotate()).toEqual(["retire"]);
  expect(await served()).not.toContain(before);
});

test("[TK3] two rotations at once change each key once", async () => {
  platform.clock.now += 90 * DAY_MS;
  const done = await Promise.all([rotate(), rotate()]);
  expect(done.flat().toSorted()).toEqual(["make", "promote"]);
  const rows = await platform.db.as("superuser")`select state, count(*)::int as n
    from platform.signing_keys where state <> 'retired' group by state order by state`;
  expect(rows.map((row) => [row["state"], row["n"]])).toEqual([
    ["current", 1],
    ["next", 1],
    ["previous", 1],
  ]);
});

test("[ID6] a disabled user neither refreshes a session nor changes anything", async () => {
  const other = await openPlatform();
  try {
    const user = await setUp(other);
    await other.db.as("superuser")`update platform.users set status = 'disabled'`;
    const refreshed = await other.send(
      "/api/v1/auth/refresh",
      post({}, { cookie: user.cookie, origin: ORIGIN }),
    );
    expect(refreshed.status).toBe(401);
    const wish = post({ name: "k", grants: ["analyses.read"] });
    expect((await user.send("/api/v1/keys", wish)).status).toBe(401);
  } finally {
    await other.close();
  }
});
