/** The desk when time passes between calls: holds that run out, limits that change while they are read or while nobody asks. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { nodeDatabase } from "../../test/simulation/node-sqlite.ts";
import { logTo } from "../../workers/platform/adapters/log.ts";
import { Desk } from "./object/desk.ts";
import type { LimiterConfig } from "./model.ts";

const ORG = "01900000-0000-7000-8000-00000000000a";
const KEY = "01900000-0000-7000-8000-0000000000a1";
const named = { v: 1, org_id: ORG } as const;
const request = { ...named, kind: "key", id: KEY, counted: true, metered: true } as const;
const CONFIG: LimiterConfig = { key_minute: null, user_minute: null, months: {}, suspended: false };

let db: ReturnType<typeof nodeDatabase>;
let now = Date.UTC(2026, 10, 15);
let read: () => Promise<LimiterConfig>;
let desk: Desk;

beforeEach(() => {
  db = nodeDatabase();
  read = async () => CONFIG;
  desk = open();
});
afterEach(() => db.close());

const open = (): Desk =>
  new Desk({
    db,
    now: () => now,
    log: logTo(
      () => {},
      {},
      () => now,
    ),
    readConfig: () => read(),
    rollUp: async () => {},
    arm: () => {},
    later: () => {},
  });

const verdict = async (): Promise<string> => {
  const answer = await desk.admit(request);
  return answer.ok ? answer.value.verdict : answer.refusal.code;
};

test("[US5] quota that was held and ran out is free again for the next request", async () => {
  read = async () => ({ ...CONFIG, months: { requests: 10 } });
  await desk.reserve({ ...named, meter: "requests", n: 10, ref: "run", ttl_ms: 1_000 });
  expect(await verdict()).toBe("quota_exceeded");
  now += 1_000;
  expect(await verdict()).toBe("admitted");
  expect(
    await desk.reserve({ ...named, meter: "requests", n: 1, ref: "run", ttl_ms: 1 }),
  ).toMatchObject({ ok: true, value: { state: "expired" } });
});

test("[RL2] a change that comes while the limits are being read holds from its reload on", async () => {
  expect(await verdict()).toBe("admitted");
  const slow = Promise.withResolvers<LimiterConfig>();
  read = () => slow.promise;
  now += 30_000;
  expect(await verdict()).toBe("admitted");
  // The limits of before are on their way when they change.
  read = async () => ({ ...CONFIG, suspended: true });
  const reloaded = desk.reload(named);
  slow.resolve(CONFIG);
  expect(await reloaded).toEqual({ ok: true, value: null });
  expect(await verdict()).toBe("spend_cap_reached");
});

test("[US8] a cap that was used up last month refuses nothing in the next, though nobody asked meanwhile", async () => {
  read = async () => ({ ...CONFIG, suspended: true });
  expect(await verdict()).toBe("spend_cap_reached");
  read = async () => CONFIG;
  now += 20 * 86_400_000;
  expect(await verdict()).toBe("admitted");
  read = async () => ({ ...CONFIG, suspended: true });
  now += 31_000;
  await desk.reload(named);
  read = () => Promise.reject(new Error("Postgres is away"));
  now += 31_000;
  expect(await verdict()).toBe("spend_cap_reached");
});

test("[RL1] a clock that was hours ahead and was set right does not stop the windows, restarted or not", async () => {
  const right = now;
  read = async () => ({ ...CONFIG, key_minute: 2 });
  const three = async (): Promise<string[]> => [await verdict(), await verdict(), await verdict()];
  const full = ["admitted", "admitted", "rate_limited"];
  now = right + 8 * 3_600_000;
  expect(await three()).toEqual(full);
  now = right;
  expect(await three()).toEqual(full);
  now = right + 61_000;
  expect(await three()).toEqual(full);
  desk = open();
  expect(await verdict()).toBe("rate_limited");
  now = right + 2 * 61_000;
  expect(await three()).toEqual(full);
});
