/** What was used, what it costs and what a cap does about it: the real app, limiter machine and database. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fakeBucket } from "../../../test/fakes/r2.ts";
import {
  launcher,
  openPlatform,
  ORIGIN,
  post,
  setLimits,
  setUp,
  signedIn,
  type SignedIn,
  type TestPlatform,
} from "../../../test/platform.ts";
import { PLATFORM_ORG_ID } from "../tasks/rules.ts";
import type { Limits, SpendCap, UsageExport, UsageReport } from "./model.ts";
import { commit, recordUsage, release, renew, reserve } from "./service.ts";

let platform: TestPlatform;
let owner: SignedIn;
/** Notices that were asked for: the payloads of emitted events. */
const notices: { dedup: string; data: Record<string, unknown> }[] = [];

beforeAll(async () => {
  const dispatcher = {
    emit: async ({ events }: { events: { dedup: string; payload: string }[] }) => {
      for (const { dedup, payload } of events)
        notices.push({ dedup, data: JSON.parse(payload).data });
      return { ok: true, value: { run_ids: ["run"], duplicates: 0 } };
    },
  };
  platform = await openPlatform({
    LOGS: fakeBucket().bucket,
    DISPATCHER: { idFromName: (name: string) => name, get: () => dispatcher },
  });
  platform.clock.now = Date.UTC(2026, 4, 20, 12);
  owner = await setUp(platform);
  await platform.db.as("superuser")`
    insert into platform.webhook_endpoints (org_id, id, url, events, secret_name, created_by, created_at)
    values (${owner.orgId}, ${owner.orgId}, 'https://example.com/', '["usage.threshold"]', 'channel.x', 'user:x', now())`;
});
afterAll(() => platform.close());

const rollUp = async (): Promise<void> => {
  const done = await platform.limiters.of(owner.orgId).rollUp({ v: 1, org_id: owner.orgId });
  expect(done.ok).toBe(true);
};
const rows = () =>
  platform.sql.transaction({ org: owner.orgId }, (tx) =>
    tx.query(
      "select hour, meter, key_id, value, price_version, cost_usd::text as cost from platform.usage_hourly order by hour, meter, key_id",
    ),
  );
const nextMonth = (): void => {
  const now = new Date(platform.clock.now);
  platform.clock.now = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 2, 12);
};
/** Signs in anew: the access token of before has run out. */
async function again(): Promise<void> {
  const link = await platform.send("/internal/v1/local/login-link", {
    ...post({}),
    headers: { ...launcher, "content-type": "application/json" },
  });
  const { url } = (await link.json()) as { url: string };
  const token = url.split("#t=")[1] ?? "";
  owner = await signedIn(platform, await platform.send("/api/v1/auth/link", post({ token })));
}
const used = (id: string, meter: "tasks" | "deliveries" | "tokens_in", value: number) =>
  recordUsage(platform.env, { org: owner.orgId, source: "test", id, meter, value });

