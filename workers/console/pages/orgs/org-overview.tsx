/** The overview: first steps while there are some, then what happened in the last 24 hours. */
import { Link } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { permits } from "../../can.ts";
import { paths } from "../../paths.ts";
import { keysQuery } from "../../queries/keys.ts";
import { useMe } from "../../queries/me.ts";
import { overviewQuery } from "../../queries/orgs.ts";
import { usePrefetched } from "../../queries/prefetched.ts";
import { ButtonLink } from "../../ui/button.tsx";
import { count } from "../../ui/format.ts";
import { Page, Section } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { Time } from "../../ui/time.tsx";
import type { Overview } from "../../wire.ts";
import { LatestAnalyses } from "./latest-analyses.tsx";
import { Day } from "./day-figures.tsx";
import { FirstSteps } from "./first-steps.tsx";

export function OrgOverview() {
  const me = useMe();
  const org = me.org.slug;
  const overview = usePrefetched(overviewQuery).data;
  const keys = useQuery({ ...keysQuery, enabled: permits(me.grants, "keys.read", "keys") });
  const analysed = overview.latest_analyses.length > 0;
  const keyed = keys.data === undefined ? null : keys.data.length > 0;
  return (
    <Page
      title="Overview"
      actions={
        <ButtonLink {...paths.analysisNew(org)} variant="primary" icon="upload">
          Analyse a log
        </ButtonLink>
      }
    >
      {analysed && keyed === true ? null : (
        <FirstSteps
          org={org}
          analysed={analysed}
          keyed={keyed}
          mayKey={permits(me.grants, "keys.write", "keys")}
        />
      )}
      <Day overview={overview} org={org} />
      <div className="grid grid-cols-[minmax(0,1fr)] gap-x-6 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <Section title="Latest analyses" aside={<More to={paths.analyses(org)} />}>
          <LatestAnalyses org={org} analyses={overview.latest_analyses} />
        </Section>
        <div>
          <Categories org={org} categories={overview.analyses.by_category} />
          <FailedRuns org={org} runs={overview.latest_failed_runs} />
        </div>
      </div>
    </Page>
  );
}

const More = ({
  to,
}: {
  to: ReturnType<typeof paths.analyses> | ReturnType<typeof paths.runs>;
}) => (
  <Link {...to} className="rounded-sm text-accent hover:underline">
    All
  </Link>
);

function Categories({
  org,
  categories,
}: {
  org: string;
  categories: Overview["analyses"]["by_category"];
}) {
  if (categories.length === 0) return null;
  const most = Math.max(...categories.map((entry) => entry.count));
  return (
    <Section title="Causes">
      <ul className="rounded-lg border border-line bg-panel p-1.5">
        {categories.slice(0, 8).map(({ category, count: times }) => (
          <li key={category}>
            <Link
              {...paths.analyses(org, { category })}
              className="relative flex items-center justify-between gap-3 overflow-hidden rounded-sm px-2 py-1 hover:bg-raised"
            >
              <span
                aria-hidden="true"
                className="absolute inset-y-0.5 left-0 rounded-sm bg-accent-wash"
                style={{ width: `${(times / most) * 100}%` }}
              />
              <span className="relative truncate font-mono text-sm">{category}</span>
              <span className="relative">{count(times)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function FailedRuns({ org, runs }: { org: string; runs: Overview["latest_failed_runs"] }) {
  return (
    <Section title="Latest failed runs" aside={<More to={paths.runs(org, { status: "failed" })} />}>
      {runs.length === 0 ? (
        <p className="rounded-lg border border-line bg-panel px-4 py-3 text-soft">
          No run has failed.
        </p>
      ) : (
        <ul className="divide-y divide-line rounded-lg border border-line bg-panel">
          {runs.map((run) => (
            <li key={run.id} className="flex items-center gap-3 px-3 py-2">
              <State state={run.status} />
              <Link
                {...paths.run(org, run.id)}
                className="min-w-0 flex-1 truncate font-mono text-sm hover:underline"
              >
                {run.dag_id}
              </Link>
              <span className="text-soft">
                <Time at={run.created_at} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
