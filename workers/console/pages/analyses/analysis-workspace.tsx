/** The two halves of an analysis: what was found on the left, the log on the right. */
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useLogSearch } from "../../log/search.ts";
import { Toolbar } from "../../log/toolbar.tsx";
import { Viewer } from "../../log/viewer.tsx";
import { readLog } from "../../queries/analyses.ts";
import { InlineError } from "../../ui/failure.tsx";
import { useBindings } from "../../ui/keys.tsx";
import type { Result } from "../../wire.ts";
import { Findings } from "./finding-list.tsx";
import type { LogView } from "./log-view.ts";
import { useFirstHit, useLogView } from "./log-view.ts";

export function AnalysisWorkspace({ id, result }: { id: string; result: Result }) {
  const view = useLogView(id, result);
  return (
    <div className="flex min-h-0 flex-1 flex-col lg:flex-row">
      <Findings
        result={result}
        active={view.active}
        openBlock={view.openBlock}
        goToLine={view.goToLine}
      />
      <Log id={id} result={result} view={view} />
    </div>
  );
}

function Log({ id, result, view }: { id: string; result: Result; view: LogView }) {
  const found = useLogSearch(id, view.query);
  const [prompt, setPrompt] = useState<string | null>(null);
  const [focusSearch, setFocusSearch] = useState(0);
  const load = useCallback(
    (from: number, lines: number, signal: AbortSignal) => readLog(id, from, lines, signal),
    [id],
  );
  const failedLines = useMemo(() => result.failed_tests.map((test) => test.log_line), [result]);
  useFirstHit(found.hits, view.query, view.jump);
  const section = useBelow(view.target);
  useBindings([
    { keys: "n", label: "Next block", run: () => view.stepBlock(1) },
    { keys: "p", label: "Previous block", run: () => view.stepBlock(-1) },
    { keys: "g", label: "Go to a line", run: (digit) => setPrompt(digit ?? "") },
    { keys: "/", label: "Search the log", run: () => setFocusSearch((times) => times + 1) },
    { keys: "w", label: "Wrap long lines", run: view.toggleWrap },
  ]);
  return (
    <section
      ref={section}
      aria-label="Log"
      className="flex h-[75vh] min-h-0 min-w-0 flex-none flex-col lg:h-auto lg:flex-1"
    >
      <Toolbar
        totalLines={result.lines}
        view={view}
        found={found}
        prompt={prompt}
        setPrompt={setPrompt}
        focusSearch={focusSearch}
      />
      <InlineError error={found.error} />
      <Viewer
        load={load}
        totalLines={result.lines}
        blocks={result.blocks}
        hits={found.hits}
        failedLines={failedLines}
        view={view}
      />
    </section>
  );
}

/** On a narrow screen the log stands below the findings: choosing one brings the log into view. */
function useBelow(target: LogView["target"]) {
  const section = useRef<HTMLElement>(null);
  const first = useRef(target);
  useEffect(() => {
    const narrow = window.matchMedia("(width < 1100px)").matches;
    if (narrow && target !== first.current) section.current?.scrollIntoView({ block: "start" });
  }, [target]);
  return section;
}
