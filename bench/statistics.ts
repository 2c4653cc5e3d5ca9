/** How samples become the numbers that are printed: medians, ranges, ratios, and the order of rounds. */

/** Fewest measured rounds of a side [BH2]. */
export const ROUNDS_MIN = 5;
/** Measured rounds of a side whose warm-up took less than one second [BH2]. */
export const ROUNDS_SHORT = 30;
/** A warm-up below this counts as short, in seconds. */
export const SHORT_ROUND_S = 1;

export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Median and range of at least one sample; the median of an even count is the mean of the two in the middle. */
export function summarize(samples: readonly number[]): Summary {
  const sorted = samples.toSorted((a, b) => a - b);
  const [min] = sorted;
  const max = sorted.at(-1);
  if (min === undefined || max === undefined)
    throw new Error("A summary needs at least one sample.");
  return { median: quantile(sorted, 0.5), min, max };
}

/**
 * The value below which a share of the sorted samples lies, linear between neighbours.
 *
 * @param sorted ascending, at least one
 * @param share  0 to 1
 */
export function quantile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)];
  const above = sorted[Math.ceil(place)];
  if (below === undefined || above === undefined)
    throw new Error("A quantile needs at least one sample.");
  return below + (above - below) * (place - Math.floor(place));
}

/** How many measured rounds a side gets after a warm-up of this length [BH2]. */
export const roundsAfter = (warmupSeconds: number): number =>
  warmupSeconds < SHORT_ROUND_S ? ROUNDS_SHORT : ROUNDS_MIN;

/**
 * The order in which sides are measured: one list of side indexes per lap. Every side appears exactly as often as it has
 * rounds, spread evenly over the laps, and who goes first rotates, so that drift of the machine hits all alike [BH2].
 *
 * @param rounds rounds per side, each at least 1
 */
export function laps(rounds: readonly number[]): readonly (readonly number[])[] {
  const total = Math.max(...rounds);
  return Array.from({ length: total }, (_, lap) => {
    const due = rounds.flatMap((count, side) => (isDue(lap, count, total) ? [side] : []));
    const first = due.length === 0 ? 0 : lap % due.length;
    return [...due.slice(first), ...due.slice(0, first)];
  });
}

const isDue = (lap: number, count: number, total: number): boolean =>
  Math.floor(((lap + 1) * count) / total) > Math.floor((lap * count) / total);

/** How many times better ours is than a peer; below 1 it is a loss. Holds only inside one run [BH3]. */
export function timesBetter(ours: number, peer: number, better: "lower" | "higher"): number {
  return better === "lower" ? peer / ours : ours / peer;
}
