/** What stands in place of the explanation while it is on its way, or when there is none. */
import { paths } from "../../paths.ts";
import { open } from "../../queries/analyses.ts";
import { useMe } from "../../queries/me.ts";
import { ButtonLink } from "../../ui/button.tsx";
import { Icon } from "../../ui/icons.tsx";
import { Bar } from "../../ui/skeleton.tsx";
import { bytes } from "../../ui/format.ts";
import type { Analysis } from "../../wire.ts";

export function AnalysisWaiting({ analysis }: { analysis: Analysis }) {
  const org = useMe().org.slug;
  if (open(analysis.status)) {
    return (
      <div className="mx-auto w-full max-w-lg px-4 py-10">
        <p role="status" className="mb-5 flex items-center gap-2 text-lg">
          <Icon name="spinner" />
          Reading {bytes(analysis.logs_size_bytes)} of log. The cause appears here by itself.
        </p>
        <Bar className="mb-2 h-16 w-full" />
        <Bar className="mb-2 h-16 w-full" />
        <Bar className="h-16 w-full" />
      </div>
    );
  }
  return (
    <div className="mx-auto w-full max-w-lg px-4 py-10">
      <p className="flex items-center gap-2 text-lg font-semibold text-fail">
        <Icon name="alert" />
        The log could not be analysed
      </p>
      <p className="mt-1">{analysis.error?.message ?? "The analysis ended without a result."}</p>
      <p className="mt-1 font-mono text-xs text-faint">{analysis.error?.code ?? "no_result"}</p>
      <div className="mt-4 flex gap-2">
        {analysis.run_id === null ? null : (
          <ButtonLink {...paths.run(org, analysis.run_id)} icon="runs">
            See which task failed
          </ButtonLink>
        )}
        <ButtonLink {...paths.analysisNew(org)} icon="upload">
          Send another log
        </ButtonLink>
      </div>
    </div>
  );
}
