/** Runs and tasks: what is read, and what can be done to them. */
import { queryOptions } from "@tanstack/react-query";
import { api } from "../api.ts";
import { pathOf } from "../client.ts";
import type { RunsSearch } from "../search.ts";
import type { Page, Run, RunDetail } from "../wire.ts";

/** Open things are asked for again this often. */
export const POLL_MS = 2_000;
export const LIST_LIMIT = 50;

export const runsKey = ["runs"] as const;

export const runsQuery = (search: RunsSearch) =>
  queryOptions({
    queryKey: [...runsKey, "list", search],
    queryFn: ({ signal }) =>
      api.call<Page<Run>>("GET", "/runs", { query: { ...search, limit: LIST_LIMIT }, signal }),
    refetchInterval: (query) =>
      query.state.data?.items.some((run) => run.status === "running") === true ? POLL_MS : false,
  });

export const runQuery = (run: string) =>
  queryOptions({
    queryKey: [...runsKey, "one", run],
    queryFn: ({ signal }) => readRun(run, signal),
    refetchInterval: (query) => (query.state.data?.status === "running" ? POLL_MS : false),
  });

/** Tasks in the order they were made: the way the event went through the DAG. */
async function readRun(run: string, signal: AbortSignal): Promise<RunDetail> {
  const detail = await api.call<RunDetail>("GET", `/runs${pathOf(run)}`, { signal });
  const byAge = detail.items_tasks.toSorted((a, b) => a.created_at.localeCompare(b.created_at));
  return { ...detail, items_tasks: byAge };
}

export const retryTask = (task: string, idempotencyKey: string) =>
  api.call<unknown>("POST", `/tasks${pathOf(task)}/retry`, { idempotencyKey });

export const cancelTask = (task: string, idempotencyKey: string) =>
  api.call<unknown>("POST", `/tasks${pathOf(task)}/cancel`, { idempotencyKey });

export const cancelRun = (run: string, idempotencyKey: string) =>
  api.call<unknown>("POST", `/runs${pathOf(run)}/cancel`, { idempotencyKey });
