/** Who acts in this request, as the audit chain wants to know it. */
import type { AuditOrigin } from "../audit/model.ts";
import { assert } from "../model.ts";
import { clientIpOf } from "./client-ip.ts";
import type { AppContext } from "./plumbing.ts";

const USER_AGENT_CHARS_MAX = 300;

/** Spread it into the event: `appendAudit(tx, { ...auditOf(c), action, resource })`. Call behind `needs`. */
export function auditOf(c: AppContext): AuditOrigin {
  const { principal } = c.var;
  assert(principal.org !== null, "needs() admits no principal without an organization");
  return { org: principal.org, ...actorOf(c) };
}

/** The same for an act in an organization other than the credential's. Call behind `needs` or `signedIn`. */
export function actorOf(c: AppContext): Omit<AuditOrigin, "org"> {
  const { principal } = c.var;
  return {
    at: c.var.now(),
    actor: { kind: principal.kind, id: principal.id },
    requestId: c.var.requestId,
    pii: {
      name: principal.name,
      ip: clientIpOf(c),
      userAgent: userAgentOf(c),
    },
    random: c.var.random,
  };
}

export const userAgentOf = (c: AppContext): string | null =>
  c.req.header("user-agent")?.slice(0, USER_AGENT_CHARS_MAX) ?? null;
