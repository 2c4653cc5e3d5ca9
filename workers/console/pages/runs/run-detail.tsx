/** One run: its tasks with attempts, states and errors, and what can be done about them. */
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { whyNotCancelRun } from "../../can.ts";
import { paths } from "../../paths.ts";
import { useAction } from "../../queries/action.ts";
import { useMe } from "../../queries/me.ts";
import { usePrefetched } from "../../queries/prefetched.ts";
import { cancelRun, runQuery, runsKey } from "../../queries/runs.ts";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import { plural } from "../../ui/format.ts";
import { Page, Section } from "../../ui/page.tsx";
import { State, Tag } from "../../ui/state.tsx";
import { Time } from "../../ui/time.tsx";
import { toastOk } from "../../ui/toast.tsx";
import type { Run } from "../../wire.ts";
import { money } from "../usage/meters.ts";
import { took } from "./run-took.ts";
import { TaskDrawer } from "./task-detail.tsx";
import { TaskTable } from "./task-list.tsx";

const route = getRouteApi("/o/$org/runs/$run");

export function RunDetail() {
  const me = useMe();
  const org = me.org.slug;
  const { run: id } = route.useParams();
  const search = route.useSearch();
  const navigate = useNavigate();
  const run = usePrefetched(runQuery(id)).data;
  const back = () => void navigate(paths.run(org, id));
  const task = run.items_tasks.find((candidate) => candidate.id === search.task);
  return (
    <Page
      title={run.dag_id}
      beside={<State state={run.status} />}
      facts={
        <>
          <span>
            started <Time at={run.created_at} />
          </span>
          <span>{run.ended_at === null ? "still running" : `took ${took(run)}`}</span>
          {run.cost_usd === null ? null : <span>cost {money(run.cost_usd)}</span>}
          {run.mode === "backfill" ? <Tag tone="run">backfill</Tag> : null}
          <Link {...paths.run(org, id)} className="font-mono text-sm text-faint">
            {run.id}
          </Link>
        </>
      }
      actions={
        <>
          {run.subject?.kind === "analysis" ? (
            <ButtonLink {...paths.analysis(org, run.subject.id)} icon="analyses">
              Open the analysis
            </ButtonLink>
          ) : null}
          <Button
            icon="stop"
            disabledReason={whyNotCancelRun(me.grants, run)}
            onClick={() => void navigate(paths.run(org, id, { dialog: "cancel" }))}
          >
            Cancel run
          </Button>
        </>
      }
    >
      <Section title="Tasks">
        <TaskTable org={org} run={run} grants={me.grants} current={search.task} />
      </Section>
      <TaskDrawer task={task} close={back} />
      <CancelRun run={run} open={search.dialog === "cancel"} close={back} />
    </Page>
  );
}

function CancelRun({ run, open, close }: { run: Run; open: boolean; close: () => void }) {
  const cancel = useAction({
    run: cancelRun,
    changes: [runsKey],
    quiet: true,
    done: () => {
      toastOk("The run is being canceled.");
      close();
    },
  });
  return (
    <Confirm
      title="Cancel this run?"
      open={open}
      close={close}
      action="Cancel the run"
      run={() => cancel.mutate(run.id)}
      pending={cancel.isPending}
      error={cancel.error}
      consequences={[
        `${plural(run.tasks.open, "open task")} will not run; what runs now is asked to stop.`,
        "What has succeeded stays. A canceled run is not started again.",
      ]}
    />
  );
}
