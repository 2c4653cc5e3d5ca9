/** Analyses: the list, one analysis, its log by pages, and the upload. */
import { queryOptions } from "@tanstack/react-query";
import { api } from "../api.ts";
import type { Query } from "../client.ts";
import { pathOf } from "../client.ts";
import type { AnalysesSearch } from "../search.ts";
import type {
  Analysis,
  AnalysisStatus,
  AnalysisSummary,
  LogHits,
  LogPage,
  Page,
  Uploaded,
} from "../wire.ts";
import { LIST_LIMIT, POLL_MS } from "./runs.ts";

export const analysesKey = ["analyses"] as const;

/** Whether an analysis still changes by itself. */
export const open = (status: AnalysisStatus): boolean =>
  status === "pending" || status === "processing";

export const analysesQuery = (search: AnalysesSearch) =>
  queryOptions({
    queryKey: [...analysesKey, "list", search],
    queryFn: ({ signal }) =>
      api.call<Page<AnalysisSummary>>("GET", "/analyses", {
        query: { ...search, limit: LIST_LIMIT },
        signal,
      }),
    refetchInterval: (query) =>
      query.state.data?.items.some((item) => open(item.status)) === true ? POLL_MS : false,
  });

export const analysisKey = (id: string) => [...analysesKey, "one", id] as const;

export const analysisQuery = (id: string) =>
  queryOptions({
    queryKey: analysisKey(id),
    queryFn: ({ signal }) => api.call<Analysis>("GET", `/analyses${pathOf(id)}`, { signal }),
    refetchInterval: (query) =>
      query.state.data !== undefined && open(query.state.data.status) ? POLL_MS : false,
  });

/** Lines of the redacted log; pages are kept by log/lines.ts, not by the query cache, which would hold them all. */
export const readLog = (id: string, fromLine: number, lines: number, signal: AbortSignal) =>
  api.call<LogPage>("GET", `/analyses${pathOf(id)}/log`, {
    query: { from_line: fromLine, lines },
    signal,
  });

export const searchLog = (id: string, q: string, fromLine: number, signal: AbortSignal) =>
  api.call<LogHits>("GET", `/analyses${pathOf(id)}/log/search`, {
    query: { q, from_line: fromLine },
    signal,
  });

export const rerunAnalysis = (id: string, idempotencyKey: string) =>
  api.call<unknown>("POST", `/analyses${pathOf(id)}/rerun`, { idempotencyKey });

export const deleteAnalysis = (id: string) =>
  api.call<undefined>("DELETE", `/analyses${pathOf(id)}`);

export interface LogUpload {
  readonly body: Blob;
  readonly query: Query;
  readonly idempotencyKey: string;
  readonly signal: AbortSignal;
  progress(sentBytes: number): void;
}

export const uploadLog = (upload: LogUpload) =>
  api.upload<Uploaded>("/analyses", { ...upload, ...encodingOf(upload.body) });

/** Browsers call a log anything from text/x-log to nothing; only archives and compressed files need their own name. */
function encodingOf(body: Blob): { contentType: string; contentEncoding: string | undefined } {
  const name = body instanceof File ? body.name.toLowerCase() : "";
  return {
    contentType: name.endsWith(".zip") ? "application/zip" : "text/plain",
    contentEncoding: name.endsWith(".gz") ? "gzip" : undefined,
  };
}
