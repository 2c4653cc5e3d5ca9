/** Reports and caps at their edges: years that no database knows, notices that nobody takes, caps changed meanwhile. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
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
import type { SpendCap } from "./model.ts";
import { recordUsage } from "./service.ts";

let platform: TestPlatform;
let owner: SignedIn;
/** What the engine does with a notice: takes it, says it is full, or is not there. */
let engine: "takes" | "full" | "away" = "takes";
/** Runs once while a notice is asked for. */
let meanwhile: (() => Promise<unknown>) | undefined;
const percents: unknown[] = [];

beforeAll(async () => {
  const dispatcher = {
    emit: async ({ events }: { events: { payload: string }[] }) => {
      if (engine === "away") throw new Error("the object is not reachable");
      if (engine === "full") return { ok: false, refusal: { code: "backlog_full" } };
      const run = meanwhile;
      meanwhile = undefined;
      await run?.();
      for (const { payload } of events) percents.push(JSON.parse(payload).data.percent);
      return { ok: true, value: { run_ids: ["run"], duplicates: 0 } };
    },
  };
  platform = await openPlatform({
    DISPATCHER: { idFromName: (name: string) => name, get: () => dispatcher },
  });
  owner = await setUp(platform);
  await setLimits(platform, owner.orgId, { user_requests_per_minute: null });
  await platform.db.as("superuser")`
    insert into platform.webhook_endpoints (org_id, id, url, events, secret_name, created_by, created_at)
    values (${owner.orgId}, ${owner.orgId}, 'https://example.com/', '["usage.threshold"]', 'channel.x', 'user:x', now())`;
  await platform.db.as("superuser")`
    insert into platform.price_books (version, meter, usd, effective_at) values (9, 'tasks', 1, '2026-01-01')`;
});
afterAll(() => platform.close());
beforeEach(async () => {
  engine = "takes";
  percents.length = 0;
  await platform.db.as("superuser")`delete from platform.spend_caps`;
});

test.each([
  "/api/v1/usage?from=0000-01-01T00:00:00Z&to=0000-02-01T00:00:00Z",
  "/api/v1/usage?from=9999-12-01T00:00:00Z&to=9999-12-31T23:30:00Z",
  "/api/v1/usage/export?month=0000-01",
  "/api/v1/usage/export?month=0000-12&format=csv",
  "/api/v1/audit?from=0000-01-01T00:00:00Z",
  "/api/v1/usage/caps?scope=org",
])("[US2] %s asks for nothing there is, and is refused", async (path) => {
  const answer = await owner.send(path);
  expect([answer.status, (await answer.json()) as unknown]).toMatchObject([
    422,
    { code: "validation_failed" },
  ]);
});

const rollUp = () => platform.limiters.of(owner.orgId).rollUp({ v: 1, org_id: owner.orgId });
let records = 0;
const spend = (usd: number) =>
  recordUsage(platform.env, {
    org: owner.orgId,
    source: "test",
    id: String(++records),
    meter: "tasks",
    value: usd,
  });
const put = (cap: object, version?: number) =>
  owner.send("/api/v1/usage/caps/org", {
    ...post(cap, version === undefined ? {} : { "if-match": `"${String(version)}"` }),
    method: "PUT",
  });
const cap = async (): Promise<SpendCap> =>
  (await (await owner.send("/api/v1/usage/caps/org")).json()) as SpendCap;
/** An empty log is not valid, but it gets as far as the caps let it. */
const start = async (): Promise<number> =>
  (await owner.send("/api/v1/analyses", { method: "POST", body: "" })).status;

test("[US8] a cap suspends although nobody takes its notice, and the notice is given once somebody does", async () => {
  const spent = Math.ceil(Number((await reported()).total_cost_usd));
  expect((await put({ usd: String(spent + 10), action: "suspend" })).status).toBe(201);
  expect(await start()).toBe(422);
  await spend(20);
  for (const trouble of ["full", "away"] as const) {
    engine = trouble;
    await expect(rollUp()).rejects.toThrow();
    await platform.limiters.of(owner.orgId).reload({ v: 1, org_id: owner.orgId });
    expect(await start()).toBe(402);
    expect((await cap()).notified).toBe(0);
  }
  engine = "takes";
  await rollUp();
  expect(percents).toEqual([100]);
  expect((await cap()).notified).toBe(100);
});

test("[US8] a cap is set although nobody takes its notice", async () => {
  await spend(20);
  await rollUp();
  engine = "away";
  const set = await put({ usd: "1", action: "suspend" });
  expect([set.status, set.headers.get("etag")]).toEqual([201, '"1"']);
  expect(await start()).toBe(402);
});

test("[US8] a notice of the cap of before is none of the cap that was set meanwhile", async () => {
  const spent = Math.ceil(Number((await reported()).total_cost_usd));
  await put({ usd: String(spent + 10), action: "suspend" });
  await spend(20);
  meanwhile = () => put({ usd: String(spent + 1_000_000), action: "suspend" }, 1);
  await rollUp();
  expect(await cap()).toMatchObject({ version: 2, notified: 0 });
  expect(await start()).toBe(422);
});

async function reported(): Promise<{ total_cost_usd: string }> {
  return (await (await owner.send("/api/v1/usage")).json()) as { total_cost_usd: string };
}

test("[KY3] a key of the operator changes no limit of anybody", async () => {
  const refreshed = await platform.send(
    "/api/v1/auth/refresh",
    post({ org_id: PLATFORM_ORG_ID }, { origin: ORIGIN, cookie: owner.cookie }),
  );
  const operator = await signedIn(platform, refreshed);
  const made = await operator.send(
    "/api/v1/keys",
    post({ name: "operator", grants: ["install.admin", "org.read"] }),
  );
  expect(made.status).toBe(201);
  const { token } = (await made.json()) as { token: string };
  const path = `/api/v1/admin/orgs/${owner.orgId}/limits/requests_per_minute`;
  for (const init of [{ ...post({ value: 1 }), method: "PUT" }, { method: "DELETE" }]) {
    const headers = { "content-type": "application/json", "x-api-key": token };
    const answer = await platform.send(path, { ...init, headers });
    expect([answer.status, await answer.json()]).toMatchObject([403, { code: "key_cannot" }]);
  }
});
