/** The real desk, machine and store over SQLite in worlds with crashes, failing writes and clocks that go back. */
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { nodeDatabase } from "../../test/simulation/node-sqlite.ts";
import { logTo } from "../../workers/platform/adapters/log.ts";
import { Desk } from "./object/desk.ts";
import type { LimiterConfig } from "./model.ts";

const ORG = "01900000-0000-7000-8000-00000000000a";
const KEYS = [
  "01900000-0000-7000-8000-0000000000a1",
  "01900000-0000-7000-8000-0000000000a2",
] as const;
const named = { v: 1, org_id: ORG } as const;
const START = Date.UTC(2026, 10, 15);
const DAYS_20_MS = 20 * 86_400_000;
const RUNS = Number(process.env["LIMITER_HISTORIES"] ?? 10_000);
const SEED = 20_261_120;

const database = nodeDatabase();
afterAll(() => database.close());
const TABLES = ["config", "buckets", "months", "totals", "reservations", "seen", "uploads"];

/** An object that can crash, over a clock and a disk that misbehave. */
class World {
  readonly config: LimiterConfig;
  now = START;
  /** How many more writes succeed; -1 for all. */
  diskLeft = -1;
  later: (() => void)[] = [];
  desk: Desk;

  constructor(config: LimiterConfig) {
    this.config = config;
    this.desk = this.start();
    for (const table of TABLES) database.run(`delete from ${table}`);
    this.start();
  }

  start(): Desk {
    this.later = [];
    this.diskLeft = -1;
    this.desk = new Desk({
      db: {
        all: database.all,
        run: (query, ...bindings) => {
          if (this.diskLeft === 0) throw new Error("the disk is gone");
          this.diskLeft -= 1;
          database.run(query, ...bindings);
        },
        transaction: database.transaction,
      },
      now: () => this.now,
      log: logTo(
        () => {},
        {},
        () => this.now,
      ),
      readConfig: async () => this.config,
      rollUp: async () => {},
      arm: () => {},
      later: (_ms, work) => void this.later.push(work),
    });
    return this.desk;
  }

  flush(): void {
    for (const work of this.later.splice(0)) work();
  }
}

const Time = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 900 }) },
  { weight: 3, arbitrary: fc.integer({ min: 1_000, max: 9_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 55_000, max: 65_000 }) },
);
const Trouble = fc.oneof(
  { weight: 12, arbitrary: fc.constant("none" as const) },
  { weight: 2, arbitrary: fc.constant("crash" as const) },
  { weight: 1, arbitrary: fc.constant("disk" as const) },
  { weight: 1, arbitrary: fc.constant("flush" as const) },
  { weight: 1, arbitrary: fc.constant("clock back" as const) },
);

async function trouble(world: World, kind: "none" | "crash" | "disk" | "flush" | "clock back") {
  if (kind === "crash") world.start();
  if (kind === "disk") world.diskLeft = 0;
  if (kind === "flush") world.flush();
  if (kind === "clock back") world.now -= 90_000;
}

