/** Analyses, newest first; the filters stand in the URL [CN12]. */
import { getRouteApi, Link } from "@tanstack/react-router";
import { paths } from "../../paths.ts";
import { analysesQuery } from "../../queries/analyses.ts";
import { useMe } from "../../queries/me.ts";
import { usePrefetched } from "../../queries/prefetched.ts";
import { Pages } from "../../table/pages.tsx";
import { Table } from "../../table/table.tsx";
import type { Column } from "../../table/table.tsx";
import { ButtonLink } from "../../ui/button.tsx";
import { uploadCommand } from "../../ui/commands.ts";
import { Command } from "../../ui/copy.tsx";
import { bytes } from "../../ui/format.ts";
import { Empty, Page } from "../../ui/page.tsx";
import { State, Tag } from "../../ui/state.tsx";
import { Time } from "../../ui/time.tsx";
import type { AnalysisSummary } from "../../wire.ts";
import { Filters } from "./analysis-filter.tsx";
import { causeOf } from "./cause.ts";

const route = getRouteApi("/o/$org/analyses");

export function AnalysisList() {
  const org = useMe().org.slug;
  const search = route.useSearch();
  const { items, next_cursor: next } = usePrefetched(analysesQuery(search)).data;
  const filtered = Object.keys(search).length > 0;
  if (items.length === 0 && !filtered) {
    return (
      <Page title="Analyses">
        <NoAnalyses org={org} />
      </Page>
    );
  }
  return (
    <Page
      title="Analyses"
      actions={
        <ButtonLink {...paths.analysisNew(org)} variant="primary" icon="upload">
          New analysis
        </ButtonLink>
      }
    >
      <Filters org={org} search={search} />
      {items.length === 0 ? (
        <NoMatch org={org} />
      ) : (
        <>
          <Table
            label="Analyses"
            columns={columns(org)}
            rows={items}
            rowKey={(analysis) => analysis.id}
          />
          <Pages
            first={
              search.cursor === undefined ? null : paths.analyses(org, { ...search, cursor: "" })
            }
            older={next === null ? null : paths.analyses(org, { ...search, cursor: next })}
          />
        </>
      )}
    </Page>
  );
}

const columns = (org: string): readonly Column<AnalysisSummary>[] => [
  {
    name: "Cause",
    cell: (analysis) =>
      analysis.category === null ? (
        <State state={analysis.status} />
      ) : (
        <Tag tone={analysis.category === "unknown" ? "idle" : "fail"}>{analysis.category}</Tag>
      ),
  },
  {
    name: "Log",
    grow: true,
    cell: (analysis) => (
      <>
        <Link {...paths.analysis(org, analysis.id)} className="font-medium hover:underline">
          {analysis.name}
        </Link>{" "}
        <span className="font-mono text-sm text-soft">{causeOf(analysis)}</span>
      </>
    ),
  },
  {
    name: "From",
    wide: true,
    cell: (analysis) => (
      <span className="text-soft">
        {[analysis.repository, analysis.job].filter((part) => part !== null).join(" / ") ||
          analysis.source}
      </span>
    ),
  },
  {
    name: "Confidence",
    wide: true,
    cell: (analysis) =>
      analysis.confidence === null ? null : (
        <span className="text-soft">{analysis.confidence.band}</span>
      ),
  },
  {
    name: "Size",
    wide: true,
    right: true,
    cell: (analysis) => <span className="text-soft">{bytes(analysis.logs_size_bytes)}</span>,
  },
  { name: "Sent", right: true, cell: (analysis) => <Time at={analysis.created_at} /> },
];

function NoMatch({ org }: { org: string }) {
  return (
    <Empty
      title="No analysis matches"
      action={<ButtonLink {...paths.analyses(org)}>Show all analyses</ButtonLink>}
    >
      <p>Other analyses may exist; these filters leave none.</p>
    </Empty>
  );
}

function NoAnalyses({ org }: { org: string }) {
  return (
    <Empty
      title="No analyses yet"
      action={
        <ButtonLink {...paths.analysisNew(org)} variant="primary" icon="upload">
          Analyse a log
        </ButtonLink>
      }
    >
      <p>
        Send the log of a failed CI job: the lines that broke it, the failed tests and what to do
        next appear here.
      </p>
      <Command text={uploadCommand(location.origin)} label="Command that uploads a log" />
    </Empty>
  );
}
