/** GET /overview: the last day in figures, and what came last. */
import { createRoute, z } from "@hono/zod-openapi";
import { jsonAnswer, named, problems } from "../../http/answers.ts";
import { needs, orgOf } from "../../http/authorize.ts";
import { createApp } from "../../http/plumbing.ts";
import { noStore } from "../../http/security.ts";
import { Run } from "../../tasks/model.ts";
import { runsOverview } from "../../tasks/service.ts";
import { dayFigures } from "../store/overview.ts";
import { listAnalyses } from "../store/summaries.ts";
import { SummaryAnswer } from "./answers.ts";

const DAY_MS = 86_400_000;
const LATEST = 5;
const Count = z.int().min(0);

const Overview = z.strictObject({
  analyses: z.strictObject({
    day: z.strictObject({ total: Count, completed: Count, failed: Count, pending: Count }),
    by_category: z.array(z.strictObject({ category: z.string(), count: Count })),
  }),
  runs: z.strictObject({
    day: z.strictObject({ total: Count, succeeded: Count, failed: Count, running: Count }),
  }),
  latest_analyses: z.array(SummaryAnswer),
  latest_failed_runs: z.array(named("Run", Run)),
});

const overview = createRoute({
  method: "get",
  path: "/overview",
  tags: ["overview"],
  summary: "The last 24 hours in figures",
  middleware: [noStore(), needs("analyses.read", "analyses"), needs("runs.read", "runs")] as const,
  responses: { 200: jsonAnswer("Figures, and the latest rows", Overview), ...problems() },
});

export const overviewRoutes = createApp().openapi(overview, async (c) => {
  const org = orgOf(c);
  const since = c.var.now() - DAY_MS;
  const [figures, runs] = await Promise.all([
    c.var.sql.transaction({ org }, async (tx) => ({
      day: await dayFigures(tx, org, since),
      latest: await listAnalyses(tx, org, {
        status: undefined,
        category: undefined,
        repository: undefined,
        after: undefined,
        limit: LATEST,
      }),
    })),
    runsOverview(c.var.sql, org, new Date(since).toISOString(), LATEST),
  ]);
  return c.json(
    {
      analyses: figures.day,
      runs: { day: runs.figures },
      latest_analyses: [...figures.latest],
      latest_failed_runs: [...runs.failed],
    },
    200,
  );
});
