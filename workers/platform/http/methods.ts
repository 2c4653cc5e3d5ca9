/** Answers a known path that was asked with another method: 405 and the methods it takes [AP4]. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { AppContext, AppEnv } from "./plumbing.ts";
import { refused } from "./problem.ts";

interface KnownPath {
  readonly pattern: RegExp;
  readonly methods: Set<string>;
}

/** The answer for requests no route took: 405 on a path of ours, else 404. Call when all routes are mounted. */
export function unrouted(app: OpenAPIHono<AppEnv>): (c: AppContext) => Response {
  const paths = new Map<string, KnownPath>();
  for (const route of app.routes) {
    if (route.method === "ALL") continue;
    const known = paths.get(route.path) ?? { pattern: patternOf(route.path), methods: new Set() };
    known.methods.add(route.method);
    if (route.method === "GET") known.methods.add("HEAD");
    paths.set(route.path, known);
  }
  return (c) => {
    const path = c.req.path;
    const allow = [...paths.values()]
      .filter((known) => known.pattern.test(path))
      .flatMap((known) => [...known.methods]);
    return allow.length === 0
      ? refused(c, { code: "not_found" })
      : refused(c, { code: "method_not_allowed", allow: [...new Set(allow)].toSorted() });
  };
}

const patternOf = (path: string): RegExp =>
  new RegExp(
    `^${path.replaceAll(/[.+*?^$()[\]\\|]/g, "\\$&").replaceAll(/:[A-Za-z_]+(?:\\?\{[^}]*\})?/g, "[^/]+")}$`,
  );
