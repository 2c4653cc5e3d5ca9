/** Limits as a caller meets them: headers, refusals, what happens without the limiter, and the shield against floods. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { fakeBucket } from "../../../test/fakes/r2.ts";
import {
  openPlatform,
  post,
  setLimits,
  setUp,
  type SignedIn,
  type TestPlatform,
} from "../../../test/platform.ts";
import { SHIELD } from "./shield.ts";

let platform: TestPlatform;
let owner: SignedIn;
beforeAll(async () => {
  platform = await openPlatform();
  owner = await setUp(platform);
});
afterAll(() => platform.close());

const MINUTE_MS = 61_000;

/** A key of its own for each test, so that windows do not meet. */
async function newKey(grants: readonly string[] = ["analyses.read"]) {
  const answer = await owner.send("/api/v1/keys", post({ name: "test", grants }));
  const { key, token } = (await answer.json()) as { key: { id: string }; token: string };
  const get = (path = "/api/v1/analyses?limit=1") =>
    platform.send(path, { headers: { "x-api-key": token } });
  return { id: key.id, get };
}

/** Also lets the windows of the test before run out. */
async function limits(wanted: Readonly<Record<string, number | null>>): Promise<void> {
  platform.clock.now += MINUTE_MS;
  const none = { requests_per_minute: 100, requests_per_month: null };
  await setLimits(platform, owner.orgId, { ...none, ...wanted });
}

describe("limits of an organization", () => {
  test("[RL4] an answer tells the policy and where it stands", async () => {
    await limits({ requests_per_minute: 100, requests_per_month: 50_000 });
    const { get } = await newKey();
    await get();
    platform.clock.now = Math.ceil(platform.clock.now / 1_000) * 1_000 + 18_000;
    const answer = await get();
    expect(answer.headers.get("ratelimit-policy")).toBe(
      '"minute";q=100;w=60, "month";q=50000;w=2592000',
    );
    const stand = answer.headers.get("ratelimit") ?? "";
    expect(stand).toMatch(/^"minute";r=98;t=4[234], "month";r=\d+;t=\d+$/);
  });

  test("[RL4] above the limit the answer is 429 with whole seconds to wait, and waiting them helps", async () => {
    await limits({ requests_per_minute: 3 });
    const { get } = await newKey();
    for (let n = 0; n < 3; n += 1) expect((await get()).status).toBe(200);
    const refused = await get();
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ code: "rate_limited" });
    const wait = refused.headers.get("retry-after") ?? "";
    expect(wait).toMatch(/^[1-9]\d?$/);
    platform.clock.now += Number(wait) * 1_000 - 1_001;
    expect((await get()).status).toBe(429);
    platform.clock.now += 1_001;
    expect((await get()).status).toBe(200);
  });

  test("[RL2] a request asks the limiter once, a refused one that is repeated not at all", async () => {
    await limits({ requests_per_minute: 2 });
    const { get } = await newKey(["analyses.read", "runs.read"]);
    const before = platform.limiters.calls["admit"] ?? 0;
    expect((await get("/api/v1/overview")).status).toBe(200);
    await get();
    await get();
    expect(platform.limiters.calls["admit"]).toBe(before + 3);
    expect((await get()).status).toBe(429);
    expect(platform.limiters.calls["admit"]).toBe(before + 3);
  });

  test("[US7] a used up month is refused with the day it starts over", async () => {
    await limits({ requests_per_month: 1_000_000 });
    const used = (await (await owner.send("/api/v1/usage/limits")).json()) as {
      limits: { name: string; used: number }[];
    };
    const month = used.limits.find(({ name }) => name === "requests_per_month")?.used ?? 0;
    await limits({ requests_per_month: month + 1 });
    const { get } = await newKey();
    expect((await get()).status).toBe(200);
    const refused = await get();
    expect(refused.status).toBe(429);
    const day = new Date(platform.clock.now);
    const next = new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1, 1));
    expect(await refused.json()).toMatchObject({
      code: "quota_exceeded",
      detail: expect.stringContaining(next.toISOString().slice(0, 10)),
    });
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    // Reading as a user is free.
    expect((await owner.send("/api/v1/analyses?limit=1")).status).toBe(200);
  });

  test("[US3] requests are those of keys that were allowed, and work a user starts", async () => {
    await limits({ requests_per_month: 1_000_000 });
    const count = async (): Promise<number> => {
      const answer = await owner.send("/api/v1/usage/limits");
      const body = (await answer.json()) as { limits: { name: string; used: number }[] };
      return body.limits.find(({ name }) => name === "requests_per_month")?.used ?? 0;
    };
    const { get } = await newKey(["analyses.read"]);
    const before = await count();
    await get();
    expect(await count()).toBe(before + 1);
    expect((await get("/api/v1/keys")).status).toBe(404);
    await owner.send("/api/v1/analyses?limit=1");
    expect(await count()).toBe(before + 1);
    await owner.send("/api/v1/analyses", { method: "POST", body: "" });
    expect(await count()).toBe(before + 2);
  });

  test("[US7] without the limiter rates fail open and quota fails closed", async () => {
    await limits({ requests_per_month: 1_000_000 });
    const { get } = await newKey();
    platform.limiters.down = true;
    try {
      expect((await owner.send("/api/v1/analyses?limit=1")).status).toBe(200);
      const closed = await get();
      expect(closed.status).toBe(503);
      expect(await closed.json()).toMatchObject({ code: "limits_unavailable" });
      await platform.sql.transaction({ org: owner.orgId }, (tx) =>
        tx.query(
          "update platform.org_limits set value = null where limit_name = 'requests_per_month'",
        ),
      );
      expect((await get()).status).toBe(200);
    } finally {
      platform.limiters.down = false;
    }
  });

  test("[RL1] a user has 600 requests a minute, whatever the tier gives a key", async () => {
    await limits({ requests_per_minute: 1 });
    const answer = await owner.send("/api/v1/org");
    expect(answer.headers.get("ratelimit-policy")).toMatch(/^"minute";q=600;w=60/);
  });
});

