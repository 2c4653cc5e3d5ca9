/** The audit chain: records by filter, sealed heads, and the check of a stretch. */
import { queryOptions } from "@tanstack/react-query";
import { api } from "../api.ts";
import type { AuditEntry, AuditHead, AuditVerification, Page } from "../wire.ts";
import type { AuditSearch } from "../search.ts";
import { LIST_LIMIT } from "./runs.ts";

export const auditKey = ["audit"] as const;

type Filters = { readonly [F in Exclude<keyof AuditSearch, "entry">]?: string | undefined };

/** The filters of the URL; its days are instants to the API: from the first one's start to the last one's end, UTC. */
export const auditQuery = ({ action, resource, from, to, cursor }: Filters) =>
  queryOptions({
    queryKey: [...auditKey, "list", { action, resource, from, to, cursor }],
    queryFn: ({ signal }) =>
      api.call<Page<AuditEntry>>("GET", "/audit", {
        query: {
          action,
          resource,
          from: from === undefined ? undefined : startOfDay(from, 0),
          to: to === undefined ? undefined : startOfDay(to, 1),
          cursor,
          limit: LIST_LIMIT,
        },
        signal,
      }),
  });

const DAY_MS = 86_400_000;

const startOfDay = (day: string, later: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + later * DAY_MS).toISOString();

export const headsQuery = queryOptions({
  queryKey: [...auditKey, "heads"],
  queryFn: ({ signal }) => api.call<Page<AuditHead>>("GET", "/audit/heads", { signal }),
});

/** A check reads and computes: it is asked for by a button, never by a loader. */
export const verifyAudit = (range: { readonly from: number; readonly to: number }) =>
  api.call<AuditVerification>("GET", "/audit/verify", {
    query: { from_seq: range.from, to_seq: range.to },
  });