describe("totals", () => {
  test("[US1] [US4] rows equal the usage records, each counted once, and repeats change nothing", async () => {
    await used("a", "tasks", 40);
    await used("a", "tasks", 40);
    await used("b", "tasks", 2);
    await rollUp();
    const first = await rows();
    expect(first.filter((row) => row["meter"] === "tasks")).toMatchObject([{ value: 42 }]);
    await rollUp();
    expect(await rows()).toEqual(first);
    platform.clock.now += 3_600_000;
    await used("c", "tasks", 1);
    await rollUp();
    const values = (await rows()).filter((row) => row["meter"] === "tasks");
    expect(values.map((row) => row["value"])).toEqual([42, 1]);
  });

  test("[US2] requests are told by key, sums by hour, day and meter", async () => {
    await again();
    const made = await owner.send("/api/v1/keys", post({ name: "k", grants: ["analyses.read"] }));
    const { key, token } = (await made.json()) as { key: { id: string }; token: string };
    for (let n = 0; n < 3; n += 1)
      await platform.send("/api/v1/analyses?limit=1", { headers: { "x-api-key": token } });
    await rollUp();
    const sums = async (group: string): Promise<UsageReport> =>
      (await (await owner.send(`/api/v1/usage?group=${group}`)).json()) as UsageReport;
    const byKey = (await sums("key")).rows.filter(({ key_id: id }) => id === key.id);
    expect(byKey).toMatchObject([{ meter: "requests", value: 3, period_start: null }]);
    expect((await sums("meter")).rows).toContainEqual(
      expect.objectContaining({ meter: "tasks", value: 43 }),
    );
    const hours = (await sums("hour")).rows.filter(({ meter }) => meter === "tasks");
    expect(hours.map(({ value }) => value)).toEqual([42, 1]);
    const days = (await sums("day")).rows.filter(({ meter }) => meter === "tasks");
    expect(days).toMatchObject([{ value: 43, period_start: "2026-05-20T00:00:00.000Z" }]);
  });

  test("[US9] cost is exact decimal, and a row keeps the price version of its hour", async () => {
    await again();
    const before = (await rows()).filter((row) => row["meter"] === "tasks");
    expect(before).toMatchObject([
      { value: 42, price_version: 1, cost: "0.000050400" },
      { value: 1, price_version: 1, cost: "0.000001200" },
    ]);
    const ddl = platform.db.as("superuser");
    await ddl`insert into platform.price_books (version, meter, usd, effective_at)
      values (2, 'tasks', 1, '2026-05-20T00:00:00Z')`;
    await used("d", "tasks", 1);
    await rollUp();
    const after = (await rows()).filter((row) => row["meter"] === "tasks");
    expect(after.at(-1)).toMatchObject({ value: 2, price_version: 1, cost: "0.000002400" });
    platform.clock.now += 3_600_000;
    await used("e", "tasks", 3);
    await rollUp();
    const later = (await rows()).filter((row) => row["meter"] === "tasks");
    expect(later.at(-1)).toMatchObject({ value: 3, price_version: 2, cost: "3.000000000" });
    await expect(ddl`update platform.price_books set usd = 0`).rejects.toThrow(/only ever added/);
    await expect(ddl`delete from platform.price_books`).rejects.toThrow(/only ever added/);
  });

  test("[US9] a closed month is exported as priced lines, as JSON and as CSV", async () => {
    nextMonth();
    await again();
    const answer = await owner.send("/api/v1/usage/export?month=2026-05&format=json");
    const may = (await answer.json()) as UsageExport;
    expect(may).toMatchObject({ closed: true, total_cost_usd: expect.stringMatching(/^3\.0000/) });
    const tasks = may.lines.filter(({ meter }) => meter === "tasks");
    expect(tasks).toMatchObject([
      { price_version: 1, value: 44, unit_usd: "0.000001200000", cost_usd: "0.000052800" },
      { price_version: 2, value: 3, unit_usd: "1.000000000000", cost_usd: "3.000000000" },
    ]);
    const csv = await owner.send("/api/v1/usage/export?month=2026-05&format=csv");
    expect(csv.headers.get("content-type")).toMatch(/^text\/csv/);
    const lines = (await csv.text()).trimEnd().split("\r\n");
    expect(lines).toHaveLength(may.lines.length + 1);
    expect(lines[0]).toMatch(/^org_id,period_start,period_end,meter,key_id/);
    const june = await owner.send("/api/v1/usage/export?month=2026-06");
    expect(await june.json()).toMatchObject({ closed: false });
    expect((await owner.send("/api/v1/usage/export?month=2026-13")).status).toBe(422);
  });

  test("[US2] a period that ends before it begins, or is too long, is refused", async () => {
    const status = async (query: string) => (await owner.send(`/api/v1/usage?${query}`)).status;
    expect(await status("from=2026-05-02T00:00:00Z&to=2026-05-01T00:00:00Z")).toBe(422);
    expect(await status("from=2020-01-01T00:00:00Z&to=2026-05-01T00:00:00Z")).toBe(422);
    expect(await status("from=yesterday")).toBe(422);
    expect(await status("from=2026-05-01T00:00:00Z&to=2026-05-02T00:00:00Z")).toBe(200);
  });
});

