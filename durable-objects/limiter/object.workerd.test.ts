/** The limiter object in workerd: many calls at once, eviction, alarm, upload leases. Postgres is a fake that can be down. */
import { env } from "cloudflare:workers";
import {
  evictDurableObject,
  reset,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { afterEach, expect, test, vi } from "vitest";
import type { Scope, Tx } from "../../workers/platform/adapters/sql.ts";
import { Fault } from "../../workers/platform/model.ts";
import { limiterName, uploadsName, UPLOADS_MAX, type LimiterApi } from "./model.ts";
import type { Limiter } from "./object.ts";

/** Answers limits and takes totals. */
const postgres = vi.hoisted(() => ({
  down: false,
  limits: {} as Record<string, number | null>,
  totals: [] as { meter: string; value: number; key: string }[],
}));
vi.mock(import("../../workers/platform/adapters/postgres.ts"), () => ({
  sqlFrom: () => ({
    transaction: <T>(_scope: Scope, body: (tx: Tx) => Promise<T>) => {
      if (postgres.down) return Promise.reject(new Fault("postgres", { retryable: true }));
      const query: Tx["query"] = (text, params = []) => {
        if (text.includes("platform.tiers"))
          return Promise.resolve(
            Object.entries(postgres.limits).map(([name, value]) => ({
              name,
              value,
              source: "tier",
            })),
          );
        if (text.includes("insert into platform.usage_hourly"))
          postgres.totals.push(...(JSON.parse(String(params[1])) as typeof postgres.totals));
        return Promise.resolve([]);
      };
      return body(Object.assign(Object.create(null) as Tx, { query }));
    },
  }),
}));

const ORG = "00000000-0000-7000-8000-000000000001";
const KEY = "00000000-0000-7000-8000-0000000000a1";
const named = { v: 1, org_id: ORG } as const;
const request = { ...named, kind: "key", id: KEY, counted: true, metered: false } as const;

const stub = (name = limiterName(ORG)) =>
  env.LIMITER.get(env.LIMITER.idFromName(name)) as DurableObjectStub<Limiter>;
const limiter = (name?: string) => stub(name) as unknown as LimiterApi;

const verdicts = async (calls: number): Promise<Record<string, number>> => {
  const answers = await Promise.all(Array.from({ length: calls }, () => limiter().admit(request)));
  const counts: Record<string, number> = {};
  for (const answer of answers) {
    const verdict = answer.ok ? answer.value.verdict : answer.refusal.code;
    counts[verdict] = (counts[verdict] ?? 0) + 1;
  }
  return counts;
};

afterEach(async () => {
  await reset();
  postgres.down = false;
  postgres.limits = {};
  postgres.totals.length = 0;
});

test("[RL1] of 200 calls at once at 100 a minute exactly 100 pass", async () => {
  postgres.limits = { requests_per_minute: 100 };
  expect(await verdicts(200)).toEqual({ admitted: 100, rate_limited: 100 });
});

test.each([
  ["free", 10],
  ["starter", 100],
  ["pro", 1_000],
])("[RL1] tier %s passes %i requests in a minute and refuses the next", async (_tier, limit) => {
  postgres.limits = { requests_per_minute: limit };
  expect(await verdicts(limit)).toEqual({ admitted: limit });
  const next = await limiter().admit(request);
  expect(next).toMatchObject({
    ok: true,
    value: { verdict: "rate_limited", minute: { limit, remaining: 0 } },
  });
});

test("[RL1] without a limit per minute everything passes", async () => {
  postgres.limits = { requests_per_minute: null };
  expect(await verdicts(300)).toEqual({ admitted: 300 });
});

test("[RL1] what was granted counts after an eviction, and what was stored ahead as well", async () => {
  postgres.limits = { requests_per_minute: 100, requests_per_month: 1_000 };
  expect(await verdicts(32)).toEqual({ admitted: 32 });
  await evictDurableObject(stub());
  const after = await verdicts(200);
  // 100/20 = 5 are stored at a time: at most four of them were never used.
  expect(after["admitted"]).toBeLessThanOrEqual(68);
  expect(after["admitted"]).toBeGreaterThanOrEqual(64);
});

test("[US7] the month's quota is counted across evictions and refuses what comes above it", async () => {
  postgres.limits = { requests_per_minute: 10, requests_per_month: 7 };
  expect(await verdicts(5)).toEqual({ admitted: 5 });
  await evictDurableObject(stub());
  expect(await verdicts(5)).toEqual({ admitted: 2, quota_exceeded: 3 });
});

test("[US4] hour totals reach Postgres with the alarm; an outage loses nothing and repeats change nothing", async () => {
  postgres.limits = { requests_per_minute: null };
  await verdicts(3);
  postgres.down = true;
  expect(await runDurableObjectAlarm(stub())).toBe(true);
  expect(postgres.totals).toEqual([]);
  await evictDurableObject(stub());
  postgres.down = false;
  expect(await runDurableObjectAlarm(stub())).toBe(true);
  expect(postgres.totals).toMatchObject([{ meter: "requests", value: 3, key: KEY }]);
  await verdicts(2);
  expect(await runDurableObjectAlarm(stub())).toBe(true);
  expect(postgres.totals.at(-1)).toMatchObject({ meter: "requests", value: 5, key: KEY });
  await limiter().rollUp(named);
  expect(postgres.totals).toHaveLength(2);
});

test("[US1] a usage record counts once, also after an eviction", async () => {
  const record = { source: "tasks", id: "t1", meter: "tasks", value: 7 } as const;
  await limiter().record({ ...named, records: [record, record] });
  await evictDurableObject(stub());
  await limiter().record({ ...named, records: [record, { ...record, id: "t2", value: 1 }] });
  await limiter().rollUp(named);
  expect(postgres.totals).toMatchObject([{ meter: "tasks", value: 8 }]);
});

test("[US5] a reservation survives an eviction and is granted once per ref", async () => {
  postgres.limits = { requests_per_minute: null, tasks_per_month: 10 };
  const wish = { ...named, meter: "tasks", n: 8, ref: "run-1", ttl_ms: 60_000 } as const;
  const first = await limiter().reserve(wish);
  expect(first).toMatchObject({ ok: true, value: { state: "open", n: 8 } });
  await evictDurableObject(stub());
  expect(await limiter().reserve({ ...wish, n: 1 })).toEqual(first);
  const other = await limiter().reserve({ ...wish, ref: "run-2", n: 3 });
  expect(other).toMatchObject({ ok: false, refusal: { code: "quota_exceeded" } });
  const committed = await limiter().settle({ ...named, ref: "run-1", actual: 9 });
  expect(committed).toMatchObject({ ok: true, value: { state: "committed", actual: 9 } });
  expect(await limiter().settle({ ...named, ref: "run-1", actual: null })).toEqual(committed);
  expect(await limiter().reserve({ ...wish, ref: "run-3", n: 1 })).toMatchObject({ ok: true });
});

test("[US7] while Postgres is away the limits of before hold; without any it says so", async () => {
  postgres.down = true;
  expect(await verdicts(1)).toEqual({ limits_unavailable: 1 });
  postgres.down = false;
  postgres.limits = { requests_per_minute: 2 };
  expect(await verdicts(1)).toEqual({ admitted: 1 });
  postgres.down = true;
  await evictDurableObject(stub());
  expect(await verdicts(3)).toEqual({ admitted: 1, rate_limited: 2 });
});

test("[RL2] changed limits hold from the reload on", async () => {
  postgres.limits = { requests_per_minute: 2 };
  expect(await verdicts(3)).toEqual({ admitted: 2, rate_limited: 1 });
  postgres.limits = { requests_per_minute: 5 };
  await limiter().reload(named);
  expect(await verdicts(4)).toEqual({ admitted: 3, rate_limited: 1 });
});

test("[RL6] an address runs a hundred uploads at once, the next waits for one to end", async () => {
  const uploads = limiter(uploadsName("hash"));
  const ids = Array.from({ length: UPLOADS_MAX + 1 }, (_, n) => `upload-${n}`);
  const begun = await Promise.all(ids.map((id) => uploads.beginUpload({ v: 1, id })));
  expect(begun.filter(Boolean)).toHaveLength(UPLOADS_MAX);
  await evictDurableObject(stub(uploadsName("hash")));
  expect(await uploads.beginUpload({ v: 1, id: "late" })).toBe(false);
  await uploads.endUpload({ v: 1, id: "upload-0" });
  expect(await uploads.beginUpload({ v: 1, id: "late" })).toBe(true);
  expect(await limiter(uploadsName("other")).beginUpload({ v: 1, id: "late" })).toBe(true);
});

test("[RL2] a call of another version of the code is answered, not thrown", async () => {
  const strange = { ...request, v: 2 } as unknown as typeof request;
  expect(await limiter().admit(strange)).toMatchObject({
    ok: false,
    refusal: { code: "unavailable" },
  });
  const rows = await runInDurableObject(stub(), (_object, state) =>
    state.storage.sql.exec("select * from buckets").toArray(),
  );
  expect(rows).toEqual([]);
});

test("[TN8] the limiter of a deleted organization holds nothing, rings no more, and counts anew", async () => {
  postgres.limits = { requests_per_minute: 10, requests_per_month: 7 };
  await verdicts(7);
  await limiter().reserve({ ...named, meter: "tasks", n: 1, ref: "r", ttl_ms: 1_000 });
  expect(await limiter().erase(named)).toEqual({ ok: true, value: null });
  const rows = await runInDurableObject(stub(), (_object, state) =>
    ["config", "buckets", "months", "totals", "reservations", "seen"].flatMap((table) =>
      state.storage.sql.exec(`select 1 from ${table}`).toArray(),
    ),
  );
  expect(rows).toEqual([]);
  expect(await runDurableObjectAlarm(stub())).toBe(false);
  expect(await verdicts(7)).toEqual({ admitted: 7 });
});
