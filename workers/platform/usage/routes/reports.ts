/** Routes that tell what was used: limits as they stand, sums, priced lines to export. */
import { createRoute, z } from "@hono/zod-openapi";
import { jsonAnswer, named, problems } from "../../http/answers.ts";
import { auditOf } from "../../http/audit.ts";
import { memberOf, needs, orgOf } from "../../http/authorize.ts";
import { createApp } from "../../http/plumbing.ts";
import { declared, refused } from "../../http/problem.ts";
import { Limits, UsageExport, UsageReport } from "../model.ts";
import { csvOf } from "../rules.ts";
import { exportUsage, limitsOf, periodOf, REPORT_DAYS_MAX, reportOf } from "../service/reports.ts";

const tags = ["usage"];
/** Postgres has no year 0. */
const isYear = (text: string): boolean => text >= "0001";

const limits = createRoute({
  method: "get",
  path: "/usage/limits",
  tags,
  summary: "Read the limits of the organization and where they stand",
  description:
    "requests_per_minute is counted per API key: a key sees its own use, a signed-in user none. Users have 600 requests a minute.",
  middleware: [needs("usage.read", "usage/limits")] as const,
  responses: { 200: jsonAnswer("The limits", named("Limits", Limits)), ...problems() },
});

const report = createRoute({
  method: "get",
  path: "/usage",
  tags,
  summary: "Sum up what was used",
  description:
    "From the beginning of an hour to the end of one, at most 400 days; this month unless told. Totals are at most a minute old.",
  middleware: [needs("usage.read", "usage")] as const,
  request: {
    query: z.strictObject({
      from: z.iso.datetime().refine(isYear, "has no such year").optional(),
      to: z.iso.datetime().refine(isYear, "has no such year").optional(),
      group: UsageReport.shape.group.default("meter"),
    }),
  },
  responses: { 200: jsonAnswer("The sums", named("UsageReport", UsageReport)), ...problems() },
});

const exported = createRoute({
  method: "get",
  path: "/usage/export",
  tags,
  summary: "Export the priced lines of a month",
  description:
    "One line per thing, meter and price. A month that is over does not change any more (`closed`). Each export is recorded.",
  middleware: [needs("usage.read", "usage/export")] as const,
  request: {
    query: z.strictObject({
      month: z
        .string()
        .regex(/^\d{4}-(?:0[1-9]|1[0-2])$/)
        .refine(isYear, "has no such year"),
      format: z.enum(["csv", "json"]).default("json"),
    }),
  },
  responses: {
    200: {
      description: "The lines",
      content: {
        "application/json": { schema: named("UsageExport", UsageExport) },
        "text/csv": { schema: z.string() },
      },
    },
    ...problems(),
  },
});

export const usageRoutes = createApp()
  .openapi(limits, async (c) => {
    const known = await limitsOf({ env: c.env, sql: c.var.sql, now: c.var.now }, memberOf(c));
    return known.ok ? c.json(known.value, 200) : refused(c, known.refusal);
  })
  .openapi(report, async (c) => {
    const { from, to, group } = c.req.valid("query");
    const period = periodOf({ from, to }, c.var.now());
    if (period === undefined) {
      const error = {
        location: "query.to",
        message: "does not lie behind from, or more than 400 days",
        fix: `Ask for at most ${REPORT_DAYS_MAX} days.`,
      };
      return refused(c, { code: "validation_failed", errors: [error] });
    }
    const summed = await reportOf(c.var.sql, orgOf(c), { period, group });
    return summed.ok ? c.json(summed.value, 200) : refused(c, summed.refusal);
  })
  .openapi(exported, async (c) => {
    const { month, format } = c.req.valid("query");
    const lines = await exportUsage(c.var.sql, auditOf(c), month);
    if (!lines.ok) return refused(c, lines.refusal);
    if (format === "json") return c.json(lines.value, 200);
    return declared(
      c.body(csvOf(lines.value), 200, {
        "content-type": "text/csv; charset=utf-8",
        "content-disposition": `attachment; filename="usage-${month}.csv"`,
      }),
    );
  });
