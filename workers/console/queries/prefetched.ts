/** Reads a query that the route's loader has fetched: pages never render without their data [CN2]. */
import { useQuery } from "@tanstack/react-query";
import type { QueryKey, UseQueryOptions, UseQueryResult } from "@tanstack/react-query";
import { useMatches } from "@tanstack/react-router";

export type Prefetched<T> = Omit<UseQueryResult<T>, "data"> & { readonly data: T };

/** @throws Error naming the route and the missing loader line, when the loader forgot the query */
export function usePrefetched<T, K extends QueryKey>(
  options: UseQueryOptions<T, Error, T, K>,
): Prefetched<T> {
  const route = useMatches({ select: (matches) => matches.at(-1)?.routeId });
  const query = useQuery(options);
  if (query.data === undefined) throw forgotten(route ?? "of this page", options.queryKey);
  return { ...query, data: query.data };
}

/** What is told to whoever wrote the page. */
export const forgotten = (route: string, key: QueryKey): Error =>
  new Error(
    `Route ${route}: add ensureQueryData for the query ${JSON.stringify(key)} to its loader.`,
  );