describe("quota", () => {
  test("[US5] [US6] what is reserved is held, and what was used counts in full", async () => {
    await setLimits(platform, owner.orgId, { tokens_in_per_month: 100 });
    const org = owner.orgId;
    const hold = (ref: string, n: number) =>
      reserve(platform.env, org, { meter: "tokens_in", n, ref, ttlMs: 60_000 });
    expect(await hold("one", 60)).toMatchObject({ ok: true });
    expect(await hold("two", 60)).toMatchObject({
      ok: false,
      refusal: { code: "quota_exceeded" },
    });
    await release(platform.env, org, { ref: "one" });
    expect(await hold("two", 60)).toMatchObject({ ok: true });
    await commit(platform.env, org, { ref: "two", actual: 90 });
    expect(await hold("three", 11)).toMatchObject({ ok: false });
    expect(await hold("four", 10)).toMatchObject({ ok: true });
    platform.clock.now += 40_000;
    expect(await renew(platform.env, org, { ref: "four", ttlMs: 60_000 })).toMatchObject({
      ok: true,
    });
    platform.clock.now += 40_000;
    expect(await hold("early", 10)).toMatchObject({ ok: false });
    platform.clock.now += 20_001;
    expect(await hold("five", 10)).toMatchObject({ ok: true });
    // Late, yet it was used: it counts.
    await commit(platform.env, org, { ref: "four", actual: 10 });
    platform.clock.now += 60_001;
    expect(await hold("six", 1)).toMatchObject({ ok: false });
  });

  test("[US7] reserving fails closed when the limiter is not reachable", async () => {
    platform.limiters.down = true;
    const held = await reserve(platform.env, owner.orgId, {
      meter: "tokens_in",
      n: 1,
      ref: "down",
      ttlMs: 1,
    });
    platform.limiters.down = false;
    expect(held).toMatchObject({ ok: false, refusal: { code: "limits_unavailable" } });
  });

  test("[US7] limits tell their tier, source and where they stand; an edit needs no deploy", async () => {
    const read = async (): Promise<Limits> =>
      (await (await owner.send("/api/v1/usage/limits")).json()) as Limits;
    expect((await read()).tier).toBe("self_hosted");
    expect((await read()).limits[0]).toMatchObject({
      name: "requests_per_minute",
      limit: 1_000,
      source: "tier",
    });
    await platform.db.as("superuser")`update platform.tiers set value = 7
      where tier = 'self_hosted' and limit_name = 'requests_per_minute'`;
    expect((await read()).limits[0]).toMatchObject({ limit: 7, source: "tier" });
    await setLimits(platform, owner.orgId, { requests_per_minute: 9 });
    expect((await read()).limits[0]).toMatchObject({ limit: 9, source: "override" });
  });

  test("[RL2] the operator of the installation overrides a limit at once, and it is recorded", async () => {
    const refreshed = await platform.send(
      "/api/v1/auth/refresh",
      post({ org_id: PLATFORM_ORG_ID }, { origin: ORIGIN, cookie: owner.cookie }),
    );
    const operator = await signedIn(platform, refreshed);
    const path = `/api/v1/admin/orgs/${owner.orgId}/limits/requests_per_minute`;
    const put = (value: number | null) => ({ ...post({ value }), method: "PUT" });
    expect((await owner.send(path, put(3))).status).toBe(404);
    expect((await operator.send(path, put(3))).status).toBe(204);
    const key = await owner.send("/api/v1/keys", post({ name: "o", grants: ["org.read"] }));
    const { token } = (await key.json()) as { token: string };
    const answer = await platform.send("/api/v1/org", { headers: { "x-api-key": token } });
    expect(answer.headers.get("ratelimit-policy")).toMatch(/^"minute";q=3;w=60/);
    expect((await operator.send(path, { method: "DELETE" })).status).toBe(204);
    expect((await operator.send(path, { method: "DELETE" })).status).toBe(404);
    expect((await operator.send(path.replace("requests_per_minute", "x"), put(1))).status).toBe(
      404,
    );
    const records = await platform.sql.transaction({ org: owner.orgId }, (tx) =>
      tx.query("select resource from platform.audit_log where action = 'limits.change'"),
    );
    expect(records).toHaveLength(2);
  });

  test("[RL1] the tiers' limits and prices are rows with the published values", async () => {
    const found = await platform.db.as("superuser")`
      select tier, limit_name, value::text as value from platform.tiers
      where tier in ('free', 'starter', 'pro', 'enterprise') and tier <> 'self_hosted'`;
    const valueOf = (tier: string, name: string) =>
      found.find((row) => row["tier"] === tier && row["limit_name"] === name)?.["value"];
    const names = [
      "requests_per_minute",
      "requests_per_month",
      "log_bytes_max",
      "usd_cents_per_month",
    ];
    const table = ["free", "starter", "pro", "enterprise"].map((tier) =>
      names.map((name) => valueOf(tier, name)),
    );
    expect(table).toEqual([
      ["10", "1000", "1048576", "0"],
      ["100", "50000", "52428800", "2900"],
      ["1000", "500000", "524288000", "9900"],
      [null, null, "5368709120", null],
    ]);
  });

  test("[RL1] a log above the tier's limit is refused, naming it, and one at the limit is taken", async () => {
    await setLimits(platform, owner.orgId, { log_bytes_max: 1_048_576 });
    const upload = (bytes: number) =>
      owner.send("/api/v1/analyses", {
        method: "POST",
        headers: { "content-type": "text/plain", prefer: "respond-async" },
        body: "x".repeat(bytes),
      });
    const refused = await upload(1_048_577);
    expect(refused.status).toBe(413);
    expect(await refused.json()).toMatchObject({
      code: "log_too_large",
      detail: expect.stringContaining("1048576"),
    });
    expect((await upload(1_048_576)).status).toBe(202);
    await rollUp();
    const bytes = (await rows()).filter((row) => row["meter"] === "bytes_in");
    expect(bytes).toMatchObject([{ value: 1_048_576 }]);
  });
});

