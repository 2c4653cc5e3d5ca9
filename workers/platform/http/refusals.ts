/** Writes refused changes into the audit chain: who tried what they may not [AU1, AU8]. */
import { auditQuotaRefusal, auditRefusal } from "../audit/service/refusals.ts";
import type { Instant } from "../model.ts";
import { PLATFORM_ORG_ID } from "../tasks/rules.ts";
import { actorOf } from "./audit.ts";
import type { ProblemCode } from "./model.ts";
import type { AppContext } from "./plumbing.ts";

const HOUR_MS = 3_600_000;
const ORGS_MAX = 10_000;

/** In the organization of the credential, of the platform when it has none [C49]. Call once the principal is known. */
export const auditRefused = (
  c: AppContext,
  tried: { readonly action: string; readonly resource: string; readonly code: ProblemCode },
): Promise<void> => auditRefusal(c.var.sql, { ...actorOf(c), ...tried, org: orgIdOf(c) });

/** Per isolate: the hour in which an organization's lack of quota was last recorded, so that a flood costs no call. */
const told = new WeakMap<object, Map<string, Instant>>();

export async function auditQuotaRefused(c: AppContext): Promise<void> {
  const org = orgIdOf(c);
  const hour = Math.floor(c.var.now() / HOUR_MS);
  const hours = told.get(c.env) ?? new Map<string, Instant>();
  told.set(c.env, hours);
  if (hours.get(org) === hour) return;
  if (hours.size >= ORGS_MAX) hours.clear();
  hours.set(org, hour);
  await auditQuotaRefusal(c.var.sql, { ...actorOf(c), org }, "requests");
}

const orgIdOf = (c: AppContext): string => c.var.principal.org ?? PLATFORM_ORG_ID;
