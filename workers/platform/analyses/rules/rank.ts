/** How lines and blocks are scored: one table of numbers, fitted on the development halves of public sets [AN18]. */
import type { Evidence } from "../model.ts";
import type { Verdict } from "./classify.ts";
import type { Outcome } from "./sections.ts";

/** All numbers of the ranking. `s = (W + several) * R * P * S * B * C`; B (baselines) is 1 so far. */
export interface Rank {
  readonly several: number;
  /** R = 1 / (1 + repeat * min(repeatMax, n - 1)). */
  readonly repeat: number;
  readonly repeatMax: number;
  /** P = place + (1 - place) * (line / stop) ^ placePower; afterStop behind the stop. */
  readonly place: number;
  readonly placePower: number;
  readonly afterStop: number;
  readonly section: Readonly<Record<Outcome, number>>;
  readonly red: number;
  /** A block sums its best `depth` lines, each next one times `decay`. */
  readonly depth: number;
  readonly decay: number;
  readonly parsed: number;
  readonly firstCompile: number;
  /** A block with the first failed test a parser read. */
  readonly firstTest: number;
  /** P of a line a parser proved is at least this. */
  readonly parsedPlace: number;
  /** W of a line that only stands close before the stop. */
  readonly tailWeight: number;
  /** Lines before the stop that count as its tail. */
  readonly tailLines: number;
  /** Extra for lines right before a failing exit: near * (1 - distance / nearLines). */
  readonly near: number;
  readonly nearLines: number;
  /** Lines of at least this weight go on growing a block. */
  readonly growWeight: number;
  readonly growUp: number;
  readonly growDown: number;
  /** Lines a block without any known failure reaches up and down. */
  readonly tailUp: number;
  /** A further block is shown when its score is at least this share of the best. */
  readonly keep: number;
  readonly keepSameCode: number;
  /** The same for a block that holds no known failure. */
  readonly keepTail: number;
}

/** The table in use. */
export const RANK: Rank = {
  several: 0.3,
  repeat: 0.03,
  repeatMax: 10,
  place: 0.65,
  placePower: 4,
  afterStop: 0.1,
  section: { failed: 1.5, unknown: 1, passed: 0.3, teardown: 0.2 },
  red: 1.05,
  depth: 4,
  decay: 0.7,
  parsed: 1.5,
  firstCompile: 1.25,
  firstTest: 1.25,
  parsedPlace: 0.9,
  tailWeight: 2.4,
  tailLines: 60,
  near: 0.5,
  nearLines: 60,
  growWeight: 2.5,
  growUp: 3,
  growDown: 120,
  tailUp: 6,
  keep: 0.6,
  keepSameCode: 0.6,
  keepTail: 0.9,
};

/** What scoring needs to know of a line. */
export interface Standing {
  readonly weight: number;
  readonly several: boolean;
  /** How often the template occurs in the log, this line included. */
  readonly count: number;
  readonly n: number;
  readonly stopLine: number;
  readonly stopped: boolean;
  readonly outcome: Outcome;
  readonly red: boolean;
  readonly parsed: boolean;
}

/** The factors of a line's score. */
export interface Factors {
  readonly weight: number;
  readonly repeat: number;
  readonly place: number;
  readonly section: number;
  readonly red: number;
}

/** Score before the stop and the steps are known; orders the heap of candidates. */
export function early(
  verdict: Verdict,
  seen: { red: boolean; before: number; place: number },
): number {
  const repeat = 1 / (1 + RANK.repeat * Math.min(RANK.repeatMax, seen.before));
  const place = RANK.place + (1 - RANK.place) * seen.place ** RANK.placePower;
  return (
    (verdict.weight + (verdict.several ? RANK.several : 0)) *
    repeat *
    place *
    (seen.red ? RANK.red : 1)
  );
}

/** The factors of AN18 for one line. */
export function factorsOf(line: Standing, rank: Rank): Factors {
  const stop = Math.max(1, line.stopLine);
  const distance = stop - line.n;
  const near =
    line.stopped && distance >= 0 ? rank.near * Math.max(0, 1 - distance / rank.nearLines) : 0;
  const before = rank.place + (1 - rank.place) * (line.n / stop) ** rank.placePower;
  return {
    weight: line.weight + (line.several ? rank.several : 0),
    repeat: 1 / (1 + rank.repeat * Math.min(rank.repeatMax, Math.max(0, line.count - 1))),
    place:
      distance < 0
        ? rank.afterStop
        : Math.max(before, line.parsed ? rank.parsedPlace : 0) * (1 + near),
    section: rank.section[line.outcome],
    red: line.red ? rank.red : 1,
  };
}

/** The product of the factors. */
export const scoreOf = (factors: Factors): number =>
  factors.weight * factors.repeat * factors.place * factors.section * factors.red;

/** A block's score: its best lines, each next one counting less. */
export function blockScore(scores: readonly number[], rank: Rank): number {
  const best = scores.toSorted((a, b) => b - a).slice(0, rank.depth);
  return best.reduce((sum, score, at) => sum + score * rank.decay ** at, 0);
}

/** The reasons, as the result names them. */
export function evidenceOf(factors: Factors, parsed: boolean, rank: Rank): Evidence[] {
  const rounded = (value: number): number => Math.round(value * 1000) / 1000;
  const evidence = Object.entries(factors).map(([signal, value]) => ({
    signal,
    value: rounded(Number(value)),
  }));
  return parsed ? [...evidence, { signal: "parser", value: rank.parsed }] : evidence;
}