describe("spend caps", () => {
  const put = (cap: object, version?: number) =>
    owner.send("/api/v1/usage/caps/org", {
      ...post(cap, version === undefined ? {} : { "if-match": `"${version}"` }),
      method: "PUT",
    });
  const read = async (): Promise<SpendCap> =>
    (await (await owner.send("/api/v1/usage/caps/org")).json()) as SpendCap;

  test("[US8] a first cap needs no If-Match, a change names its version", async () => {
    expect((await owner.send("/api/v1/usage/caps/org")).status).toBe(404);
    const first = await put({ usd: "10.00", action: "suspend" });
    expect([first.status, first.headers.get("etag")]).toEqual([201, '"1"']);
    expect((await put({ usd: "11", action: "suspend" })).status).toBe(428);
    expect((await put({ usd: "11", action: "suspend" }, 7)).status).toBe(412);
    const changed = await put({ usd: "10", action: "suspend" }, 1);
    expect([changed.status, changed.headers.get("etag")]).toEqual([200, '"2"']);
    const app = "app.01900000-0000-7000-8000-00000000000a";
    const later = await owner.send(`/api/v1/usage/caps/${app}`, {
      ...post({ usd: "1", action: "notify" }),
      method: "PUT",
    });
    expect(later.status).toBe(501);
  });

  test("[US8] at 50, 75 and 100 percent one notice each is asked for, once a month", async () => {
    notices.length = 0;
    for (const [id, tasks] of [
      ["50", 5],
      ["60", 1],
      ["75", 2],
    ] as const) {
      await used(`cap-${id}`, "tasks", tasks);
      await rollUp();
    }
    expect(notices.map(({ data }) => data["percent"])).toEqual([50, 75]);
    expect((await owner.send("/api/v1/analyses", { method: "POST", body: "" })).status).toBe(422);
    await used("cap-100", "tasks", 2);
    await rollUp();
    await used("cap-more", "tasks", 5);
    await rollUp();
    expect(notices.map(({ data }) => data["percent"])).toEqual([50, 75, 100]);
    expect(notices.at(-1)?.data).toEqual({
      scope: "org",
      month: "2026-06",
      percent: 100,
      cap_usd: "10.00",
      action: "suspend",
    });
    expect(await read()).toMatchObject({
      notified: 100,
      spent_usd: expect.stringMatching(/^15\.0000/),
    });
  });

  test("[US8] a used up cap that suspends refuses new metered work, not reading; a higher one lets it on", async () => {
    const start = () => owner.send("/api/v1/analyses", { method: "POST", body: "" });
    const refused = await start();
    expect(refused.status).toBe(402);
    expect(await refused.json()).toMatchObject({ code: "spend_cap_reached" });
    expect((await owner.send("/api/v1/analyses?limit=1")).status).toBe(200);
    const held = await reserve(platform.env, owner.orgId, {
      meter: "tasks",
      n: 1,
      ref: "capped",
      ttlMs: 1_000,
    });
    expect(held).toMatchObject({ ok: false, refusal: { code: "spend_cap_reached" } });
    const { version } = await read();
    const higher = await put({ usd: "100", action: "suspend" }, version);
    expect(await higher.json()).toMatchObject({ notified: 0 });
    expect((await start()).status).toBe(422);
    const lower = await put({ usd: "1", action: "suspend" }, version + 1);
    expect(await lower.json()).toMatchObject({ notified: 100 });
    expect((await start()).status).toBe(402);
    nextMonth();
    await again();
    await platform.limiters.of(owner.orgId).reload({ v: 1, org_id: owner.orgId });
    expect(await read()).toMatchObject({ notified: 0, spent_usd: "0.000000000" });
    expect((await start()).status).toBe(422);
  });
});
