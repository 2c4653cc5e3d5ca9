/** Where the hits of a search stand in a line, and what `#L120-L140` means. */
import type { Run } from "./ansi.ts";

export interface MarkedRun extends Run {
  readonly hit: boolean;
}

/** Cuts runs at the hits of a plain, case-insensitive search. A hit may span runs of different colours. */
export function mark(runs: readonly Run[], wanted: string): readonly MarkedRun[] {
  if (wanted === "") return runs.map((run) => ({ ...run, hit: false }));
  const hits = hitsOf(runs.map((run) => run.text).join(""), wanted);
  const marked: MarkedRun[] = [];
  let at = 0;
  for (const run of runs) {
    marked.push(...cut(run, at, hits));
    at += run.text.length;
  }
  return marked;
}

type Range = readonly [from: number, to: number];

function hitsOf(text: string, wanted: string): readonly Range[] {
  // Lower case may change the length of a text (U+0130); offsets would then be wrong, so such lines stay unmarked.
  const folded = text.toLowerCase();
  if (folded.length !== text.length) return [];
  const needle = wanted.toLowerCase();
  const hits: Range[] = [];
  for (
    let at = folded.indexOf(needle);
    at !== -1;
    at = folded.indexOf(needle, at + needle.length)
  ) {
    hits.push([at, at + needle.length]);
  }
  return hits;
}

function cut(run: Run, start: number, hits: readonly Range[]): MarkedRun[] {
  const end = start + run.text.length;
  const pieces: MarkedRun[] = [];
  let at = start;
  const piece = (to: number, hit: boolean) => {
    if (to > at)
      pieces.push({ text: run.text.slice(at - start, to - start), classes: run.classes, hit });
    at = Math.max(at, to);
  };
  for (const [from, to] of hits) {
    if (to <= at || from >= end) continue;
    piece(Math.max(at, from), false);
    piece(Math.min(end, to), true);
  }
  piece(end, false);
  return pieces;
}

/** Lines named by a URL fragment, 1-based and inclusive. */
export interface LineRange {
  readonly from: number;
  readonly to: number;
}

/** `L120` or `L120-L140`, with or without `#`; null for anything else. */
export function rangeFrom(hash: string): LineRange | null {
  const match = /^#?L([1-9]\d{0,8})(?:-L([1-9]\d{0,8}))?$/.exec(hash);
  if (match === null) return null;
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  return { from: Math.min(first, last), to: Math.max(first, last) };
}

/** The fragment of a range, without `#`. */
export const hashOf = (range: LineRange): string =>
  range.from === range.to ? `L${range.from}` : `L${range.from}-L${range.to}`;
