/** Middleware that lets a request pass only with the permission its route names. */
import type { MiddlewareHandler } from "hono";
import { assert } from "../model.ts";
import { authenticate } from "./authenticate.ts";
import { askLimiter, type Ask } from "./limits.ts";
import type { Principal } from "./model.ts";
import type { AppContext, AppEnv } from "./plumbing.ts";
import { refused } from "./problem.ts";
import { auditQuotaRefused, auditRefused } from "./refusals.ts";
import { decide } from "./rules.ts";

export interface NeedsOptions {
  /** Reads key, session and membership again: for routes that change who may do what. */
  readonly fresh?: boolean;
  /** Begins work that is metered: one of the `requests` also for users, refused by a used up spend cap [US3, US8]. */
  readonly metered?: boolean;
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
    const named = resource.replaceAll(/\{(\w+)\}/g, (_, name: string) => c.req.param(name) ?? "");
    const decision = decide(principal, action, named);
    const metered = decision === "allowed" && (options.metered ?? false);
    const counted = metered || (decision === "allowed" && principal.kind === "key");
    return limited(c, { counted, metered }, async () => {
      if (decision === "allowed") return next();
      if (options.fresh === true)
        await auditRefused(c, { action, resource: named, code: decision });
      if (decision === "forbidden")
        return refused(c, { code: "forbidden", detail: `The permission ${action} is needed.` });
      return refused(c, { code: decision });
    });
  };

/** Requires a signed-in user; an organization is not needed. */
export const signedIn =
  (options: Pick<NeedsOptions, "fresh"> = {}): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    const known = await authenticate(c, options.fresh ?? false);
    if (!known.ok) return refused(c, known.refusal);
    c.set("principal", known.value);
    const { kind } = known.value;
    return limited(c, { counted: false, metered: false }, async () => {
      if (kind === "user") return next();
      if (options.fresh === true)
        await auditRefused(c, { action: "account.change", resource: "me", code: "key_cannot" });
      return refused(c, { code: "key_cannot" });
    });
  };

/** Only for people, behind `needs`: who runs the installation; a key may look, not change. */
export const users = (): MiddlewareHandler<AppEnv> => async (c, next) =>
  c.var.principal.kind === "user" ? next() : refused(c, { code: "key_cannot" });

/** A route may need two permissions; the limiter is asked once per request. */
const asked = new WeakSet<AppContext>();

/** Goes on if the limits allow it; either way the answer tells where they stand [RL4]. */
async function limited(
  c: AppContext,
  ask: Ask,
  proceed: () => Response | Promise<Response | void>,
): Promise<Response | void> {
  if (asked.has(c)) return proceed();
  asked.add(c);
  const { refusal, remembered, headers } = await askLimiter(c, c.var.principal, ask);
  // A flood that is refused from memory costs no transaction either.
  if (refusal?.code === "quota_exceeded" && !remembered) await auditQuotaRefused(c);
  const answer = refusal === undefined ? await proceed() : refused(c, refusal);
  // What `next` gives is the context, whatever its type says.
  const own = answer instanceof Response ? answer : undefined;
  const response = own ?? c.res;
  for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
  return own;
}

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
