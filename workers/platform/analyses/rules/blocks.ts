/** Pass 2 decides: scores the lines of the windows, grows blocks around the best and ranks them [AN15, AN17, AN18]. */
import type { Category, Evidence } from "../model.ts";
import type { Family } from "./families/family.ts";
import { type Extent, grow, growOn, isNoise, paragraph } from "./grow.ts";
import type { FailureRange } from "./parsers/contract.ts";
import { blockScore, evidenceOf, type Factors, factorsOf, type Rank, scoreOf } from "./rank.ts";
import { type Outline, sectionAt } from "./sections.ts";
import type { TemplateCounts } from "./template.ts";
import type { Window, WindowLine } from "./windows.ts";

/** What pass 1 found out, as far as the ranking needs it. */
export interface Known {
  readonly outline: Outline;
  readonly counts: TemplateCounts;
  /** Ascending by `from`. */
  readonly failures: readonly FailureRange[];
}

/** A ranked range of lines, before it is cut to what is shown. */
export interface Ranked {
  readonly lines: readonly WindowLine[];
  readonly best: WindowLine;
  readonly family: Family | null;
  readonly code: Category;
  readonly score: number;
  readonly parsed: boolean;
  readonly evidence: readonly Evidence[];
}

interface Scored {
  readonly line: WindowLine;
  readonly at: number;
  readonly factors: Factors;
  readonly score: number;
  readonly tail: boolean;
}

/** Blocks grown per log before ranking. */
const BLOCKS_MAX = 200;

/** Ranks the failures of one log, best first. */
export function rankBlocks(
  windows: readonly Window[],
  known: Known,
  rank: Rank,
): readonly Ranked[] {
  const blocks = windows.flatMap((window) => blocksOf(window, known, rank));
  const favoured = favourFirst(
    favourFirst(blocks, "compile.", rank.firstCompile),
    "test.",
    rank.firstTest,
  );
  return favoured.toSorted((a, b) => b.score - a.score || a.best.n - b.best.n);
}

function blocksOf(window: Window, known: Known, rank: Rank): Ranked[] {
  const parsed = parsedLines(window, known.failures);
  const scored = window.lines.map((line, at) =>
    scoredLine(line, { at, parsed: parsed[at] === 1, known, rank }),
  );
  const seeds = scored
    .filter((line) => line.score > 0)
    .toSorted((a, b) => b.score - a.score || a.at - b.at);
  const taken = new Uint8Array(window.lines.length);
  const blocks: Ranked[] = [];
  for (const seed of seeds) {
    if (taken[seed.at] === 1 || blocks.length >= BLOCKS_MAX) continue;
    const extent = extentOf(window, seed, { taken, known, rank });
    taken.fill(1, extent.from, extent.to + 1);
    blocks.push(blockOf(scored.slice(extent.from, extent.to + 1), seed, known, rank));
  }
  return blocks;
}

/** Marks the lines of a window that stand in a parser's range: one sweep instead of a search per line. */
function parsedLines(window: Window, failures: readonly FailureRange[]): Uint8Array {
  const marks = new Uint8Array(window.lines.length);
  const first = window.lines[0]?.n ?? 1;
  for (const { from, to } of failures) {
    if (to >= first) marks.fill(1, Math.max(0, from - first), Math.max(0, to - first + 1));
  }
  return marks;
}

function scoredLine(
  line: WindowLine,
  given: { at: number; parsed: boolean; known: Known; rank: Rank },
): Scored {
  const { at, parsed, known, rank } = given;
  const { outline, counts } = known;
  const distance = outline.stopLine - line.n;
  const inTail =
    distance >= 0 &&
    distance <= rank.tailLines &&
    line.text !== "" &&
    !line.marker &&
    !isNoise(line.text);
  const tail = inTail && line.verdict.weight < rank.tailWeight;
  const factors = factorsOf(
    {
      weight: tail ? rank.tailWeight : line.verdict.weight,
      several: line.verdict.several,
      count: line.verdict.family ? counts.estimate(line.template) : 1,
      n: line.n,
      stopLine: outline.stopLine,
      stopped: outline.stopped,
      outcome: sectionAt(outline, line.n)?.outcome ?? "unknown",
      red: line.red,
      parsed,
    },
    rank,
  );
  return { line, at, factors, score: scoreOf(factors), tail };
}

/** The block around a seed: its section and other blocks bound it. A parser's range, when it holds the seed, is its core. */
function extentOf(
  window: Window,
  seed: Scored,
  given: { taken: Uint8Array; known: Known; rank: Rank },
): Extent {
  const { known, rank } = given;
  const { lines } = window;
  const bounds = boundsOf(window, seed, given);
  const range = known.failures.find(
    (failure) => failure.from <= seed.line.n && seed.line.n <= failure.to,
  );
  if (!range && seed.tail) return paragraph(lines, seed.at, bounds, rank);
  if (!range) return grow(lines, seed.at, bounds, rank);
  const first = lines[0]?.n ?? 1;
  const last = Math.min(bounds.to, Math.max(seed.at, range.to - first));
  return {
    from: Math.max(bounds.from, Math.min(seed.at, range.from - first)),
    to: growOn(lines, last, bounds, rank),
  };
}

function boundsOf(
  window: Window,
  seed: Scored,
  { taken, known }: { taken: Uint8Array; known: Known },
): Extent {
  const section = sectionAt(known.outline, seed.line.n);
  const first = window.lines[0]?.n ?? 1;
  let from = Math.max(0, (section?.from ?? 1) - first);
  let to = Math.min(window.lines.length - 1, (section?.to ?? Infinity) - first);
  from = Math.max(from, taken.lastIndexOf(1, seed.at) + 1);
  const next = taken.indexOf(1, seed.at);
  if (next >= 0) to = Math.min(to, next - 1);
  return { from, to };
}

function blockOf(scored: readonly Scored[], seed: Scored, known: Known, rank: Rank): Ranked {
  const [from, to] = [scored[0]?.line.n ?? 0, scored.at(-1)?.line.n ?? 0];
  const range = known.failures.find((failure) => failure.from <= to && from <= failure.to);
  const family = seed.line.verdict.family;
  const named = scored
    .toSorted((a, b) => b.score - a.score)
    .find((line) => line.line.verdict.family && line.line.verdict.family.code !== "unknown");
  const score =
    blockScore(
      scored.map((line) => line.score),
      rank,
    ) * (range ? rank.parsed : 1);
  return {
    lines: scored.map((line) => line.line),
    best: seed.line,
    family,
    code: range?.code ?? named?.line.verdict.family?.code ?? "unknown",
    score,
    parsed: range !== undefined,
    evidence: evidenceOf(seed.factors, range !== undefined, rank),
  };
}

/** The first compile error is the cause, those below often follow from it; of failed tests a person looks at the first. */
function favourFirst(blocks: readonly Ranked[], group: string, factor: number): readonly Ranked[] {
  const of = blocks.filter(
    (block) => block.code.startsWith(group) && (block.parsed || group === "compile."),
  );
  const first = of.reduce<Ranked | null>(
    (least, block) => (least && least.best.n < block.best.n ? least : block),
    null,
  );
  return blocks.map((block) =>
    block === first ? { ...block, score: block.score * factor } : block,
  );
}
