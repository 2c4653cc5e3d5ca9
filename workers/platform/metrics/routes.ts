/** GET /admin/metrics: what Prometheus collects, for the operator of the installation. */
import { createRoute } from "@hono/zod-openapi";
import { problems } from "../http/answers.ts";
import { needs } from "../http/authorize.ts";
import { createApp } from "../http/plumbing.ts";
import { declared } from "../http/problem.ts";
import { noStore } from "../http/security.ts";
import { prometheusText } from "./rules.ts";
import { snapshotOf } from "./service.ts";

const metrics = createRoute({
  method: "get",
  path: "/admin/metrics",
  tags: ["installation"],
  summary: "Read the metrics of the installation",
  description: "In the text format of Prometheus.",
  middleware: [noStore(), needs("install.admin", "metrics")] as const,
  responses: {
    200: { description: "Metrics", content: { "text/plain": { schema: { type: "string" } } } },
    ...problems(),
  },
});

export const metricsRoutes = createApp().openapi(metrics, async (c) => {
  const snapshot = await snapshotOf({ env: c.env, sql: c.var.sql, now: c.var.now });
  return declared(
    c.body(prometheusText(snapshot), 200, {
      "content-type": "text/plain; version=0.0.4; charset=utf-8",
    }),
  );
});
