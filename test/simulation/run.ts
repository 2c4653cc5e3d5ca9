/** `npm run sim -- --machine dispatcher --seed N` plays one seed and prints its trace; `--seeds N` plays many and prints a summary. */
import { parseArgs } from "node:util";
import type { Fault } from "./faults.ts";
import { replay, simulate } from "./simulate.ts";

const { values } = parseArgs({
  options: {
    machine: { type: "string", default: "dispatcher" },
    seed: { type: "string" },
    seeds: { type: "string" },
  },
});

if (values.machine !== "dispatcher") {
  console.error(`There is no machine ${values.machine}. Machines: dispatcher.`);
  process.exit(1);
}
if (values.seed !== undefined && !/^\d{1,19}$/.test(values.seed)) {
  console.error("--seed takes a whole number of at most 19 digits.");
  process.exit(1);
}
process.exit(
  values.seed === undefined ? many(Number(values.seeds ?? 2_000)) : one(BigInt(values.seed)),
);

function one(seed: bigint): number {
  const played = simulate(seed, { keepTrace: true });
  for (const line of played.trace) console.log(line);
  console.log(
    `seed ${String(seed)}: ${String(played.turns)} turns, ${String(played.tasks)} tasks, trace ${played.hash}`,
  );
  console.log(
    `faults met: ${[...played.met].map(([fault, times]) => `${fault} ${String(times)}`).join(", ")}`,
  );
  for (const violation of played.violations) console.log(`BROKEN ${violation}`);
  return played.violations.length === 0 ? 0 : 1;
}

function many(count: number): number {
  const met = new Map<Fault, number>();
  const totals = { turns: 0, tasks: 0, broken: 0 };
  const started = performance.now();
  for (let seed = 0n; seed < BigInt(count); seed += 1n) {
    const played = simulate(seed);
    totals.turns += played.turns;
    totals.tasks += played.tasks;
    for (const [fault, times] of played.met) met.set(fault, (met.get(fault) ?? 0) + times);
    if (played.violations.length === 0) continue;
    totals.broken += 1;
    if (totals.broken <= 5) console.log(`BROKEN ${played.violations[0] ?? ""}\n  ${replay(seed)}`);
  }
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  console.log(
    `${String(count)} seeds in ${seconds} s: ${String(totals.turns)} turns, ${String(totals.tasks)} tasks, ${String(totals.broken)} broken`,
  );
  console.log(
    `faults met: ${[...met].map(([fault, times]) => `${fault} ${String(times)}`).join(", ")}`,
  );
  return totals.broken === 0 ? 0 : 1;
}
