/** What every route gets: its environment, the request's variables, and the one answer to invalid input. */
import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Log } from "../adapters/log.ts";
import type { Sql } from "../adapters/sql.ts";
import type { Instant } from "../model.ts";
import type { Principal } from "./model.ts";
import { validationRefusal } from "./validation.ts";
import { refused } from "./problem.ts";

export interface AppEnv {
  Bindings: Env;
  Variables: {
    requestId: string;
    traceparent: string | undefined;
    log: Log;
    sql: Sql;
    now: () => Instant;
    random: (bytes: number) => Uint8Array;
    /** Set by `needs` and `signedIn` (authorize.ts); reading it on a public route is a bug. */
    principal: Principal;
    /** Id of what this request makes; a repeated request makes the same. Set by `idempotent`. */
    subjectId: string;
    /** The code of the refusal that was answered, for the log. */
    problem: string | undefined;
  };
}

export type AppContext = Context<AppEnv>;

/** An app of one capability. Input that does not match its schema is answered 422 in the shape of every error [AP2]. */
export const createApp = (): OpenAPIHono<AppEnv> =>
  new OpenAPIHono<AppEnv>({
    defaultHook: (result, c) => {
      if (result.success) return undefined;
      return refused(c, validationRefusal(result.target, result.error));
    },
  });