describe("shield", () => {
  const from = (ip: string, headers: Record<string, string> = {}) => ({
    headers: { "cf-connecting-ip": ip, ...headers },
  });
  const badKey = { "x-api-key": "ewk_nothing" };

  test("[RL3] the 31st failed credential of a minute is 429, and a valid one still passes", async () => {
    platform.clock.now += MINUTE_MS;
    const statuses: number[] = [];
    for (let n = 0; n <= SHIELD.failed.limit; n += 1)
      statuses.push((await platform.send("/api/v1/org", from("198.51.100.7", badKey))).status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(SHIELD.failed.limit);
    expect(statuses.at(-1)).toBe(429);
    const valid = from("198.51.100.7", { authorization: `Bearer ${owner.token}` });
    expect((await platform.send("/api/v1/org", valid)).status).toBe(200);
    const elsewhere = await platform.send("/api/v1/org", from("198.51.100.8", badKey));
    expect(elsewhere.status).toBe(401);
  });

  test("[S7] [RL3] rotating through the addresses of an IPv6 /64 gains nothing (CVE-2026-45364)", async () => {
    platform.clock.now += MINUTE_MS;
    const statuses: number[] = [];
    for (let n = 0; n <= SHIELD.failed.limit; n += 1) {
      const ip = `2001:db8:1:2:${n.toString(16)}::1`;
      statuses.push((await platform.send("/api/v1/org", from(ip, badKey))).status);
    }
    expect(statuses.at(-1)).toBe(429);
    const next = await platform.send("/api/v1/org", from("2001:db8:1:3::1", badKey));
    expect(next.status).toBe(401);
  });

  test("[RL3] the 21st failed sign-in of a minute is 429", async () => {
    platform.clock.now += MINUTE_MS;
    const attempt = () =>
      platform.send(
        "/api/v1/auth/link",
        post({ token: "wrong" }, { "cf-connecting-ip": "198.51.100.9" }),
      );
    for (let n = 0; n < SHIELD.auth.limit; n += 1) expect((await attempt()).status).toBe(401);
    const refused = await attempt();
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("60");
  });

  test("[RL3] the machine itself is not held back on a local install", async () => {
    platform.clock.now += MINUTE_MS;
    for (let n = 0; n <= SHIELD.failed.limit; n += 1)
      expect((await platform.send("/api/v1/org", from("127.0.0.1", badKey))).status).toBe(401);
  });
});

describe("uploads", () => {
  test("[RL6] the 101st upload at once from one address is 429, another address is not", async () => {
    const busy = await openPlatform({ LOGS: fakeBucket().bucket });
    try {
      const user = await setUp(busy);
      await setLimits(busy, user.orgId, { user_requests_per_minute: null });
      const streams: ReadableStreamDefaultController<Uint8Array>[] = [];
      const upload = (ip: string, body: BodyInit): Promise<Response> => {
        const headers = { "content-type": "text/plain", "cf-connecting-ip": ip };
        // Node sends a stream only half-duplex, and its types do not know the option.
        const init = { method: "POST", headers, body, duplex: "half" };
        return user.send("/api/v1/analyses", init);
      };
      const open = () =>
        upload("203.0.113.5", new ReadableStream({ start: (stream) => void streams.push(stream) }));
      const running = Array.from({ length: 100 }, open);
      await vi.waitFor(() => expect(busy.limiters.calls["beginUpload"]).toBe(100));
      const refused = await open();
      expect(refused.status).toBe(429);
      expect(await refused.json()).toMatchObject({ code: "too_many_uploads" });
      const large = "x".repeat(20_000);
      expect((await upload("203.0.113.6", `\0${large}`)).status).toBe(422);
      for (const stream of streams.slice(0, 100)) stream.close();
      expect((await Promise.all(running)).every(({ status }) => status === 422)).toBe(true);
      expect((await upload("203.0.113.5", `\0${large}`)).status).toBe(422);
    } finally {
      await busy.close();
    }
  });
});
