/** What every side of `engine-fanout` reports about a round, and the tally that finds lost and doubled tasks. */
import { z } from "zod";
import type { Sample } from "../model.ts";

/** Counts are of distinct tasks. `stored` is how many the side's own store calls finished; `elapsedMs` runs until then. */
export const FanoutOutcome = z.strictObject({
  emitted: z.int(),
  succeeded: z.int(),
  lost: z.int(),
  doubled: z.int(),
  stored: z.int(),
  elapsedMs: z.number(),
});
export type FanoutOutcome = z.infer<typeof FanoutOutcome>;

/** What the process of a peer is opened with. `tuned` false means: the settings that the peer ships with. */
export const PeerConfig = z.strictObject({ tasks: z.int(), url: z.string(), tuned: z.boolean() });
export type PeerConfig = z.infer<typeof PeerConfig>;

/** Counts the effects of one round: each task must have run exactly once. */
export class Tally {
  readonly #seen: Uint16Array;
  #ran = 0;

  constructor(tasks: number) {
    this.#seen = new Uint16Array(tasks);
  }

  /** Notes one execution; a task of another round or number counts as a bug of the bench. */
  ran(payload: unknown): void {
    const n = numberOf(payload);
    const before = this.#seen[n];
    if (before === undefined) throw new Error(`Task ${n} is not of this round.`);
    this.#seen[n] = before + 1;
    if (before === 0) this.#ran += 1;
  }

  /** Every task has run at least once. */
  get complete(): boolean {
    return this.#ran === this.#seen.length;
  }

  /** The round's outcome once the side's store has told how many tasks it finished. */
  outcome(stored: number, elapsedMs: number): FanoutOutcome {
    const doubled = this.#seen.reduce((sum, count) => sum + (count > 1 ? 1 : 0), 0);
    const emitted = this.#seen.length;
    return { emitted, succeeded: this.#ran, lost: emitted - this.#ran, doubled, stored, elapsedMs };
  }
}

function numberOf(payload: unknown): number {
  if (
    typeof payload === "object" &&
    payload !== null &&
    "n" in payload &&
    typeof payload.n === "number"
  )
    return payload.n;
  throw new Error("A task's payload is { n }.");
}

/** Polls until `done` holds; the interval is the error that a side's time may carry. Throws after `limitMs`. */
export async function until(
  done: () => boolean | Promise<boolean>,
  limitMs = 120_000,
): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await done())) {
    if (performance.now() > end)
      throw new Error(`The round did not finish within ${limitMs / 1_000} s.`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** A round counts only when each task ran once and the store knows all as done [BH4]. */
export function sampleOf(outcome: FanoutOutcome, cpuSeconds: number | null, tasks: number): Sample {
  const { elapsedMs, ...proof } = outcome;
  const exact =
    proof.emitted === tasks &&
    proof.succeeded === tasks &&
    proof.stored === tasks &&
    proof.lost === 0 &&
    proof.doubled === 0;
  const wrong = exact ? null : `inexact: ${JSON.stringify(proof)}`;
  return { values: { elapsed: elapsedMs / 1_000 }, cpuSeconds, proof, wrong };
}
