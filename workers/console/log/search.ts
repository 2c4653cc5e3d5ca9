/** Search over the whole log on the server: the line numbers of the hits, read by pages of at most 1,000. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { searchLog } from "../queries/analyses.ts";

/** Hits asked for at once; beyond, the count shows a plus. */
const HITS_MAX = 5_000;

export interface Search {
  readonly hits: readonly number[];
  readonly index: number;
  readonly searching: boolean;
  readonly more: boolean;
  readonly error: Error | null;
  /** Selects the next or previous hit, around the ends; null when there is none. */
  step(by: 1 | -1): number | null;
}

export function useLogSearch(analysis: string, query: string): Search {
  const answer = useQuery({
    queryKey: ["log-search", analysis, query],
    queryFn: ({ signal }) => allHits(analysis, query, signal),
    enabled: query !== "",
    staleTime: Number.POSITIVE_INFINITY,
  });
  const [index, setIndex] = useState(0);
  useEffect(() => setIndex(0), [query]);
  const hits = answer.data?.hits ?? [];
  return {
    hits,
    index: Math.min(index, Math.max(0, hits.length - 1)),
    searching: answer.isFetching,
    more: answer.data?.more ?? false,
    error: answer.error,
    step: (by) => {
      if (hits.length === 0) return null;
      const next = (index + by + hits.length) % hits.length;
      setIndex(next);
      return hits[next] ?? null;
    },
  };
}

async function allHits(analysis: string, query: string, signal: AbortSignal) {
  const hits: number[] = [];
  let from: number | null = 1;
  while (from !== null && hits.length < HITS_MAX) {
    const page: Awaited<ReturnType<typeof searchLog>> = await searchLog(
      analysis,
      query,
      from,
      signal,
    );
    hits.push(...page.lines);
    from = page.next_from_line;
  }
  return { hits, more: from !== null };
}
