/** Refused changes are audited too; a flood of them becomes one counted record [AU8]. */
import { randomBytes } from "../../adapters/cipher.ts";
import type { Sql, Tx } from "../../adapters/sql.ts";
import type { Instant } from "../../model.ts";
import { REFUSALS_PER_MINUTE_MAX, type AuditOrigin } from "../model.ts";
import { appendAudit } from "../service.ts";
import { countRefusal, forgetWindows, takeWindows } from "../store/refusals.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const BY_MINUTE = "minute";
/** What was asked for is somebody's invention until a route believed it; an index holds 2,704 bytes. */
const RESOURCE_CHARS_MAX = 300;

export interface RefusedAct extends AuditOrigin {
  /** The permission that was asked for: `keys.write`. */
  readonly action: string;
  readonly resource: string;
  /** The code of the answer: `forbidden`. */
  readonly code: string;
}

/**
 * Records that a change was refused, in a transaction of its own. Of one minute of an organization the first
 * REFUSALS_PER_MINUTE_MAX are recorded one by one, the others as a number once the minute is over.
 * @throws Fault("postgres")
 */
export function auditRefusal(sql: Sql, act: RefusedAct): Promise<void> {
  return sql.transaction({ org: act.org }, async (tx) => {
    const minute = Math.floor(act.at / MINUTE_MS) * MINUTE_MS;
    const refusals = await countRefusal(tx, act.org, BY_MINUTE, minute);
    if (refusals === 1) await closeMinutes(tx, act.org, minute, act.at);
    if (refusals > REFUSALS_PER_MINUTE_MAX) return;
    const { code, ...event } = act;
    await appendAudit(tx, {
      ...event,
      resource: event.resource.slice(0, RESOURCE_CHARS_MAX),
      outcome: "refused",
      changes: { code: { before: null, after: code } },
    });
  });
}

/**
 * Records the first refusal of this hour for lack of quota; later ones of the same meter are no news.
 * @throws Fault("postgres")
 */
export function auditQuotaRefusal(sql: Sql, origin: AuditOrigin, meter: string): Promise<void> {
  return sql.transaction({ org: origin.org }, async (tx) => {
    const hour = Math.floor(origin.at / HOUR_MS) * HOUR_MS;
    if ((await countRefusal(tx, origin.org, `quota:${meter}`, hour)) > 1) return;
    await appendAudit(tx, {
      ...origin,
      action: "usage.refuse",
      resource: `usage/limits/${meter}`,
      outcome: "refused",
      changes: { code: { before: null, after: "quota_exceeded" } },
    });
  });
}

/** Writes down the floods that are over and forgets what is old; the scope holds the organization. */
export async function closeRefusals(tx: Tx, org: string, now: Instant): Promise<void> {
  await closeMinutes(tx, org, Math.floor(now / MINUTE_MS) * MINUTE_MS, now);
  await forgetWindows(tx, now - DAY_MS);
}

async function closeMinutes(tx: Tx, org: string, before: Instant, now: Instant): Promise<void> {
  for (const { since, refusals } of await takeWindows(tx, BY_MINUTE, before)) {
    if (refusals <= REFUSALS_PER_MINUTE_MAX) continue;
    await appendAudit(tx, {
      org,
      at: now,
      actor: { kind: "system", id: "audit" },
      requestId: "",
      pii: { name: null, ip: null, userAgent: null },
      random: randomBytes,
      action: "audit.refusals",
      resource: `refusals/${new Date(since).toISOString()}`,
      outcome: "refused",
      changes: { refusals: { before: REFUSALS_PER_MINUTE_MAX, after: refusals } },
    });
  }
}
