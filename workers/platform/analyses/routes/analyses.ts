/** Routes of analyses: list, read, page through the log, search it, run again, delete; and the overview. */
import { createRoute, z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { getObject } from "../../adapters/artifacts.ts";
import { jsonAnswer, problems } from "../../http/answers.ts";
import { needs, orgOf } from "../../http/authorize.ts";
import { idempotent } from "../../http/idempotency.ts";
import { pageOf, pageQuery, positionOf } from "../../http/pagination.ts";
import { createApp, type AppContext, type AppEnv } from "../../http/plumbing.ts";
import { declared, refused, type Declared } from "../../http/problem.ts";
import { noStore, smallBody } from "../../http/security.ts";
import { type Analysis, AnalysisStatus, LOG_PAGE_LINES_MAX, LogHits, LogPage } from "../model.ts";
import { rdjsonOf } from "../rules/formats/rdjson.ts";
import { sarifOf } from "../rules/formats/sarif.ts";
import { textOf } from "../rules/formats/text.ts";
import type { AnalysisPorts } from "../service/intake.ts";
import { pageOfLog, searchLog } from "../service/logs.ts";
import { remove, rerun } from "../service/upkeep.ts";
import { readLogRow } from "../store/rows.ts";
import { listAnalyses, readAnalysis } from "../store/summaries.ts";
import { AnalysisAnswer, SummaryAnswer } from "./answers.ts";

const tags = ["analyses"];
const params = z.object({ id: z.uuid() });
const SINGLE = { single: true } as const;
const may = (action: string): [MiddlewareHandler<AppEnv>, MiddlewareHandler<AppEnv>] => [
  noStore(),
  needs(action, "analyses/{id}"),
];
const LINE = z.coerce.number().int().min(1).max(2_147_483_647);

const list = createRoute({
  method: "get",
  path: "/analyses",
  tags,
  summary: "List analyses, newest first",
  middleware: [noStore(), needs("analyses.read", "analyses")] as const,
  request: {
    query: z.strictObject({
      ...pageQuery,
      status: AnalysisStatus.optional(),
      category: z
        .string()
        .max(60)
        .optional()
        .openapi({ description: "A code such as test.assertion, or its group" }),
      repository: z.string().max(200).optional(),
    }),
  },
  responses: {
    200: jsonAnswer(
      "Analyses",
      z.strictObject({ items: z.array(SummaryAnswer), next_cursor: z.string().nullable() }),
    ),
    ...problems("cursor_invalid"),
  },
});

const read = createRoute({
  method: "get",
  path: "/analyses/{id}",
  tags,
  summary: "Read an analysis with its result",
  middleware: may("analyses.read"),
  request: {
    params,
    query: z.strictObject({ format: z.enum(["json", "sarif", "rdjson", "text"]).default("json") }),
  },
  responses: {
    200: {
      description: "The analysis; in the other formats its result",
      content: {
        "application/json": { schema: AnalysisAnswer },
        "application/sarif+json": { schema: { type: "object" } },
        "application/vnd.reviewdog.rdjson+json": { schema: { type: "object" } },
        "text/plain": { schema: { type: "string" } },
      },
    },
    ...problems("analysis_running"),
  },
});

const readLog = createRoute({
  method: "get",
  path: "/analyses/{id}/log",
  tags,
  summary: "Read lines of the log, redacted",
  middleware: may("analyses.read"),
  request: {
    params,
    query: z.strictObject({
      from_line: LINE.default(1),
      lines: z.coerce.number().int().min(1).max(LOG_PAGE_LINES_MAX).default(1_000),
    }),
  },
  responses: {
    200: jsonAnswer("Lines; `cut` marks one longer than 4,096 characters", LogPage),
    ...problems("analysis_running", "log_expired"),
  },
});

const search = createRoute({
  method: "get",
  path: "/analyses/{id}/log/search",
  tags,
  summary: "Find lines that contain a text",
  middleware: may("analyses.read"),
  request: {
    params,
    query: z.strictObject({ q: z.string().min(1).max(200), from_line: LINE.default(1) }),
  },
  responses: {
    200: jsonAnswer("Line numbers, and where to go on", LogHits),
    ...problems("analysis_running", "log_expired"),
  },
});

const raw = createRoute({
  method: "get",
  path: "/analyses/{id}/raw",
  tags,
  summary: "Download the log as it was uploaded",
  description: "Not redacted.",
  middleware: may("analyses.read_raw"),
  request: { params },
  responses: {
    200: {
      description: "The log",
      content: { "text/plain": { schema: { type: "string", format: "binary" } } },
    },
    ...problems("log_expired"),
  },
});

const again = createRoute({
  method: "post",
  path: "/analyses/{id}/rerun",
  tags,
  summary: "Analyse the stored log once more",
  middleware: [
    noStore(),
    needs("analyses.write", "analyses/{id}", { metered: true }),
    smallBody(),
    idempotent("POST /analyses/{id}/rerun"),
  ] as const,
  request: { params },
  responses: {
    202: jsonAnswer("The analysis is at work again", SummaryAnswer),
    ...problems(
      "analysis_running",
      "spend_cap_reached",
      "log_expired",
      "backlog_full",
      "idempotency_in_flight",
      "idempotency_mismatch",
    ),
  },
});

const drop = createRoute({
  method: "delete",
  path: "/analyses/{id}",
  tags,
  summary: "Delete an analysis and its log",
  middleware: may("analyses.write"),
  request: { params },
  responses: { 204: { description: "Deleted" }, ...problems() },
});

export const analysisRoutes = createApp()
  .openapi(list, async (c) => {
    const { limit, cursor, status, category, repository } = c.req.valid("query");
    const org = orgOf(c);
    const identity = [org, "analyses", status, category, repository];
    const after = await positionOf(c.env, identity, cursor);
    if (!after.ok) return refused(c, after.refusal);
    const filter = { status, category, repository, after: after.value, limit: limit + 1 };
    const rows = await c.var.sql.transaction(
      { org },
      (tx) => listAnalyses(tx, org, filter),
      SINGLE,
    );
    return c.json(await pageOf(c.env, identity, rows, limit), 200);
  })
  .openapi(read, async (c) => {
    const { id } = c.req.valid("param");
    const org = orgOf(c);
    const analysis = await c.var.sql.transaction(
      { org },
      (tx) => readAnalysis(tx, org, id),
      SINGLE,
    );
    if (analysis === undefined) return refused(c, { code: "not_found" });
    const { format } = c.req.valid("query");
    return format === "json" ? declared(c.json(analysis, 200)) : inFormat(c, analysis, format);
  })
  .openapi(readLog, async (c) => {
    const { from_line, lines } = c.req.valid("query");
    const row = await logRowOf(c, c.req.valid("param").id);
    if (row === undefined) return refused(c, { code: "not_found" });
    const page = await pageOfLog(c.env, row, from_line, lines);
    return page.ok ? c.json(page.value, 200) : refused(c, page.refusal);
  })
  .openapi(search, async (c) => {
    const { q, from_line } = c.req.valid("query");
    const row = await logRowOf(c, c.req.valid("param").id);
    if (row === undefined) return refused(c, { code: "not_found" });
    const hits = await searchLog(c.env, row, q, from_line);
    return hits.ok ? c.json(hits.value, 200) : refused(c, hits.refusal);
  })
  .openapi(raw, async (c) => {
    const row = await logRowOf(c, c.req.valid("param").id);
    if (row === undefined) return refused(c, { code: "not_found" });
    const object = row.logKey === null ? null : await getObject(c.env.LOGS, row.logKey);
    if (object === null) return refused(c, { code: "log_expired" });
    return declared(
      c.body(object.body, 200, {
        "content-type": "text/plain; charset=utf-8",
        "content-length": String(row.bytes),
        "content-disposition": `attachment; filename="${row.id}.log"`,
      }),
    );
  })
  .openapi(again, async (c) => {
    const { id } = c.req.valid("param");
    const started = await rerun(portsOf(c), {
      id,
      orgId: orgOf(c),
      dedup: `rerun-${c.var.subjectId}`,
      requestId: c.var.requestId,
      traceparent: c.var.traceparent,
    });
    if (!started.ok) return refused(c, started.refusal);
    const { result: _result, ...summary } = started.value;
    c.header("location", `/api/v1/analyses/${id}`);
    return c.json(summary, 202);
  })
  .openapi(drop, async (c) => {
    const removed = await remove(portsOf(c), orgOf(c), c.req.valid("param").id);
    return removed.ok ? c.body(null, 204) : refused(c, removed.refusal);
  });

const portsOf = (c: AppContext): AnalysisPorts => ({
  env: c.env,
  sql: c.var.sql,
  now: c.var.now,
  log: c.var.log,
});

const logRowOf = (c: AppContext, id: string) =>
  c.var.sql.transaction({ org: orgOf(c) }, (tx) => readLogRow(tx, id));

/** A result for other tools; there is none before the analysis is completed. */
function inFormat(
  c: AppContext,
  analysis: Analysis,
  format: "sarif" | "rdjson" | "text",
): Declared {
  const { result, name } = analysis;
  if (result === null)
    return refused(c, { code: "analysis_running", detail: `The status is ${analysis.status}.` });
  switch (format) {
    case "sarif":
      return declared(
        c.body(sarifOf([{ file: name, result }]), 200, {
          "content-type": "application/sarif+json",
        }),
      );
    case "rdjson":
      return declared(
        c.body(rdjsonOf([{ file: name, result }]), 200, {
          "content-type": "application/vnd.reviewdog.rdjson+json",
        }),
      );
    case "text":
      return declared(c.text(textOf(result, { name, colour: false }), 200));
  }
}
