/** Middleware that lets a request pass only with the permission its route names. */
import type { MiddlewareHandler } from "hono";
import { assert } from "../model.ts";
import { authenticate } from "./authenticate.ts";
import type { Principal } from "./model.ts";
import type { AppContext, AppEnv } from "./plumbing.ts";
import { refused } from "./problem.ts";
import { decide } from "./rules.ts";

export interface NeedsOptions {
  /** Reads key, session and membership again: for routes that change who may do what. */
  readonly fresh?: boolean;
}

/**
 * Requires `action` on `resource`, whose `{name}` parts are path parameters.
 * Without the area's `.read` the answer is the 404 of a missing thing, with it 403 [ID22].
 */
export const needs =
  (action: string, resource: string, options: NeedsOptions = {}): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    const known = await authenticate(c, options.fresh ?? false);
    if (!known.ok) return refused(c, known.refusal);
    const principal = known.value;
    c.set("principal", principal);
    if (principal.org === null) {
      return refused(c, {
        code: "forbidden",
        detail: "This session has no organization: POST /api/v1/auth/refresh with org_id.",
      });
    }
    const decision = decide(
      principal,
      action,
      resource.replaceAll(/\{(\w+)\}/g, (_, name: string) => c.req.param(name) ?? ""),
    );
    if (decision === "allowed") return next();
    if (decision === "forbidden")
      return refused(c, { code: "forbidden", detail: `The permission ${action} is needed.` });
    return refused(c, { code: decision });
  };

/** Requires a signed-in user; an organization is not needed. */
export const signedIn = (): MiddlewareHandler<AppEnv> => async (c, next) => {
  const known = await authenticate(c, false);
  if (!known.ok) return refused(c, known.refusal);
  c.set("principal", known.value);
  if (known.value.kind !== "user") return refused(c, { code: "key_cannot" });
  return next();
};

/** The organization a request acts in; call behind `needs` only. */
export function orgOf(c: AppContext): string {
  return memberOf(c).org;
}

/** The principal with its organization; call behind `needs` only. */
export function memberOf(c: AppContext): Principal & { readonly org: string } {
  const { principal } = c.var;
  assert(principal.org !== null, "needs() admits no principal without an organization");
  return { ...principal, org: principal.org };
}
