/** The line of facts under the name of an analysis. */
import { bytes, duration, plural } from "../../ui/format.ts";
import { Time } from "../../ui/time.tsx";
import { money } from "../usage/meters.ts";
import type { Analysis, RetryHint } from "../../wire.ts";

const HINTS: Readonly<Record<RetryHint, string>> = {
  yes: "a retry will probably pass",
  maybe: "a retry may pass",
  no: "a retry will fail again",
};

export function Facts({ analysis }: { analysis: Analysis }) {
  const { result } = analysis;
  const from = [
    analysis.repository,
    analysis.branch,
    analysis.workflow,
    analysis.job,
    analysis.step,
  ].filter((part) => part !== null);
  const exitCode = result?.exit_code;
  return (
    <>
      {result === null ? null : (
        <span className="font-medium text-ink">{HINTS[result.retry_hint]}</span>
      )}
      {from.length === 0 ? null : <span className="min-w-0 break-words">{from.join(" / ")}</span>}
      {exitCode === undefined ? null : <span>exit code {exitCode}</span>}
      <span>
        {result === null ? null : `${plural(result.lines, "line")}, `}
        {bytes(analysis.logs_size_bytes)}
      </span>
      {result === null || analysis.processing_ms === null ? null : (
        <span>explained in {duration(analysis.processing_ms)}</span>
      )}
      {analysis.cost_usd === null ? null : <span>cost {money(analysis.cost_usd)}</span>}
      {result !== null && result.redactions > 0 ? (
        <span>{plural(result.redactions, "secret")} hidden</span>
      ) : null}
      <span>
        sent <Time at={analysis.created_at} />
      </span>
    </>
  );
}
