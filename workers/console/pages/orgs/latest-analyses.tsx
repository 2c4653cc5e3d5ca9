/** A short list of analyses: category, first line of the cause, where and when. */
import { Link } from "@tanstack/react-router";
import { paths } from "../../paths.ts";
import { State, Tag } from "../../ui/state.tsx";
import { Time } from "../../ui/time.tsx";
import type { AnalysisSummary } from "../../wire.ts";
import { causeOf } from "../analyses/cause.ts";

export function LatestAnalyses({
  org,
  analyses,
}: {
  org: string;
  analyses: readonly AnalysisSummary[];
}) {
  if (analyses.length === 0) {
    return (
      <p className="rounded-lg border border-line bg-panel px-4 py-3 text-soft">
        Explained logs appear here, newest first.
      </p>
    );
  }
  return (
    <ul className="divide-y divide-line rounded-lg border border-line bg-panel">
      {analyses.map((analysis) => (
        <li key={analysis.id} className="flex min-w-0 flex-col gap-0.5 px-3 py-2 hover:bg-raised">
          <div className="flex min-w-0 items-center gap-2">
            <Link
              {...paths.analysis(org, analysis.id)}
              className="min-w-0 flex-1 truncate font-medium hover:underline"
            >
              {analysis.name}
            </Link>
            {analysis.category === null ? (
              <State state={analysis.status} />
            ) : (
              <Tag tone={analysis.category === "unknown" ? "idle" : "fail"}>
                {analysis.category}
              </Tag>
            )}
            <span className="text-soft">
              <Time at={analysis.created_at} />
            </span>
          </div>
          <p className="truncate font-mono text-sm text-soft">{causeOf(analysis)}</p>
        </li>
      ))}
    </ul>
  );
}
