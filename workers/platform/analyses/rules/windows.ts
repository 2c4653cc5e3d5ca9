/** Pass 2 reads: the surroundings of the best candidates, decoded, judged and numbered [AN16]. */
import type { LogSource } from "../model.ts";
import type { Candidate } from "./candidates.ts";
import { classify, NOTHING, type Verdict } from "./classify.ts";
import { normalise, RAW_LINE_BYTES_MAX } from "./normalise.ts";
import { walkLines } from "./scan/lines.ts";
import type { Prefilter } from "./scan/prefilter.ts";
import { templateOf } from "./template.ts";

/** Bytes read before and after a candidate, some 40 and 120 lines. */
const BEFORE_BYTES = 8 * 1024;
const AFTER_BYTES = 24 * 1024;
/** Windows read per log. */
export const WINDOWS_MAX = 64;
/** Bytes held of all windows together [AN21]. */
export const WINDOW_BYTES_MAX = 4 * 1024 * 1024;

/** A line of a window. */
export interface WindowLine {
  readonly n: number;
  readonly offset: number;
  readonly text: string;
  readonly red: boolean;
  readonly cut: boolean;
  /** A service's own line about a step: never part of a cause. */
  readonly marker: boolean;
  readonly verdict: Verdict;
  readonly template: number;
}

/** Lines in a row, without a gap. */
export interface Window {
  readonly lines: readonly WindowLine[];
}

/** A known place in the log: a line and where it begins. */
export interface Anchor {
  readonly n: number;
  readonly offset: number;
}

interface Span {
  from: number;
  to: number;
  readonly anchor: Anchor;
}

/** Reads the windows around `anchors`, best first; overlapping ones are one. Ascending and disjoint. */
export async function readWindows(
  source: LogSource,
  prefilter: Prefilter,
  anchors: readonly Anchor[],
  labels: boolean,
): Promise<readonly Window[]> {
  const windows: Window[] = [];
  for (const span of spansOf(source.size, anchors)) {
    const bytes = await source.read(span.from, span.to - span.from);
    windows.push({ lines: await linesOf(bytes, span, { size: source.size, prefilter, labels }) });
  }
  return windows;
}

/** Orders candidates by what pass 1 knew of them. */
export const bestFirst = (candidates: readonly Candidate[]): readonly Candidate[] =>
  candidates.toSorted((a, b) => b.early - a.early || b.n - a.n);

function spansOf(size: number, anchors: readonly Anchor[]): readonly Span[] {
  const chosen: Span[] = [];
  let held = 0;
  for (const anchor of anchors) {
    const from = Math.max(0, anchor.offset - BEFORE_BYTES);
    const to = Math.min(size, anchor.offset + AFTER_BYTES);
    if (
      chosen.some((span) => span.from <= anchor.offset && anchor.offset + BEFORE_BYTES <= span.to)
    )
      continue;
    if (chosen.length >= WINDOWS_MAX || held + to - from > WINDOW_BYTES_MAX) break;
    held += to - from;
    chosen.push({ from, to, anchor });
  }
  const merged: Span[] = [];
  for (const span of chosen.toSorted((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last && span.from <= last.to) last.to = Math.max(last.to, span.to);
    else merged.push(span);
  }
  return merged;
}

/** The whole lines of a span. Its first bytes may be the end of a line, its last ones a beginning: both are left out. */
async function linesOf(
  bytes: Uint8Array,
  span: Span,
  log: { size: number; prefilter: Prefilter; labels: boolean },
): Promise<readonly WindowLine[]> {
  const { size, prefilter, labels } = log;
  const skipped = span.from === 0 ? 0 : bytes.indexOf(10) + 1;
  const lastBreak = bytes.lastIndexOf(10);
  const tail = bytes.length - lastBreak - 1;
  const whole = span.to === size || tail >= RAW_LINE_BYTES_MAX ? bytes.length : lastBreak + 1;
  const body = bytes.subarray(skipped, Math.max(skipped, whole));
  const lines: WindowLine[] = [];
  await walkLines(
    {
      size: body.length,
      read: (offset, length) => Promise.resolve(body.subarray(offset, offset + length)),
    },
    prefilter,
    (line) => {
      const { text, red, cut } = normalise(line.decode());
      const marker = line.hits.markers.some((index) => prefilter.markers[index]?.re.test(text));
      const verdict = marker ? NOTHING : classify(text, line.hits.families, prefilter.families);
      const template = verdict.family ? templateOf(text) : 0;
      lines.push({
        n: line.n,
        offset: span.from + skipped + line.offset,
        text,
        red,
        cut,
        marker,
        verdict,
        template,
      });
      return true;
    },
    { every: true, labels },
  );
  const at = lines.findIndex((line) => line.offset === span.anchor.offset);
  const shift = span.anchor.n - (lines[at]?.n ?? span.anchor.n);
  return at < 0 ? [] : lines.map((line) => ({ ...line, n: line.n + shift }));
}
