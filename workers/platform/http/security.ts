/** What holds for every request before and after its route: host, path, origin of changes, headers [AP11, LN14, RL5]. */
import type { MiddlewareHandler } from "hono";
import { configurationOf } from "../adapters/configuration.ts";
import { bodyChunks } from "../adapters/streams.ts";
import type { AppContext, AppEnv } from "./plumbing.ts";
import { refused } from "./problem.ts";
import { isNormalPath } from "./rules.ts";

/** Largest JSON body [AP11]. */
export const JSON_BYTES_MAX = 1_048_576;

const CSP =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** Refuses foreign hosts (DNS rebinding) and paths that are not in normal form, and sets the headers of every answer. */
export const guard = (): MiddlewareHandler<AppEnv> => async (c, next) => {
  const configuration = configurationOf(c.env);
  const url = new URL(c.req.url);
  const refusal =
    !configuration.publicHosts.has(hostOf(c, url)) && !isHealth(url.pathname)
      ? refused(c, { code: "host_not_allowed" })
      : isNormalPath(rawPathOf(c.req.url))
        ? undefined
        : refused(c, { code: "not_found" });
  if (refusal === undefined) await next();
  else c.res = refusal;
  setHeaders(c, configuration.issuer.startsWith("https:"));
};

const hostOf = (c: AppContext, url: URL): string =>
  (c.req.header("host") ?? url.host).toLowerCase();

/** Probes ask by address; the answer tells nothing but that the Worker runs. */
const isHealth = (path: string): boolean => path === "/health";

/** The path as it was sent: `URL` folds dot segments away. */
const rawPathOf = (url: string): string => /^[a-z]+:\/\/[^/?#]*([^?#]*)/i.exec(url)?.[1] ?? "/";

function setHeaders(c: AppContext, https: boolean): void {
  const { headers } = c.res;
  headers.set("x-content-type-options", "nosniff");
  headers.set("referrer-policy", "no-referrer");
  // A page may bring a policy of its own.
  if (!headers.has("content-security-policy")) headers.set("content-security-policy", CSP);
  headers.set("cross-origin-opener-policy", "same-origin");
  if (https) headers.set("strict-transport-security", "max-age=31536000; includeSubDomains");
}

/** For answers that hold credentials. */
export const noStore = (): MiddlewareHandler<AppEnv> => async (c, next) => {
  await next();
  c.res.headers.set("cache-control", "no-store");
};

/** Refuses JSON bodies above JSON_BYTES_MAX, counted as they come in. Routes that take more do not use it. */
export const smallBody = (): MiddlewareHandler<AppEnv> => async (c, next) => {
  if (Number(c.req.header("content-length") ?? 0) > JSON_BYTES_MAX) return refused(c, tooLarge);
  if (c.req.raw.body === null) return next();
  const body = await readUpTo(c.req.raw.body, JSON_BYTES_MAX);
  if (body === undefined) return refused(c, tooLarge);
  // A body can be read once: what follows reads the copy.
  c.req.raw = new Request(c.req.raw, { method: c.req.method, body });
  return next();
};

/** All of a stream, or undefined once it is longer than `limit`: nothing beyond that is kept, nor read. */
async function readUpTo(
  stream: ReadableStream<Uint8Array>,
  limit: number,
): Promise<ArrayBuffer | undefined> {
  const chunks = bodyChunks(stream);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  for (let chunk = await chunks.next(); chunk !== undefined; chunk = await chunks.next()) {
    bytes += chunk.length;
    if (bytes > limit) {
      await chunks.cancel();
      return undefined;
    }
    parts.push(chunk.slice());
  }
  return new Blob(parts).arrayBuffer();
}

const tooLarge = {
  code: "payload_too_large",
  detail: `The limit for JSON is ${JSON_BYTES_MAX} bytes.`,
} as const;

/** Cookie routes take only JSON posted by a page of ours: the cookie comes along from anywhere [TK15]. */
export const ownPagesOnly = (): MiddlewareHandler<AppEnv> => async (c, next) => {
  const origin = c.req.header("origin");
  if (origin === undefined || !configurationOf(c.env).origins.has(origin)) {
    return refused(c, {
      code: "forbidden",
      detail: "This route takes requests of its own pages only.",
    });
  }
  if (!(c.req.header("content-type") ?? "").startsWith("application/json"))
    return refused(c, { code: "unsupported_media_type" });
  return next();
};
