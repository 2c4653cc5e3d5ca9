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
  if (query.data === undefined) {
    const key = JSON.stringify(options.queryKey);
    throw new Error(`Route ${route}: add ensureQueryData for the query ${key} to its loader.`);
  }
  return { ...query, data: query.data };
}
