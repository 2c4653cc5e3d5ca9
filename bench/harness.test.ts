import { expect, test } from "vitest";
import { measurePart } from "./harness.ts";
import type { Goal, OpenSide, Part, Sample, Side } from "./model.ts";

const exact = (seconds: number): Sample => ({
  values: { elapsed: seconds },
  cpuSeconds: seconds / 2,
  proof: { done: 10 },
  wrong: null,
});

interface Script {
  readonly ours?: boolean;
  readonly samples: (round: number) => Sample;
}

/** A side whose rounds take 2 s of the test's clock and are noted in `log`. */
function scripted(id: string, world: World, { ours = false, samples }: Script): Side {
  let round = 0;
  const opened: OpenSide = {
    version: "1.0.0",
    round: async () => {
      world.nowMs += 2_000;
      world.log.push(id);
      return samples(round++);
    },
    close: async () => void world.closed.push(id),
  };
  return { id, label: id, ours, settings: { durable: true }, open: async () => opened };
}

interface World {
  nowMs: number;
  readonly log: string[];
  readonly closed: string[];
  readonly notes: string[];
}
const newWorld = (): World => ({ nowMs: 0, log: [], closed: [], notes: [] });

const measure = (world: World, part: Partial<Part>, smoke = false) =>
  measurePart(
    {
      id: "p",
      workload: "w",
      measures: [{ id: "elapsed", unit: "s", better: "lower" }],
      sides: [],
      goals: [],
      ...part,
    },
    { smoke, monotoneMs: () => world.nowMs, note: (line) => world.notes.push(line) },
  );

test("[BH2] one run warms each side up once and then alternates them for five rounds", async () => {
  const world = newWorld();
  const sides = [
    scripted("ours", world, { ours: true, samples: () => exact(2) }),
    scripted("peer", world, { samples: () => exact(4) }),
  ];
  const result = await measure(world, { sides });
  expect(world.log.slice(0, 2)).toEqual(["ours", "peer"]);
  expect(world.log.slice(2, 6)).toEqual(["ours", "peer", "peer", "ours"]);
  expect(result.rows.map((row) => row.status === "measured" && row.rounds)).toEqual([5, 5]);
});

test("[BH3] a row keeps its samples, CPU seconds, version and settings", async () => {
  const world = newWorld();
  const side = scripted("ours", world, { ours: true, samples: (round) => exact(round + 1) });
  const { rows } = await measure(world, { sides: [side] });
  expect(rows[0]).toMatchObject({
    version: "1.0.0",
    settings: { durable: true },
    values: { elapsed: { median: 4, min: 2, max: 6, samples: [2, 3, 4, 5, 6] } },
    cpu_s: { median: 2 },
    proof: { done: 10 },
  });
});

test("[BH4] one inexact round voids the row, and a void row carries no number", async () => {
  const world = newWorld();
  const sides = [
    scripted("peer", world, {
      samples: (round) => (round === 3 ? { ...exact(1), wrong: "9,999 of 10,000" } : exact(1)),
    }),
  ];
  const { rows } = await measure(world, { sides });
  expect(rows).toEqual([
    { status: "void", side: "peer", label: "peer", ours: false, reason: "9,999 of 10,000" },
  ]);
  expect(world.log).toHaveLength(4);
});

test("[BH4] a round that throws voids the row and leaves the other sides alone", async () => {
  const world = newWorld();
  const sides = [
    scripted("peer", world, {
      samples: () => {
        throw new Error("connection lost");
      },
    }),
    scripted("ours", world, { ours: true, samples: () => exact(2) }),
  ];
  const { rows } = await measure(world, { sides });
  expect(rows.map((row) => row.status)).toEqual(["void", "measured"]);
  expect(world.closed).toEqual(["peer", "ours"]);
});

test("[BH6] a peer that cannot be opened is not available, with the reason, and the run goes on", async () => {
  const world = newWorld();
  const broken: Side = {
    id: "peer",
    label: "peer",
    ours: false,
    settings: {},
    open: async () => {
      throw new Error("not installed");
    },
  };
  const ours = scripted("ours", world, { ours: true, samples: () => exact(2) });
  const { rows } = await measure(world, { sides: [broken, ours] });
  expect(rows[0]).toMatchObject({ status: "not available", reason: "not installed" });
  expect(rows[1]?.status).toBe("measured");
});

test("our own side that cannot be opened fails the bench", async () => {
  const broken: Side = {
    id: "ours",
    label: "ours",
    ours: true,
    settings: {},
    open: async () => {
      throw new Error("exit 5");
    },
  };
  await expect(measure(newWorld(), { sides: [broken] })).rejects.toThrow("exit 5");
});

test("a difference pairs the rounds of a side with those of its control run", async () => {
  const world = newWorld();
  const sides = [
    scripted("full", world, { ours: true, samples: (round) => exact(10 + round) }),
    scripted("control", world, { ours: true, samples: (round) => exact(round) }),
  ];
  const differences = [
    { id: "net", label: "net", ours: true, minuend: "full", subtrahend: "control" },
  ];
  const { rows } = await measure(world, { sides, differences });
  expect(rows[2]).toMatchObject({
    side: "net",
    values: { elapsed: { median: 10, min: 10, max: 10 } },
  });
});

const goals: readonly Goal[] = [
  { text: "at most 3 s", measure: "elapsed", side: "ours", atMost: 3 },
  { text: "3 x faster", measure: "elapsed", side: "ours", timesBetterThan: "peer", atLeast: 3 },
  { text: "2 x faster", measure: "elapsed", side: "ours", timesBetterThan: "gone", atLeast: 2 },
];

test("[BH7] goals are judged on medians: met, missed, or not judged without the row", async () => {
  const world = newWorld();
  const sides = [
    scripted("ours", world, { ours: true, samples: () => exact(2) }),
    scripted("peer", world, { samples: () => exact(4) }),
  ];
  const result = await measure(world, { sides, goals });
  expect(result.goals.map(({ value, met }) => [value, met])).toEqual([
    [2, true],
    [2, false],
    [null, null],
  ]);
});

test("[BH4] a smoke run measures one round per side, without warm-up", async () => {
  const world = newWorld();
  const sides = [scripted("ours", world, { ours: true, samples: () => exact(2) })];
  await measure(world, { sides }, true);
  expect(world.log).toEqual(["ours"]);
});
