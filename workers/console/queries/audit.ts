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

/** Calls that the check of a whole chain makes at most: 10 million records. */
const CALLS_MAX = 100;

/**
 * A check reads and computes: it is asked for by a button, never by a loader. The API checks a stretch at a time and says
 * where to go on; the answer is the sum.
 *
 * @param range numbers of the first and last record; `to` null: to the end of the chain
 */
export async function verifyAudit(range: {
  readonly from: number;
  readonly to: number | null;
}): Promise<AuditVerification> {
  let next: number | null = range.from;
  let sum = { checked: 0, erased: 0 };
  for (let call = 0; next !== null && call < CALLS_MAX; call += 1) {
    const part: AuditVerification = await api.call("GET", "/audit/verify", {
      query: { from_seq: next, to_seq: range.to ?? undefined },
    });
    sum = { checked: sum.checked + part.checked, erased: sum.erased + part.erased };
    if (!part.ok) return { ...part, ...sum };
    next = range.to !== null && (part.next_seq ?? Infinity) > range.to ? null : part.next_seq;
  }
  return { ok: next === null, first_bad: null, next_seq: next, ...sum };
}

/** The chain as lines of JSON, for a copy that lies elsewhere. */
export const copyAudit = () => api.file("/audit/export", {});
