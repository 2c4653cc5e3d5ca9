/** Composes the control plane: plumbing first, then the capabilities, one place for errors. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import { workerLog } from "./adapters/log.ts";
import { sqlFrom } from "./adapters/postgres.ts";
import { createApp, type AppEnv } from "./http/plumbing.ts";
import { describeError, refusalOf, refused } from "./http/problem.ts";
import { requestPlumbing, type Ports } from "./http/request.ts";

/** The ports of a running Worker; tests hand in others. */
export const WORKER_PORTS: Ports = {
  sql: sqlFrom,
  now: () => Date.now(),
  random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
  log: (env, base) => workerLog(env.VERSION, () => Date.now(), base),
};

export function createPlatform(ports: Ports): OpenAPIHono<AppEnv> {
  const app = createApp();
  app.use(requestPlumbing(ports));
  app.get("/health", (c) => c.json({ status: "ok", version: c.env.VERSION }));
  app.notFound((c) => refused(c, { code: "not_found" }));
  app.onError((error, c) => {
    c.var.log.error("request failed", { error: describeError(error) });
    return refused(c, refusalOf(error));
  });
  return app;
}

export const app = createPlatform(WORKER_PORTS);
