/** The dispatcher under seeded faults: nothing lost, nothing doubled, nothing stuck. */
import { describe, expect, test } from "vitest";
import { FAULTS } from "./faults.ts";
import { replay, simulate, simulateOnSqlite } from "./simulate.ts";

/** CI plays 20,000 seeds. */
const SEEDS = Number(process.env["SIM_SEEDS"] ?? 2_000);
const BLOCK = 250;
const blocks = Array.from({ length: Math.ceil(SEEDS / BLOCK) }, (_, block) => block);

describe("dispatcher", () => {
  test.each(blocks)(
    "[T1] [T2] [T3] [T5] [T8] [L1] [L2] [E4] [Q6] invariants hold in each step and at rest, block %i",
    (block) => {
      for (let seed = block * BLOCK; seed < Math.min(SEEDS, (block + 1) * BLOCK); seed += 1) {
        const played = simulate(BigInt(seed));
        if (played.violations.length > 0)
          throw new Error(`${played.violations.join("\n")}\nreplay: ${replay(BigInt(seed))}`);
      }
    },
  );

  test("a seed plays the same twice", () => {
    expect(simulate(7n).hash).toBe(simulate(7n).hash);
  });

  test("SQLite and the maps of the simulator play every hundredth seed alike", () => {
    for (let seed = 0n; seed < BigInt(SEEDS); seed += 100n) {
      expect(simulateOnSqlite(seed).hash, replay(seed)).toBe(simulate(seed).hash);
    }
  });

  test("every fault is met, so none is only on paper", () => {
    const met = new Set(
      Array.from({ length: 120 }, (_, seed) => [...simulate(BigInt(seed)).met.keys()]).flat(),
    );
    const traits = new Set(["task.poison", "task.hopeless"]);
    expect(FAULTS.filter((fault) => !met.has(fault) && !traits.has(fault))).toEqual([]);
  });
});
