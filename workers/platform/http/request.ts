/** Gives each request its id, log and ports; when it is answered, writes one line and counts it [AP9] [OB1]. */
import { createMiddleware } from "hono/factory";
import { routePath } from "hono/route";
import type { Log } from "../adapters/log.ts";
import { recordRequest } from "../adapters/metrics.ts";
import type { Sql } from "../adapters/sql.ts";
import type { Instant } from "../model.ts";
import type { AppEnv } from "./plumbing.ts";

/** The outside world as a request sees it; tests give their own. */
export interface Ports {
  readonly sql: (env: Env) => Sql;
  readonly now: () => Instant;
  readonly random: (bytes: number) => Uint8Array;
  readonly log: (env: Env, base: Readonly<Record<string, string>>) => Log;
}

const REQUEST_ID = /^[A-Za-z0-9_-]{8,64}$/;
/** Source: W3C Trace Context, version 00. */
const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

const REQUEST_ID_BYTES = 12;

export const requestPlumbing = (ports: Ports): ReturnType<typeof createMiddleware<AppEnv>> =>
  createMiddleware<AppEnv>(async (c, next) => {
    const started = ports.now();
    const given = c.req.header("x-request-id");
    const requestId =
      given !== undefined && REQUEST_ID.test(given) ? given : hex(ports.random(REQUEST_ID_BYTES));
    const traceparent = c.req.header("traceparent");
    c.set("requestId", requestId);
    c.set(
      "traceparent",
      traceparent !== undefined && TRACEPARENT.test(traceparent) ? traceparent : undefined,
    );
    c.set("log", ports.log(c.env, { request_id: requestId }));
    c.set("sql", ports.sql(c.env));
    c.set("now", ports.now);
    c.set("random", ports.random);
    await next();
    c.res.headers.set("x-request-id", requestId);
    // The watchdog asks every two seconds; a good answer is no news.
    if (c.req.path === "/health") return;
    const ms = ports.now() - started;
    logAnswer(c, ms);
    const seen = { route: templateOf(c), method: c.req.method, status: c.res.status, ms };
    recordRequest(c.env, seen, { ...ports, log: c.var.log, waitUntil: waitUntilOf(c) });
  });

type RequestContext = Parameters<ReturnType<typeof createMiddleware<AppEnv>>>[0];

/** The template of the route; what no route took has none, and its path is somebody's invention. */
function templateOf(c: RequestContext): string {
  const template = routePath(c, -1);
  return template.includes("*") ? "unrouted" : template;
}

/** The runtime gives each request something that outlives its answer; in Node there is none. */
function waitUntilOf(c: RequestContext): ((work: Promise<unknown>) => void) | undefined {
  try {
    const context = c.executionCtx;
    return (work) => context.waitUntil(work);
  } catch {
    return undefined;
  }
}

function logAnswer(c: RequestContext, ms: number): void {
  // The principal is absent on public routes, whatever its type says.
  const principal: AppEnv["Variables"]["principal"] | undefined = c.get("principal");
  c.var.log.info("request", {
    method: c.req.method,
    route: routePath(c, -1),
    status: c.res.status,
    ms,
    org: principal?.org,
    principal: principal?.id,
    trace_id: c.var.traceparent?.slice(3, 35),
    code: c.var.problem,
  });
}

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
