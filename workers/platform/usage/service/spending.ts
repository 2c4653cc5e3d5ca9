/** Hour totals on their way to Postgres, and what happens when spending reaches a cap. */
import { requestDelivery } from "../../alerts/service/request.ts";
import { appendAudit } from "../../audit/service.ts";
import type { AuditOrigin } from "../../audit/model.ts";
import type { Log } from "../../adapters/log.ts";
import type { Sql, Tx } from "../../adapters/sql.ts";
import { done, Fault, refuse, type Instant, type Result } from "../../model.ts";
import type { PutSpendCap, SpendCap } from "../model.ts";
import { nanoOf, noticeReached } from "../rules.ts";
import {
  insertCap,
  listCaps,
  readCap,
  setNotified,
  updateCap,
  type CapChange,
} from "../store/caps.ts";
import { putTotals, type HourTotal } from "../store/limits.ts";
import { monthText } from "./limits.ts";

export interface SpendingPorts {
  readonly env: Env;
  readonly sql: Sql;
  readonly now: () => Instant;
  readonly log: Log;
}

/** Stores an organization's totals and looks at its spend caps. The same totals again change nothing [US4]. */
export async function rollUpUsage(
  ports: SpendingPorts,
  orgId: string,
  totals: readonly HourTotal[],
): Promise<void> {
  await ports.sql.transaction({ org: orgId }, (tx) => putTotals(tx, orgId, totals));
  await noticeCaps(ports, orgId);
}

/**
 * Tells of every cap that reached 50, 75 or 100 % since it was last told of. The delivery is asked for before that is
 * noted: a crash asks again, and the same notice is one delivery [US8]. @throws Fault while nobody can be told
 */
export async function noticeCaps(ports: SpendingPorts, org: string): Promise<void> {
  const { sql } = ports;
  const month = monthText(ports.now());
  const caps = await sql.transaction({ org }, (tx) => listCaps(tx, month), { single: true });
  let untold = 0;
  for (const cap of caps) {
    const notified = reachedBy(cap);
    if (notified <= cap.notified) continue;
    const { scope, usd, action, version } = cap;
    const asked = await requestDelivery(ports, {
      org,
      type: "usage.threshold",
      subject: `usage:${scope}`,
      data: { scope, month: month.slice(0, 7), percent: notified, cap_usd: usd, action },
      request_id: "usage",
    });
    if (asked.ok)
      await sql.transaction({ org }, (tx) => setNotified(tx, { scope, notified, month, version }));
    else untold += 1;
  }
  if (untold > 0) throw new Fault("dispatcher", { retryable: true, cause: "refused" });
}

const reachedBy = ({ spent_usd: spent, usd }: SpendCap) =>
  noticeReached(nanoOf(spent), nanoOf(usd));

export const capsOf = (sql: Sql, org: string, now: Instant): Promise<readonly SpendCap[]> =>
  sql.transaction({ org }, (tx) => listCaps(tx, monthText(now)), { single: true });

export interface CapWish {
  readonly scope: string;
  readonly cap: PutSpendCap;
  /** What the change is based on; undefined without If-Match. */
  readonly version: Result<number>;
}

/**
 * Sets the cap of a scope. A higher cap may be told of again, a lower one is judged at once. Refusals:
 * `precondition_required` and `version_mismatch` once there is one.
 */
export async function putCap(
  ports: SpendingPorts,
  origin: AuditOrigin,
  { scope, cap, version }: CapWish,
): Promise<Result<{ readonly cap: SpendCap; readonly created: boolean }>> {
  const { org } = origin;
  const month = monthText(ports.now());
  const changed = await ports.sql.transaction({ org }, async (tx) => {
    const before = await readCap(tx, month, scope);
    const stored = await storeCap(tx, before, { ...cap, org, scope, month }, version);
    if (!stored.ok) return stored;
    await appendAudit(tx, {
      ...origin,
      action: "usage.cap",
      resource: `usage/caps/${scope}`,
      changes: changesOf(before, cap),
    });
    return done(before === undefined);
  });
  if (!changed.ok) return changed;
  // The cap is set: who cannot be told of it now is told with the next totals.
  await noticeCaps(ports, org).catch((fault: unknown) => {
    if (!(fault instanceof Fault)) throw fault;
    ports.log.warn("a notice of a spend cap was not given", { org, scope });
  });
  const stored = await ports.sql.transaction({ org }, (tx) => readCap(tx, month, scope));
  return stored === undefined ? refuse("not_found") : done({ cap: stored, created: changed.value });
}

async function storeCap(
  tx: Tx,
  before: SpendCap | undefined,
  wish: Omit<CapChange, "notified">,
  version: Result<number>,
): Promise<Result<null>> {
  if (before === undefined)
    return (await insertCap(tx, { ...wish, notified: 0 }))
      ? done(null)
      : refuse("version_mismatch");
  if (!version.ok) return version;
  const reached = noticeReached(nanoOf(before.spent_usd), nanoOf(wish.usd));
  const change = { ...wish, notified: Math.min(before.notified, reached) };
  return (await updateCap(tx, change, version.value)) ? done(null) : refuse("version_mismatch");
}

const changesOf = (before: SpendCap | undefined, after: PutSpendCap) => ({
  usd: { before: before?.usd ?? null, after: after.usd },
  action: { before: before?.action ?? null, after: after.action },
  hard: { before: before?.hard ?? null, after: after.hard },
});
