/** Lets only the launcher of a local install through; elsewhere its routes do not exist. */
import type { MiddlewareHandler } from "hono";
import { equalBytes, utf8 } from "../adapters/bytes.ts";
import { configurationOf } from "../adapters/configuration.ts";
import type { AppEnv } from "./plumbing.ts";
import { refused } from "./problem.ts";

export const launcherOnly = (): MiddlewareHandler<AppEnv> => async (c, next) => {
  const { environment, launcherToken } = configurationOf(c.env);
  if (environment !== "local" || launcherToken === undefined)
    return refused(c, { code: "not_found" });
  const sent = c.req.header("authorization") ?? "";
  if (!equalBytes(utf8(sent), utf8(`Bearer ${launcherToken}`)))
    return refused(c, { code: "unauthenticated" });
  return next();
};
