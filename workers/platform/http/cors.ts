/** Lets pages of other sites call the API: those of CORS_ORIGINS, and never with cookies [AP11]. */
import type { MiddlewareHandler } from "hono";
import { configurationOf } from "../adapters/configuration.ts";
import type { AppEnv } from "./plumbing.ts";

const METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE";
/** What such a page may send, besides what browsers always let through. */
const REQUEST_HEADERS =
  "Authorization, Content-Encoding, Content-Type, Idempotency-Key, If-Match, Prefer, Traceparent, X-API-Key, X-Request-Id";
/** What it may read, besides what browsers always show. */
const ANSWER_HEADERS =
  "Deprecation, ETag, Idempotency-Replayed, Location, RateLimit, RateLimit-Policy, Retry-After, Sunset, X-Request-Id";
/** How long a browser may remember the answer to its question, seconds. */
const PREFLIGHT_S = 600;

/** An origin that is not configured gets no header of this, so its browser keeps the answer to itself. */
export const cors = (): MiddlewareHandler<AppEnv> => async (c, next) => {
  const { corsOrigins } = configurationOf(c.env);
  const origin = c.req.header("origin");
  if (corsOrigins.size === 0) return next();
  const allowed = origin !== undefined && corsOrigins.has(origin);
  const asks =
    c.req.method === "OPTIONS" && c.req.header("access-control-request-method") !== undefined;
  if (allowed && asks) c.res = preflight();
  else await next();
  // Caches must not give one site's answer to another.
  c.res.headers.append("vary", "Origin");
  if (!allowed) return undefined;
  c.res.headers.set("access-control-allow-origin", origin);
  c.res.headers.set("access-control-expose-headers", ANSWER_HEADERS);
  return undefined;
};

const preflight = (): Response =>
  new Response(null, {
    status: 204,
    headers: {
      "access-control-allow-methods": METHODS,
      "access-control-allow-headers": REQUEST_HEADERS,
      "access-control-max-age": String(PREFLIGHT_S),
    },
  });
