/** Usage: limits as they stand, sums of a month, spend caps, exports. */
import { queryOptions } from "@tanstack/react-query";
import { api } from "../api.ts";
import { pathOf } from "../client.ts";
import type { Limits, Page, PutSpendCap, SpendCap, UsageReport } from "../wire.ts";

export const usageKey = ["usage"] as const;

/** Limits move with every request; they are read again this often while the page is open. */
const LIMITS_POLL_MS = 15_000;

export const limitsQuery = queryOptions({
  queryKey: [...usageKey, "limits"],
  queryFn: ({ signal }) => api.call<Limits>("GET", "/usage/limits", { signal }),
  refetchInterval: LIMITS_POLL_MS,
});

export type UsageGroup = UsageReport["group"];

/** @param month `YYYY-MM` in UTC; undefined: this month */
export const monthQuery = (month: string | undefined, group: UsageGroup) =>
  queryOptions({
    queryKey: [...usageKey, "month", month ?? thisMonth(), group],
    queryFn: ({ signal }) =>
      api.call<UsageReport>("GET", "/usage", {
        query: { ...rangeOf(month ?? thisMonth()), group },
        signal,
      }),
  });

export const thisMonth = (): string => new Date().toISOString().slice(0, 7);

/** First instants of a month and of the next one, UTC. */
export function rangeOf(month: string): { readonly from: string; readonly to: string } {
  const [year = 1970, number = 1] = month.split("-").map(Number);
  return {
    from: new Date(Date.UTC(year, number - 1, 1)).toISOString(),
    to: new Date(Date.UTC(year, number, 1)).toISOString(),
  };
}

export const capsKey = [...usageKey, "caps"] as const;

export const capsQuery = queryOptions({
  queryKey: capsKey,
  queryFn: ({ signal }) => api.call<Page<SpendCap>>("GET", "/usage/caps", { signal }),
});

export interface CapInput extends PutSpendCap {
  readonly scope: string;
  /** Undefined for the first cap of a scope. */
  readonly version: number | undefined;
}

export const putCap = ({ scope, version, ...body }: CapInput) =>
  api.call<SpendCap>("PUT", `/usage/caps${pathOf(scope)}`, { body, ifMatch: version });

export const exportUsage = (month: string, format: "csv" | "json") =>
  api.file("/usage/export", { month, format });
