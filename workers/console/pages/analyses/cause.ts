/** What a list says about an analysis in one line. */
import { headline } from "../../log/ansi.ts";
import type { AnalysisSummary } from "../../wire.ts";

/** The first line of the cause, else why there is none, else where the log comes from. */
export function causeOf(analysis: AnalysisSummary): string {
  if (analysis.title !== null) return headline(analysis.title);
  if (analysis.error !== null) return headline(analysis.error.message);
  const from = [analysis.repository, analysis.job].filter((part) => part !== null);
  return from.join(" / ") || analysis.source;
}
