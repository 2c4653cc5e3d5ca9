/** Runs: everything one source event caused, newest first. */
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Select } from "../../forms/field.tsx";
import { paths } from "../../paths.ts";
import { useMe } from "../../queries/me.ts";
import { usePrefetched } from "../../queries/prefetched.ts";
import { runsQuery } from "../../queries/runs.ts";
import { Pages } from "../../table/pages.tsx";
import { Table } from "../../table/table.tsx";
import type { Column } from "../../table/table.tsx";
import { ButtonLink } from "../../ui/button.tsx";
import { Command } from "../../ui/copy.tsx";
import { Empty, Page } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { Time } from "../../ui/time.tsx";
import type { Run } from "../../wire.ts";
import { uploadCommand } from "../../ui/commands.ts";
import { took } from "./run-took.ts";

const route = getRouteApi("/o/$org/runs");

const STATUSES = ["running", "succeeded", "failed", "canceled"];

export function RunList() {
  const org = useMe().org.slug;
  const search = route.useSearch();
  const navigate = useNavigate();
  const runs = usePrefetched(runsQuery(search));
  const { items, next_cursor: next } = runs.data;
  return (
    <Page
      title="Runs"
      actions={
        <Select
          label="Status"
          value={search.status ?? ""}
          options={[
            { value: "", label: "Any" },
            ...STATUSES.map((status) => ({ value: status, label: status })),
          ]}
          change={(status) => void navigate(paths.runs(org, status === "" ? {} : { status }))}
        />
      }
    >
      {items.length === 0 ? (
        <NoRuns org={org} filtered={Object.keys(search).length > 0} />
      ) : (
        <>
          <Table label="Runs" columns={columns(org)} rows={items} rowKey={(run) => run.id} />
          <Pages
            first={search.cursor === undefined ? null : paths.runs(org, { ...search, cursor: "" })}
            older={next === null ? null : paths.runs(org, { ...search, cursor: next })}
          />
        </>
      )}
    </Page>
  );
}

const columns = (org: string): readonly Column<Run>[] => [
  { name: "Status", cell: (run) => <State state={run.status} /> },
  {
    name: "Run",
    grow: true,
    cell: (run) => (
      <Link {...paths.run(org, run.id)} className="font-medium hover:underline">
        {run.dag_id}{" "}
        <span className="font-mono text-sm font-normal text-faint">{run.id.slice(-8)}</span>
      </Link>
    ),
  },
  {
    name: "Subject",
    wide: true,
    cell: (run) =>
      run.subject?.kind === "analysis" ? (
        <Link
          {...paths.analysis(org, run.subject.id)}
          className="text-soft hover:text-ink hover:underline"
        >
          analysis
        </Link>
      ) : (
        <span className="text-faint">{run.subject?.kind ?? "none"}</span>
      ),
  },
  { name: "Tasks", wide: true, right: true, cell: (run) => <Tasks run={run} /> },
  {
    name: "Took",
    wide: true,
    right: true,
    cell: (run) => <span className="text-soft">{took(run)}</span>,
  },
  { name: "Started", right: true, cell: (run) => <Time at={run.created_at} /> },
];

function Tasks({ run }: { run: Run }) {
  const { total, succeeded, failed } = run.tasks;
  return (
    <span>
      {succeeded}/{total}
      {failed > 0 ? <span className="ml-1.5 text-fail">{failed} failed</span> : null}
    </span>
  );
}

function NoRuns({ org, filtered }: { org: string; filtered: boolean }) {
  if (filtered) {
    return (
      <Empty
        title="No run matches"
        action={<ButtonLink {...paths.runs(org)}>Show all runs</ButtonLink>}
      >
        <p>Other runs exist; these filters leave none.</p>
      </Empty>
    );
  }
  return (
    <Empty
      title="No runs yet"
      action={
        <ButtonLink {...paths.analysisNew(org)} variant="primary" icon="upload">
          Analyse a log
        </ButtonLink>
      }
    >
      <p>Each log you send starts a run: its tasks, attempts and errors appear here.</p>
      <Command text={uploadCommand(location.origin)} label="Command that uploads a log" />
    </Empty>
  );
}
