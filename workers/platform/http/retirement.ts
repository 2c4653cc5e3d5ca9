/** Says that a route will go: since when it is out of use, and until when it still answers [AP10]. */
import type { MiddlewareHandler } from "hono";
import { assert, type Instant } from "../model.ts";
import type { AppEnv } from "./plumbing.ts";

/** A route answers at least this long after its retirement was announced. */
const NOTICE_MS = 180 * 86_400_000;

export interface Retirement {
  readonly announcedAt: Instant;
  readonly goneAt: Instant;
}

/** For routes that are declared with `deprecated: true`. Sources: RFC 9745 (Deprecation), RFC 8594 (Sunset). */
export function retiring({ announcedAt, goneAt }: Retirement): MiddlewareHandler<AppEnv> {
  assert(goneAt - announcedAt >= NOTICE_MS, "a route answers for 180 days after its announcement");
  const sunset = new Date(goneAt).toUTCString();
  return async (c, next) => {
    await next();
    c.res.headers.set("deprecation", `@${Math.floor(announcedAt / 1000)}`);
    c.res.headers.set("sunset", sunset);
  };
}
