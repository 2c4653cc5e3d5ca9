/** Explains a failed CI log: one pass over all of it, a second over what looks like the cause. */
import {
  type AnalyzeOptions,
  type Analyzed,
  type FailedTest,
  LINES_SHOWN_MAX,
  type LogSource,
  type Result,
} from "../model.ts";
import { adviceOf, confidenceOf } from "./advice.ts";
import { type Ranked, rankBlocks } from "./blocks.ts";
import { FAMILIES } from "./families/all.ts";
import { shownBlocks } from "./output.ts";
import type { Found } from "./parsers/collect.ts";
import { PARSERS } from "./parsers/registry.ts";
import { RANK, type Rank } from "./rank.ts";
import { Redactor } from "./redact.ts";
import { type Seen, seeLines } from "./scan/pass.ts";
import { type Prefilter, prefilterOf } from "./scan/prefilter.ts";
import { MARKERS, sectionAt } from "./sections.ts";
import { type Anchor, bestFirst, readWindows, type Window } from "./windows.ts";

/** Rises when a result may differ for equal bytes and options [AN22]. */
export const ENGINE_VERSION = "analyses-1";

/** What tests and benches may vary; the product takes the defaults. */
export interface Tuning {
  readonly rank?: Rank;
  readonly blockBytes?: number;
  /** Gets the sizes of what was held in memory [AN21]. */
  readonly onCounters?: (counters: Counters) => void;
}

/** Upper bounds of what one analysis held [AN21]. */
export interface Counters {
  readonly candidates: number;
  readonly windowLines: number;
  readonly indexEntries: number;
  readonly failedTests: number;
  readonly parsersOpenMax: number;
}

let made: Prefilter | null = null;
/** Made on first use: some 50 ms that a Worker's start should not pay. */
const prefilter = (): Prefilter => (made ??= prefilterOf(FAMILIES, MARKERS, PARSERS));

/**
 * Finds why a run failed. Equal bytes, options and engine version give an equal result, however the source is read.
 * Never throws for any bytes; what `source.read` throws passes through. Memory is bounded: candidates, windows and
 * an index entry per 1,000 lines, never the log.
 *
 * @returns the result, excerpts redacted, and the byte offsets of lines 1, 1001, 2001, ...
 */
export async function analyze(
  source: LogSource,
  options: AnalyzeOptions,
  tuning: Tuning = {},
): Promise<Analyzed> {
  const rank = tuning.rank ?? RANK;
  const seen = await seeLines(
    source,
    prefilter(),
    tuning.blockBytes === undefined ? {} : { blockBytes: tuning.blockBytes },
  );
  const windows = await readWindows(source, prefilter(), anchorsOf(seen), seen.labels);
  const ranked = rankBlocks(
    windows,
    { outline: seen.outline, counts: seen.counts, failures: seen.found.failures },
    rank,
  );
  tuning.onCounters?.(countersOf(seen, windows));
  return { result: resultOf(seen, ranked, { source, options, rank }), lineIndex: seen.lineIndex };
}

/** Where pass 2 looks: before the stop, then at the best candidates. */
function anchorsOf(seen: Seen): readonly Anchor[] {
  const candidates = seen.candidates.inOrder();
  const stop = seen.outline.stopLine;
  const beforeStop = candidates.findLast((candidate) => candidate.n <= stop);
  const stopStride = Math.min(seen.lineIndex.length - 1, Math.floor((stop - 1) / 1000));
  const byIndex = { n: stopStride * 1000 + 1, offset: seen.lineIndex[stopStride] ?? 0 };
  return [...(beforeStop ? [beforeStop] : [byIndex]), ...bestFirst(candidates)];
}

function resultOf(
  seen: Seen,
  ranked: readonly Ranked[],
  given: { source: LogSource; options: AnalyzeOptions; rank: Rank },
): Result {
  const { source, options, rank } = given;
  const { outline, found } = seen;
  const redactor = new Redactor();
  const how = {
    linesMax: options.linesShownMax ?? LINES_SHOWN_MAX,
    unit: options.unit ?? "log",
    rank,
  };
  const blocks = shownBlocks(ranked, how, redactor);
  const [top] = blocks;
  const category = top?.code ?? "unknown";
  const advice = adviceOf(category);
  const exitCode = options.exitCode ?? outline.exitCode;
  const section = top ? sectionAt(outline, top.start_line)?.name : undefined;
  return {
    engine_version: ENGINE_VERSION,
    units: 1,
    lines: seen.lines,
    bytes: source.size,
    ...(outline.stopped ? { stop_line: outline.stopLine } : {}),
    ...(exitCode === null ? {} : { exit_code: exitCode }),
    ...(section ? { section: redactor.line(section, 0) } : {}),
    category,
    confidence: confidenceOf(ranked),
    blocks,
    ...redactedFindings(found, redactor),
    baseline: "none",
    next_steps: advice.steps,
    retry_hint: advice.retry,
    flaky: false,
    redactions: redactor.count,
  };
}

/** Names and messages of tests and tools come from the log as well: they are redacted like excerpts [RD1]. */
function redactedFindings(
  found: Found,
  redactor: Redactor,
): Pick<Result, "failed_tests" | "counts" | "diagnostics"> {
  const clean = (text: string): string => redactor.line(text, 0);
  return {
    failed_tests: found.failed_tests.map((test): FailedTest => ({
      ...test,
      name: clean(test.name),
      ...(test.suite === undefined ? {} : { suite: clean(test.suite) }),
      ...(test.file === undefined ? {} : { file: clean(test.file) }),
      ...(test.message === undefined ? {} : { message: clean(test.message) }),
    })),
    counts: [...found.counts],
    diagnostics: found.diagnostics.map((diagnostic) => ({
      ...diagnostic,
      file: clean(diagnostic.file),
      message: clean(diagnostic.message),
    })),
  };
}

const countersOf = (seen: Seen, windows: readonly Window[]): Counters => ({
  candidates: seen.candidates.size,
  windowLines: windows.reduce((sum, window) => sum + window.lines.length, 0),
  indexEntries: seen.lineIndex.length,
  failedTests: seen.found.failed_tests.length,
  parsersOpenMax: seen.parsersOpenMax,
});
