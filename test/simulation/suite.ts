/** The tests of a share of the seeds: two files hold one each, so that both cores play. */
import { describe, expect, test } from "vitest";
import { type Fault, FAULTS } from "./faults.ts";
import { replay, simulate, simulateOnSqlite } from "./simulate.ts";

/** CI plays 20,000 seeds. */
const SEEDS = Number(process.env["SIM_SEEDS"] ?? 2_000);
const SHARES = 2;
const BLOCK = 250;
/** Fewer seeds than these do not meet every rare combination. */
const SEEDS_FOR_ALL = 500;

/** What the dispatcher must have answered somewhere, or a branch of it is never played. */
const OUTCOMES = [
  "dag.configured none",
  "events.emitted emitted",
  "envelope.fetched assigned",
  "envelope.fetched gone",
  "lease.renewed renewed",
  "lease.renewed lease_lost",
  "results.reported none",
  "results.reported lease_lost",
  "clock.ticked none",
  "object.woken none",
  "run.canceled none",
  "run.canceled task_state",
  "task.canceled none",
  "task.canceled task_state",
  "task.retried none",
  "outbox.sent none",
  "outbox.refused none",
  "lease_lost",
  "task_timeout",
  "flaky",
  "hopeless",
  "output_not_declared",
] as const;

/**
 * @param promise title of the seeds' blocks, with the rules they hold
 * @param share 0 or 1: the seeds congruent to it modulo 2
 */
export function simulation(promise: string, share: number): void {
  const count = Math.ceil((SEEDS - share) / SHARES);
  const seedOf = (index: number): bigint => BigInt(index * SHARES + share);
  const blocks = Array.from({ length: Math.ceil(count / BLOCK) }, (_, block) => block);
  const met = new Map<Fault, number>();
  const outcomes = new Set<string>();

  describe("dispatcher", () => {
    test.each(blocks)(`${promise}, block %i`, (block) => {
      for (let at = block * BLOCK; at < Math.min(count, (block + 1) * BLOCK); at += 1) {
        const seed = seedOf(at);
        const played = simulate(seed);
        for (const [fault, times] of played.met) met.set(fault, (met.get(fault) ?? 0) + times);
        for (const outcome of played.outcomes) outcomes.add(outcome);
        if (played.violations.length > 0)
          throw new Error(`${played.violations.join("\n")}\nreplay: ${replay(seed)}`);
      }
    });

    test.runIf(count >= SEEDS_FOR_ALL)("every fault and every answer was met", () => {
      expect(FAULTS.filter((fault) => (met.get(fault) ?? 0) === 0)).toEqual([]);
      expect(OUTCOMES.filter((outcome) => !outcomes.has(outcome))).toEqual([]);
    });

    test("SQLite and the maps of the simulator play every hundredth seed alike", () => {
      for (let at = 0; at < count; at += 100) {
        const seed = seedOf(at);
        expect(simulateOnSqlite(seed).hash, replay(seed)).toBe(simulate(seed).hash);
      }
    });
  });
}
