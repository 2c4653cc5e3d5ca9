/** One analysis: ranked blocks, failed tests and next steps beside the log they come from. */
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { whyNot } from "../../can.ts";
import { paths } from "../../paths.ts";
import {
  analysesKey,
  analysisQuery,
  deleteAnalysis,
  open,
  rerunAnalysis,
} from "../../queries/analyses.ts";
import { useAction } from "../../queries/action.ts";
import { useMe } from "../../queries/me.ts";
import { usePrefetched } from "../../queries/prefetched.ts";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import { Page } from "../../ui/page.tsx";
import { State, Tag } from "../../ui/state.tsx";
import { toastOk } from "../../ui/toast.tsx";
import type { Analysis } from "../../wire.ts";
import { Facts } from "./analysis-facts.tsx";
import { AnalysisWaiting } from "./analysis-waiting.tsx";
import { AnalysisWorkspace } from "./analysis-workspace.tsx";

const route = getRouteApi("/o/$org/analyses/$analysis");

export function AnalysisDetail() {
  const { analysis: id } = route.useParams();
  const analysis = usePrefetched(analysisQuery(id)).data;
  return (
    <Page
      title={analysis.name}
      full
      beside={<Badges analysis={analysis} />}
      facts={<Facts analysis={analysis} />}
      actions={<Actions analysis={analysis} />}
    >
      {analysis.result === null ? (
        <AnalysisWaiting analysis={analysis} />
      ) : (
        <AnalysisWorkspace key={id} id={id} result={analysis.result} />
      )}
    </Page>
  );
}

function Badges({ analysis }: { analysis: Analysis }) {
  const { category, confidence, result } = analysis;
  if (category === null) return <State state={analysis.status} />;
  return (
    <span className="flex flex-wrap items-center gap-2">
      <Tag tone={category === "unknown" ? "idle" : "fail"}>{category}</Tag>
      {confidence === null ? null : (
        <span className="text-soft">
          {confidence.band} confidence, {confidence.value}
        </span>
      )}
      {result?.flaky === true ? <Tag tone="warn">flaky</Tag> : null}
    </span>
  );
}

function Actions({ analysis }: { analysis: Analysis }) {
  const me = useMe();
  const org = me.org.slug;
  const navigate = useNavigate();
  const { dialog, ...search } = route.useSearch();
  const back = () =>
    void navigate({ ...paths.analysis(org, analysis.id, search), resetScroll: false });
  const rerun = useAction({
    run: rerunAnalysis,
    changes: [analysesKey],
    done: () => toastOk("The log is analysed again."),
  });
  const remove = useAction({
    run: deleteAnalysis,
    quiet: true,
    changes: [[...analysesKey, "list"], ["overview"]],
    done: () => {
      toastOk(`${analysis.name} was deleted.`);
      void navigate(paths.analyses(org));
    },
  });
  const running = open(analysis.status) ? "It is still being analysed." : null;
  return (
    <>
      {analysis.run_id === null ? null : (
        <ButtonLink {...paths.run(org, analysis.run_id)} variant="ghost" icon="runs">
          Run
        </ButtonLink>
      )}
      <Button
        variant="ghost"
        icon="retry"
        pending={rerun.isPending}
        disabledReason={whyNot(me.grants, "analyses.write", `analyses/${analysis.id}`) ?? running}
        onClick={() => rerun.mutate(analysis.id)}
      >
        Re-run
      </Button>
      <Button
        variant="ghost"
        icon="trash"
        disabledReason={whyNot(me.grants, "analyses.write", `analyses/${analysis.id}`) ?? running}
        onClick={() =>
          void navigate({
            ...paths.analysis(org, analysis.id, { ...search, dialog: "delete" }),
            resetScroll: false,
          })
        }
      >
        Delete
      </Button>
      <Confirm
        title="Delete this analysis?"
        open={dialog === "delete"}
        close={back}
        action="Delete"
        run={() => remove.mutate(analysis.id)}
        pending={remove.isPending}
        error={remove.error}
        typed={analysis.name}
        consequences={[
          "The log and its explanation are deleted; links to them stop working.",
          "This cannot be undone. The log can be sent again.",
        ]}
      />
    </>
  );
}
