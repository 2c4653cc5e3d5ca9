/** Limiters in memory: the real desk, machine and store over Node's SQLite; limits and totals are the test database's. */
import { Desk } from "../../durable-objects/limiter/object/desk.ts";
import { limiterName, type LimiterApi } from "../../durable-objects/limiter/model.ts";
import { logTo } from "../../workers/platform/adapters/log.ts";
import type { Sql } from "../../workers/platform/adapters/sql.ts";
import { readLimiterConfig } from "../../workers/platform/usage/service/limits.ts";
import { rollUpUsage } from "../../workers/platform/usage/service/spending.ts";
import { nodeDatabase } from "../simulation/node-sqlite.ts";

export interface FakeLimiters {
  readonly namespace: DurableObjectNamespace;
  /** While true, no limiter can be reached. */
  down: boolean;
  /** Calls that reached a limiter, by method. */
  readonly calls: Record<string, number>;
  /** The limiter of an organization, as the Worker calls it. */
  of(orgId: string): LimiterApi;
}

export interface LimiterWorld {
  readonly env: () => Env;
  readonly sql: Sql;
  readonly now: () => number;
}

export function fakeLimiters(world: LimiterWorld): FakeLimiters {
  const desks = new Map<string, LimiterApi>();
  const deskOf = (name: string): LimiterApi => {
    const known = desks.get(name) ?? openDesk(world);
    desks.set(name, known);
    return known;
  };
  const fake: FakeLimiters = {
    namespace: {
      idFromName: (name: string) => name,
      get: (name: unknown) => reached(String(name)),
    } as unknown as DurableObjectNamespace,
    down: false,
    calls: {},
    of: (orgId) => deskOf(limiterName(orgId)),
  };
  const reached = (name: string): LimiterApi =>
    new Proxy(deskOf(name), {
      get: (desk, method) => async (request: unknown) => {
        if (fake.down) throw new Error("the object is not reachable");
        const call = String(method);
        fake.calls[call] = (fake.calls[call] ?? 0) + 1;
        // A proxy cannot know which method is called with what
        const bound = desk[call as keyof LimiterApi].bind(desk) as (given: unknown) => unknown;
        return bound(request);
      },
    });
  return fake;
}

function openDesk({ env, sql, now }: LimiterWorld): Desk {
  const log = logTo(() => {}, {}, now);
  return new Desk({
    db: nodeDatabase(),
    now,
    log,
    readConfig: (orgId) => readLimiterConfig(sql, orgId, now()),
    rollUp: (orgId, totals) => rollUpUsage({ env: env(), sql, now, log }, orgId, totals),
    arm: () => {},
    later: () => {},
  });
}
