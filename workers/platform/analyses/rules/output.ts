/** What of the ranked blocks is shown: few lines, the middle of long blocks folded, secrets out [AN20, RD1]. */
import type { Block, Captures, ShownLine } from "../model.ts";
import type { Ranked } from "./blocks.ts";
import type { Rank } from "./rank.ts";
import type { Redactor } from "./redact.ts";

/** Blocks shown per log. */
export const BLOCKS_SHOWN_MAX = 8;
/** Lines shown of one block; its middle is folded. */
export const BLOCK_LINES_MAX = 40;
const CAPTURE_CHARS_MAX = 500;

/** The blocks of a result, best first: at most `linesMax` lines together. */
export function shownBlocks(
  ranked: readonly Ranked[],
  how: { linesMax: number; unit: string; rank: Rank },
  redactor: Redactor,
): Block[] {
  const blocks: Block[] = [];
  const [top] = ranked;
  let left = how.linesMax;
  for (const block of ranked) {
    if (blocks.length >= BLOCKS_SHOWN_MAX || left <= 0 || !top) break;
    const keep =
      block.family === null
        ? how.rank.keepTail
        : block.code === top.code
          ? how.rank.keepSameCode
          : how.rank.keep;
    if (block !== top && block.score < keep * top.score) continue;
    const shown = shownBlock(
      block,
      blocks.length + 1,
      { linesMax: Math.min(left, BLOCK_LINES_MAX), unit: how.unit },
      redactor,
    );
    left -= shown.lines.length;
    blocks.push(shown);
  }
  return blocks;
}

function shownBlock(
  block: Ranked,
  rank: number,
  how: { linesMax: number; unit: string },
  redactor: Redactor,
): Block {
  const [first, last] = [block.lines[0] ?? block.best, block.lines.at(-1) ?? block.best];
  const { kept, omitted } = folded(block, how.linesMax);
  return {
    rank,
    unit: how.unit,
    start_line: first.n,
    end_line: last.n,
    start_byte: first.offset,
    end_byte: last.offset + new TextEncoder().encode(last.text).length,
    omitted,
    lines: kept.map((line): ShownLine => {
      const text = redactor.line(line.text, line.n);
      return line.cut ? { n: line.n, text, cut: true } : { n: line.n, text };
    }),
    score: Math.round(block.score * 1000) / 1000,
    code: block.code,
    family: block.family?.id ?? "tail",
    captures: capturesOf(block, redactor),
    evidence: [...block.evidence],
  };
}

/** Lines above the best one that stay when a block is cut from above. */
const LEAD_LINES = 3;

/** Cuts a long block: its head (two thirds) and its end, or, when its best line stands far below, the part around that. */
function folded(
  block: Ranked,
  linesMax: number,
): { kept: Ranked["lines"]; omitted: [number, number][] } {
  const { lines } = block;
  const best = lines.indexOf(block.best);
  const spare = Math.max(0, lines.length - linesMax);
  const start = best < linesMax - 1 ? 0 : Math.max(0, Math.min(best - LEAD_LINES, spare));
  const head = start > 0 ? linesMax : Math.max(best + 1, Math.ceil((linesMax * 2) / 3));
  const keeps = (at: number): boolean =>
    spare === 0 || (at >= start && at < start + head) || at >= lines.length - (linesMax - head);
  const omitted: [number, number][] = [];
  for (const [at, line] of lines.entries()) {
    if (keeps(at)) continue;
    const last = omitted.at(-1);
    if (last && last[1] === line.n - 1) last[1] = line.n;
    else omitted.push([line.n, line.n]);
  }
  return { kept: lines.filter((_, at) => keeps(at)), omitted };
}

/** `message2` and the like are alternatives of one pattern: their number is dropped. */
function capturesOf(block: Ranked, redactor: Redactor): Captures {
  const captures: Captures = {};
  for (const [name, value] of Object.entries(block.best.verdict.match?.groups ?? {})) {
    if (value === undefined || value === "") continue;
    captures[name.replace(/\d+$/, "")] ??= redactor.line(
      value.slice(0, CAPTURE_CHARS_MAX).trim(),
      block.best.n,
    );
  }
  return captures;
}
