/** Whatever address a client claims, what is recorded of it is what the database gives back, so that the chain holds. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openPlatform, setUp, type SignedIn, type TestPlatform } from "../../../test/platform.ts";
import { configurationOf } from "../adapters/configuration.ts";
import { oneFormOf } from "./client-ip.ts";

let platform: TestPlatform;
let owner: SignedIn;
beforeAll(async () => {
  platform = await openPlatform();
  owner = await setUp(platform);
});
afterAll(() => platform.close());

test("[AU5] an address is recorded in the one form in which Postgres gives it back", async () => {
  const group = fc.oneof(
    fc.constant("0"),
    fc.constant("ffff"),
    fc.integer({ min: 0, max: 0xffff }).map((part) => part.toString(16).padStart(4, "0")),
  );
  const sixteen = fc.array(group, { minLength: 8, maxLength: 8 }).map((parts) => parts.join(":"));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(sixteen, fc.ipV6(), fc.ipV4Extended())), async (texts) => {
      const forms = texts.map(oneFormOf).filter((form) => form !== null);
      const rows = await platform.sql.transaction({ none: true }, (tx) =>
        tx.query("select host(a::inet) as form from unnest($1::text[]) with ordinality t(a, n)", [
          forms,
        ]),
      );
      expect(rows.map(({ form }) => form)).toEqual(forms);
    }),
    { numRuns: 200 },
  );
});

test.each([
  ["2001:DB8::1", "2001:db8::1"],
  ["2001:db8:0:0:0:0:0:1", "2001:db8::1"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["fe80::1%eth0", "fe80::1"],
  ["127.1", "127.0.0.1"],
  ["::5", null],
  ["no address", null],
])("[AU5] %s is recorded as %s, and the chain verifies", async (sent, recorded) => {
  const answer = await owner.send("/api/v1/me", {
    method: "PATCH",
    headers: { "content-type": "application/json", "cf-connecting-ip": sent },
    body: JSON.stringify({ name: `Ada of ${sent}` }),
  });
  expect(answer.status).toBe(200);
  const list = await owner.send("/api/v1/audit?limit=1");
  expect(await list.json()).toMatchObject({
    items: [{ action: "identities.rename", ip: recorded }],
  });
  expect(await (await owner.send("/api/v1/audit/verify")).json()).toMatchObject({ ok: true });
});

describe("behind proxies", () => {
  /** The address with which an installation behind so many proxies records a change. */
  async function recorded(proxies: string, headers: Record<string, string>): Promise<unknown> {
    const behind = await openPlatform({ TRUST_PROXY: proxies });
    try {
      const { token } = await setUp(behind);
      const answer = await behind.send("/api/v1/me", {
        method: "PATCH",
        headers: {
          authorization: `Bearer ${token}`,
          "content-type": "application/json",
          "cf-connecting-ip": "198.51.100.1",
          ...headers,
        },
        body: JSON.stringify({ name: "Ada Lovelace" }),
      });
      expect(answer.status).toBe(200);
      const [row] = await behind.db.as("superuser")`
        select host(ip) as ip from platform.audit_pii join platform.audit_log using (org_id, seq)
        where action = 'identities.rename'`;
      return row?.["ip"];
    } finally {
      await behind.close();
    }
  }
  const chain = "203.0.113.66, 192.0.2.1 , 192.0.2.2";

  test.each([
    ["0", chain, "198.51.100.1"],
    ["1", chain, "192.0.2.2"],
    ["2", chain, "192.0.2.1"],
    ["1", "2001:DB8::7", "2001:db8::7"],
    ["2", "192.0.2.9", "198.51.100.1"],
    ["1", "unknown", null],
  ])("[RL3] behind %s proxies %s comes from %s", async (proxies, forwarded, ip) => {
    expect(await recorded(proxies, { "x-forwarded-for": forwarded })).toBe(ip);
  });

  test("[RL3] a number of proxies that is none is refused, and on Cloudflare every one but 0", () => {
    const read = (settings: Record<string, string>) => () =>
      configurationOf({ ...platform.env, ...settings } as Env);
    for (const wrong of ["-1", "10", "all"])
      expect(read({ TRUST_PROXY: wrong })).toThrow(/TRUST_PROXY must be the number/);
    const cloudflare = { ENVIRONMENT: "production", ISSUER: "https://edgewright.example" };
    expect(read({ ...cloudflare, TRUST_PROXY: "1" })).toThrow(/TRUST_PROXY must be 0/);
    expect(read(cloudflare)().trustProxy).toBe(0);
  });
});
