/** Composes the control plane: plumbing first, then the capabilities, one place for errors. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import { workerLog } from "./adapters/log.ts";
import { sqlFrom } from "./adapters/postgres.ts";
import { deliveryRoutes } from "./alerts/routes/deliveries.ts";
import { webhookRoutes } from "./alerts/routes/webhooks.ts";
import { analysisRoutes } from "./analyses/routes/analyses.ts";
import { intakeRoutes } from "./analyses/routes/intake.ts";
import { overviewRoutes } from "./analyses/routes/overview.ts";
import { cors } from "./http/cors.ts";
import { docsPage } from "./http/docs-page.ts";
import { declareHeaders, declareSecurity, documentOf, documentRoute } from "./http/document.ts";
import { auditRoutes } from "./audit/routes.ts";
import { errorPage, errorPageHtml, isProblemCode } from "./http/error-page.ts";
import { unrouted } from "./http/methods.ts";
import { PROBLEMS } from "./http/model.ts";
import { createApp, type AppContext, type AppEnv } from "./http/plumbing.ts";
import { declared, describeError, refusalOf, refused } from "./http/problem.ts";
import { healthRoute, ready, readyRoute } from "./http/ready.ts";
import { requestPlumbing, type Ports } from "./http/request.ts";
import { guard } from "./http/security.ts";
import { keySetRoutes } from "./identity/routes/keys.ts";
import { accountRoutes } from "./identity/routes/account.ts";
import { erasureRoutes } from "./identity/routes/erasure.ts";
import { localIdentityRoutes } from "./identity/routes/local.ts";
import { identityRoutes } from "./identity/routes/session.ts";
import { signInRoutes } from "./identity/routes/sign-in.ts";
import { keyRoutes } from "./keys/routes.ts";
import { adminRoutes } from "./orgs/routes/admin.ts";
import { invitationRoutes } from "./orgs/routes/invitations.ts";
import { memberRoutes } from "./orgs/routes/members.ts";
import { metricsRoutes } from "./metrics/routes.ts";
import { orgRoutes } from "./orgs/routes/orgs.ts";
import { secretRoutes } from "./secrets/routes.ts";
import { leaseRoutes } from "./secrets/routes/leases.ts";
import { checkKeks } from "./secrets/service/upkeep.ts";
import { taskRoutes } from "./tasks/routes.ts";
import { localTaskRoutes } from "./tasks/routes/local.ts";
import { PLATFORM_ORG_ID } from "./tasks/rules.ts";
import { dispatcherOf } from "./tasks/service.ts";
import { shield } from "./http/shield.ts";
import { capRoutes } from "./usage/routes/caps.ts";
import { usageRoutes } from "./usage/routes/reports.ts";

/** The ports of a running Worker; tests hand in others. */
export const WORKER_PORTS: Ports = {
  sql: sqlFrom,
  now: () => Date.now(),
  random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
  log: (env, base) => workerLog(env.VERSION, () => Date.now(), base),
};

/** Paths that are the API's; everything else is a page or a file of the console. */
const API_PATHS = /^\/(?:api|internal|auth|github|docs|\.well-known|health|ready)(?:\/|$)/i;

export function createPlatform(ports: Ports): OpenAPIHono<AppEnv> {
  const app = createApp();
  app.use(requestPlumbing(ports));
  app.use(guard());
  app.use(shield());
  app.use("/api/*", cors());
  app.openapi(healthRoute, (c) => c.json({ status: "ok" as const, version: c.env.VERSION }, 200));
  app.openapi(
    readyRoute,
    ready({ objects: dispatcherAnswers, keks: (env) => checkKeks({ env, sql: ports.sql(env) }) }),
  );
  app.route("/.well-known", keySetRoutes);
  app.route("/internal/v1/local", localIdentityRoutes);
  app.route("/internal/v1/local", localTaskRoutes);
  app.route("/internal/v1", leaseRoutes);
  for (const routes of [
    identityRoutes,
    signInRoutes,
    accountRoutes,
    erasureRoutes,
    orgRoutes,
    memberRoutes,
    invitationRoutes,
    adminRoutes,
    keyRoutes,
    secretRoutes,
    auditRoutes,
    intakeRoutes,
    analysisRoutes,
    overviewRoutes,
    taskRoutes,
    metricsRoutes,
    webhookRoutes,
    deliveryRoutes,
    usageRoutes,
    capRoutes,
  ])
    app.route("/api/v1", routes);
  declareSecurity(app);
  declareHeaders(app);
  let document: string | undefined;
  app.openapi(documentRoute, (c) => {
    document ??= JSON.stringify(documentOf(app));
    return declared(c.body(document, 200, { "content-type": "application/json" }));
  });
  app.get("/docs", docsPage);
  app.get("/docs/errors/:code", (c) => {
    const code = c.req.param("code");
    if (!isProblemCode(code)) return refused(c, { code: "not_found" });
    if (c.req.header("accept")?.includes("text/html")) return c.html(errorPageHtml(code));
    return c.text(errorPage(code), 200, { "content-type": "text/markdown; charset=utf-8" });
  });
  const missing = unrouted(app);
  app.notFound((c: AppContext) => (API_PATHS.test(c.req.path) ? missing(c) : page(c)));
  app.onError((error, c) => {
    const refusal = refusalOf(error);
    if (PROBLEMS[refusal.code].status >= 500)
      c.var.log.error("request failed", { error: describeError(error) });
    return refused(c, refusal);
  });
  return app;
}

const SELF_TEST_DAG = "sys.probe";

/** Asks the dispatcher of the self-test, which every installation has. */
const dispatcherAnswers = (env: Env): Promise<unknown> =>
  dispatcherOf(env, PLATFORM_ORG_ID, SELF_TEST_DAG).backlog({
    v: 1,
    org_id: PLATFORM_ORG_ID,
    dag_id: SELF_TEST_DAG,
  });

/** A page or file of the console; the router's answer is copied because its headers cannot be changed. */
async function page(c: AppContext): Promise<Response> {
  if (c.req.method !== "GET" && c.req.method !== "HEAD")
    return refused(c, { code: "method_not_allowed", allow: ["GET", "HEAD"] });
  const answer = await c.env.ASSETS.fetch(c.req.raw);
  return new Response(answer.body, answer);
}

export const app = createPlatform(WORKER_PORTS);
