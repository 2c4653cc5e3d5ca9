/** The one selection that findings and log share: block, lines, search and wrap, all in the URL. */
import { getRouteApi, useLocation, useNavigate } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { LineRange } from "../../log/marks.ts";
import { hashOf, rangeFrom } from "../../log/marks.ts";
import { paths } from "../../paths.ts";
import { useMe } from "../../queries/me.ts";
import type { AnalysisSearch } from "../../search.ts";
import type { Result } from "../../wire.ts";

const route = getRouteApi("/o/$org/analyses/$analysis");

export interface LogView {
  readonly query: string;
  readonly wrap: boolean;
  readonly range: LineRange | null;
  /** Rank of the selected block; the first one until something else is chosen. */
  readonly active: number | null;
  /** The line to show; a new object shows it again. */
  readonly target: { readonly line: number } | null;
  jump(line: number): void;
  openBlock(rank: number): void;
  stepBlock(by: 1 | -1): void;
  goToLine(line: number): void;
  select(range: LineRange): void;
  search(text: string): void;
  toggleWrap(): void;
}

export function useLogView(id: string, result: Result): LogView {
  const { search, range, own, go } = usePlace(id);
  const { blocks } = result;
  const active = search.block ?? activeRank(blocks, range);
  const [target, setTarget] = useState(() => startLine(result, range, active));
  const jump = useCallback((line: number) => setTarget({ line }), []);
  useForeignRange(range, own, jump);
  const select = useCallback((next: LineRange) => go(search, next), [go, search]);
  const openBlock = (rank: number) => {
    const block = blocks.find((candidate) => candidate.rank === rank);
    if (block === undefined) return;
    go({ ...search, block: rank }, null);
    jump(block.start_line);
  };
  return {
    query: search.q ?? "",
    wrap: search.wrap === true,
    range,
    active,
    target,
    jump,
    openBlock,
    stepBlock: (by) => {
      const at = blocks.findIndex((block) => block.rank === active);
      const next = blocks[(at + by + blocks.length) % Math.max(1, blocks.length)];
      if (next !== undefined) openBlock(next.rank);
    },
    goToLine: (line) => {
      select({ from: line, to: line });
      jump(line);
    },
    select,
    search: (q) => go({ ...search, q }, range),
    toggleWrap: () => go({ ...search, wrap: search.wrap !== true }, range),
  };
}

/** Jumps to the first hit when a search was answered. */
export function useFirstHit(
  hits: readonly number[],
  query: string,
  jump: (line: number) => void,
): void {
  const first = hits[0];
  useEffect(() => {
    if (first !== undefined) jump(first);
  }, [first, query, jump]);
}

/** Back, forward and a link typed into the address bar show their lines; a selection made in the log is there already. */
function useForeignRange(
  range: LineRange | null,
  own: { readonly current: string },
  jump: (line: number) => void,
): void {
  useEffect(() => {
    if (range !== null && hashOf(range) !== own.current) jump(range.from);
  }, [range, own, jump]);
}

/** What the URL says, and the way to say something else without an entry in the history for every line. */
function usePlace(id: string) {
  const org = useMe().org.slug;
  const { dialog: _, ...rest } = route.useSearch();
  const { block, q, wrap } = rest;
  // The router gives a new object for each render; callers compare by identity.
  const search = useMemo<AnalysisSearch>(() => given({ block, q, wrap }), [block, q, wrap]);
  const navigate = useNavigate();
  const hash = useLocation({ select: (location) => location.hash });
  const range = useMemo(() => rangeFrom(hash), [hash]);
  /** The fragment this page wrote itself. */
  const own = useRef(hash);
  const go = useCallback(
    (next: AnalysisSearch, lines: LineRange | null) => {
      own.current = lines === null ? "" : hashOf(lines);
      void navigate({
        ...paths.analysis(org, id, given(next)),
        hash: own.current,
        replace: true,
        resetScroll: false,
      });
    },
    [navigate, org, id],
  );
  return { search, range, own, go };
}

/** A search without what is empty: the URL says only what differs from the start. */
const given = (search: {
  [K in keyof AnalysisSearch]: AnalysisSearch[K] | undefined;
}): AnalysisSearch =>
  Object.fromEntries(
    Object.entries(search).filter(
      ([, value]) => value !== undefined && value !== "" && value !== false,
    ),
  );

/** The block that holds the selected lines; without a selection the first. */
function activeRank(blocks: Result["blocks"], range: LineRange | null): number | null {
  const block =
    range === null
      ? blocks[0]
      : blocks.find(({ start_line: from, end_line: to }) => range.from >= from && range.from <= to);
  return block?.rank ?? null;
}

function startLine(result: Result, range: LineRange | null, active: number | null) {
  if (range !== null) return { line: range.from };
  const block = result.blocks.find((candidate) => candidate.rank === active);
  return block === undefined ? null : { line: block.start_line };
}