describe("limiter in worlds with crashes", () => {
  test("[RL1] never more than the limit passes in any 60 seconds, whatever crashes", async () => {
    const Step = fc.record({
      after: Time,
      burst: fc.integer({ min: 1, max: 6 }),
      key: fc.nat(1),
      trouble: Trouble,
    });
    const history = fc.asyncProperty(
      fc.integer({ min: 1, max: 60 }),
      fc.array(Step, { minLength: 1, maxLength: 14 }),
      async (limit, steps) => {
        const world = new World({
          key_minute: limit,
          user_minute: 1,
          months: {},
          suspended: false,
        });
        let real = START;
        const passed: Record<string, number[]> = {};
        for (const step of steps) {
          real += step.after;
          world.now += step.after;
          await trouble(world, step.trouble);
          for (let n = 0; n < step.burst * 5; n += 1) {
            const id = KEYS[step.key] ?? KEYS[0];
            const answer = await world.desk
              .admit({ ...named, kind: "key", id, counted: true, metered: false })
              .catch(() => undefined);
            if (answer?.ok === true && answer.value.verdict === "admitted")
              (passed[id] ??= []).push(real);
          }
          world.diskLeft = -1;
        }
        for (const times of Object.values(passed)) {
          const most = Math.max(
            ...times.map((from) => times.filter((at) => at >= from && at <= from + 60_000).length),
          );
          expect(most).toBeLessThanOrEqual(limit);
        }
      },
    );
    await fc.assert(history, { numRuns: RUNS / 4, seed: SEED });
  });

  test("[US5] no history of reservations, requests, crashes and months overspends a quota or leaks one", async () => {
    const Act = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          type: fc.constant("reserve" as const),
          ref: fc.nat(7),
          n: fc.integer({ min: 0, max: 30 }),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          type: fc.constant("commit" as const),
          ref: fc.nat(7),
          n: fc.integer({ min: 0, max: 40 }),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ type: fc.constant("release" as const), ref: fc.nat(7) }),
      },
      { weight: 1, arbitrary: fc.record({ type: fc.constant("renew" as const), ref: fc.nat(7) }) },
      {
        weight: 2,
        arbitrary: fc.record({
          type: fc.constant("request" as const),
          n: fc.integer({ min: 1, max: 8 }),
        }),
      },
    );
    const After = fc.oneof(
      { weight: 20, arbitrary: Time },
      { weight: 1, arbitrary: fc.constant(DAYS_20_MS) },
    );
    const Step = fc.record({ after: After, act: Act, trouble: Trouble });
    const history = fc.asyncProperty(
      fc.integer({ min: 0, max: 120 }),
      fc.array(Step, { minLength: 1, maxLength: 16 }),
      async (limit, steps) => {
        const world = new World({
          key_minute: null,
          user_minute: null,
          months: { requests: limit },
          suspended: false,
        });
        const ledger = new Ledger();
        for (const step of steps) {
          world.now += step.after;
          await trouble(world, step.trouble);
          await play(world, ledger, step.act, limit);
          world.diskLeft = -1;
        }
        // Everything open runs out; what is then used is what was acknowledged, or a little more after a crash.
        world.now = Math.max(world.now, ledger.clock) + 600_000;
        ledger.at(world.now);
        const view = await world.desk.view({ ...named, kind: "key", id: KEYS[0] });
        if (!view.ok) throw new Error(view.refusal.code);
        const requests = view.value.months["requests"] ?? { used: 0, reserved: 0 };
        expect(requests.reserved).toBe(0);
        expect(requests.used).toBeGreaterThanOrEqual(ledger.used);
        const calm = steps.every(({ trouble: kind }) => kind === "none" || kind === "flush");
        if (calm) expect(requests.used).toBe(ledger.used);
      },
    );
    await fc.assert(history, { numRuns: RUNS, seed: SEED });
  });
});

/** What callers were told: the least that must be true. */
class Ledger {
  clock = START;
  used = 0;
  month = new Date(START).getUTCMonth();
  readonly open = new Map<string, { n: number; until: number }>();

  at(now: number): void {
    this.clock = Math.max(this.clock, now);
    const month = new Date(this.clock).getUTCMonth();
    if (month !== this.month) this.used = 0;
    this.month = month;
    for (const [ref, { until }] of this.open) if (until <= this.clock) this.open.delete(ref);
  }

  get reserved(): number {
    return [...this.open.values()].reduce((sum, { n }) => sum + n, 0);
  }
}

type Act =
  | { type: "reserve" | "commit"; ref: number; n: number }
  | { type: "release" | "renew"; ref: number }
  | { type: "request"; n: number };

const TTL_MS = 20_000;

async function play(world: World, ledger: Ledger, act: Act, limit: number): Promise<void> {
  ledger.at(world.now);
  if (act.type === "request") {
    for (let n = 0; n < act.n; n += 1) {
      const answer = await world.desk
        .admit({ ...named, kind: "key", id: KEYS[0], counted: true, metered: false })
        .catch(() => undefined);
      if (answer?.ok !== true || answer.value.verdict !== "admitted") continue;
      expect(ledger.used + ledger.reserved + 1).toBeLessThanOrEqual(limit);
      ledger.used += 1;
    }
    return;
  }
  const ref = `ref-${act.ref}`;
  const call = { ...named, ref };
  if (act.type === "reserve") {
    const known = ledger.open.has(ref);
    const answer = await world.desk
      .reserve({ ...call, meter: "requests", n: act.n, ttl_ms: TTL_MS })
      .catch(() => undefined);
    if (answer?.ok !== true || answer.value.state !== "open" || known) return;
    const { n, expiresAt } = answer.value;
    expect(ledger.used + ledger.reserved + n).toBeLessThanOrEqual(limit);
    ledger.open.set(ref, { n, until: expiresAt });
  } else if (act.type === "renew") {
    const answer = await world.desk.renew({ ...call, ttl_ms: TTL_MS }).catch(() => undefined);
    if (answer?.ok === true && answer.value.state === "open")
      ledger.open.set(ref, { n: answer.value.n, until: answer.value.expiresAt });
  } else {
    const before = await world.desk.renew({ ...call, ttl_ms: 1 }).catch(() => undefined);
    const actual = act.type === "commit" ? act.n : null;
    const answer = await world.desk.settle({ ...call, actual }).catch(() => undefined);
    if (answer?.ok !== true) return;
    ledger.open.delete(ref);
    const first = before?.ok === true && ["open", "expired"].includes(before.value.state);
    if (first && answer.value.state === "committed") ledger.used += answer.value.actual ?? 0;
  }
}
