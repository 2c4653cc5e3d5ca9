/** Renders every error of the API, once, as problem+json [AP3]. */
import type { Context, TypedResponse } from "hono";
import { HTTPException } from "hono/http-exception";
import { SqlError } from "../adapters/sql.ts";
import { BodyLost } from "../adapters/streams.ts";
import { Bug, Fault, type Refusal } from "../model.ts";
import { PROBLEMS, type Problem } from "./model.ts";
import type { AppEnv } from "./plumbing.ts";

/** An answer whose type fits every route: what it may be stands in the route's declaration. */
export type Declared = Response & TypedResponse<never, never, never>;

/** Marks an answer that was rendered by hand. */
export const declared = (response: Response): Declared =>
  // A body of status `never` fits each route's declared statuses
  response as Declared;

/**
 * The answer to a refusal. Its type fits every route: each declares the problem statuses it may give.
 */
export function refused(c: Context<AppEnv>, refusal: Refusal): Declared {
  const row = PROBLEMS[refusal.code];
  const problem: Problem = {
    type: `${c.env.ISSUER}/docs/errors/${refusal.code}`,
    title: row.title,
    status: row.status,
    code: refusal.code,
    request_id: c.var.requestId,
    remedy: row.remedy,
  };
  if (refusal.detail !== undefined) problem.detail = refusal.detail;
  if (refusal.errors !== undefined) problem.errors = refusal.errors.map((error) => ({ ...error }));
  const headers = new Headers({
    "content-type": "application/problem+json",
    "cache-control": "no-store",
  });
  if (refusal.retryAfterS !== undefined) headers.set("retry-after", String(refusal.retryAfterS));
  if (refusal.allow !== undefined) headers.set("allow", refusal.allow.join(", "));
  if (row.status === 401) headers.set("www-authenticate", "Bearer");
  const response = new Response(JSON.stringify(problem), { status: row.status, headers });
  c.set("problem", refusal.code);
  return declared(response);
}

/** Postgres has no room for U+0000 in text, nor in JSON. */
const UNSTORABLE = new Set(["22021", "22P05"]);

/** What the caller learns of a thrown error; the rest is for the log [AP4]. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Fault)
    return error.retryable ? { code: "unavailable", retryAfterS: 1 } : { code: "upstream_failed" };
  if (error instanceof SqlError && UNSTORABLE.has(error.code)) {
    return { code: "validation_failed", detail: "Text may not contain the character U+0000." };
  }
  if (error instanceof BodyLost) return { code: "malformed_request" };
  // The framework throws these for bodies it cannot parse.
  if (error instanceof HTTPException && error.status < 500) return { code: "malformed_request" };
  return { code: "internal" };
}

/** The text of a thrown error for the operator's log, with its causes. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const head = error instanceof Bug ? `bug: ${error.message}` : `${error.name}: ${error.message}`;
  const stack =
    error.stack === undefined
      ? ""
      : ` | ${error.stack
          .split("\n")
          .slice(1, 4)
          .map((line) => line.trim())
          .join(" ")}`;
  return error.cause === undefined
    ? head + stack
    : `${head}${stack} <- ${describeError(error.cause)}`;
}
