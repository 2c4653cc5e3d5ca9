/** The two halves of an analysis: what was found on the left, the log on the right; one selection for both, in the URL. */
import { getRouteApi, useLocation, useNavigate } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useState } from "react";
import type { LineRange } from "../../log/marks.ts";
import { hashOf, rangeFrom } from "../../log/marks.ts";
import { useLogSearch } from "../../log/search.ts";
import { Toolbar } from "../../log/toolbar.tsx";
import { Viewer } from "../../log/viewer.tsx";
import { paths } from "../../paths.ts";
import { readLog } from "../../queries/analyses.ts";
import { useMe } from "../../queries/me.ts";
import type { AnalysisSearch } from "../../search.ts";
import { InlineError } from "../../ui/failure.tsx";
import { useBindings } from "../../ui/keys.tsx";
import type { Result } from "../../wire.ts";
import { Findings } from "./finding-list.tsx";

const route = getRouteApi("/o/$org/analyses/$analysis");

export function AnalysisWorkspace({ id, result }: { id: string; result: Result }) {
  const place = usePlace(id);
  const { search, range } = place;
  const query = search.q ?? "";
  const found = useLogSearch(id, query);
  const active = search.block ?? (range === null ? (result.blocks[0]?.rank ?? null) : null);
  const [target, setTarget] = useState(() => startLine(result, range, active));
  const [prompt, setPrompt] = useState<string | null>(null);
  const [focusSearch, setFocusSearch] = useState(0);
  const load = useCallback(
    (from: number, lines: number, signal: AbortSignal) => readLog(id, from, lines, signal),
    [id],
  );
  const jump = (line: number) => setTarget({ line });

  const openBlock = (rank: number) => {
    const block = result.blocks.find((candidate) => candidate.rank === rank);
    if (block === undefined) return;
    place.go({ ...search, block: rank }, null);
    jump(block.start_line);
  };
  const stepBlock = (by: 1 | -1) => {
    const at = result.blocks.findIndex((block) => block.rank === active);
    const next =
      result.blocks[(at + by + result.blocks.length) % Math.max(1, result.blocks.length)];
    if (next !== undefined) openBlock(next.rank);
  };
  const goToLine = (line: number) => {
    place.go(search, { from: line, to: line });
    jump(line);
  };
  const toggleWrap = () => place.go({ ...search, wrap: search.wrap !== true }, range);
  const stepHit = (by: 1 | -1) => {
    const line = found.step(by);
    if (line !== null) jump(line);
  };
  useBindings([
    { keys: "n", label: "Next block", run: () => stepBlock(1) },
    { keys: "p", label: "Previous block", run: () => stepBlock(-1) },
    { keys: "g", label: "Go to a line", run: (digit) => setPrompt(digit ?? "") },
    { keys: "/", label: "Search the log", run: () => setFocusSearch((times) => times + 1) },
    { keys: "w", label: "Wrap long lines", run: toggleWrap },
  ]);
  const firstHit = found.hits[0];
  useEffect(() => {
    if (firstHit !== undefined) setTarget({ line: firstHit });
  }, [firstHit, query]);
  const failedLines = useMemo(() => result.failed_tests.map((test) => test.log_line), [result]);
  const { go } = place;
  const select = useCallback((next: LineRange) => go(search, next), [go, search]);
  return (
    <div className="flex min-h-0 flex-1 flex-col lg:flex-row">
      <Findings result={result} active={active} openBlock={openBlock} goToLine={goToLine} />
      <section
        aria-label="Log"
        className="flex h-[75vh] min-h-0 min-w-0 flex-none flex-col lg:h-auto lg:flex-1"
      >
        <Toolbar
          totalLines={result.lines}
          query={query}
          hits={found.hits}
          hitIndex={found.index}
          searching={found.searching}
          more={found.more}
          wrap={search.wrap === true}
          prompt={prompt}
          focusSearch={focusSearch}
          stepHit={stepHit}
          toggleWrap={toggleWrap}
          search={(q) => place.go({ ...search, q }, range)}
          openPrompt={() => setPrompt("")}
          goTo={(line) => {
            setPrompt(null);
            if (line !== null) goToLine(line);
          }}
        />
        {found.error === null ? null : <InlineError error={found.error} />}
        <Viewer
          load={load}
          totalLines={result.lines}
          blocks={result.blocks}
          activeRank={active}
          range={range}
          query={query}
          hits={found.hits}
          failedLines={failedLines}
          wrap={search.wrap === true}
          target={target}
          select={select}
        />
      </section>
    </div>
  );
}

/** What the URL says, and the way to say something else without a new page in the history for every line. */
function usePlace(id: string) {
  const org = useMe().org.slug;
  const { dialog: _, ...search } = route.useSearch();
  const navigate = useNavigate();
  const hash = useLocation({ select: (location) => location.hash });
  const range = useMemo(() => rangeFrom(hash), [hash]);
  const go = useCallback(
    (next: AnalysisSearch, lines: LineRange | null) => {
      const clean = Object.fromEntries(
        Object.entries(next).filter(([, value]) => value !== "" && value !== false),
      );
      void navigate({
        ...paths.analysis(org, id, clean),
        hash: lines === null ? "" : hashOf(lines),
        replace: true,
        resetScroll: false,
      });
    },
    [navigate, org, id],
  );
  return { search, range, go };
}

function startLine(
  result: Result,
  range: LineRange | null,
  active: number | null,
): { readonly line: number } | null {
  if (range !== null) return { line: range.from };
  const block = result.blocks.find((candidate) => candidate.rank === active);
  return block === undefined ? null : { line: block.start_line };
}
