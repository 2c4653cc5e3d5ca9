/** An analyzer that reads every byte once and finds nothing: the control run of `analysis` puts it in analyze.ts's place. */
import type { Analyzed, AnalyzeOptions, LogSource } from "../workers/platform/analyses/model.ts";

export const ENGINE_VERSION = "control";

/** Bytes asked for at once, as the analyzer does. */
const BLOCK_BYTES = 65_536;

/** The size of the source as it was read; every other field is empty. */
export async function analyze(source: LogSource, _options: AnalyzeOptions): Promise<Analyzed> {
  let bytes = 0;
  while (bytes < source.size) bytes += (await source.read(bytes, BLOCK_BYTES)).byteLength;
  return {
    result: {
      engine_version: ENGINE_VERSION,
      units: 1,
      lines: 0,
      bytes,
      category: "unknown",
      confidence: { value: 0, band: "low" },
      blocks: [],
      failed_tests: [],
      counts: [],
      diagnostics: [],
      baseline: "none",
      next_steps: [],
      retry_hint: "maybe",
      flaky: false,
      redactions: 0,
    },
    lineIndex: [0],
  };
}
