/** Counts of refusals by minute and hour: what is audited once must be known to have happened. */
import { instantOf, numberOf } from "../../adapters/rows.ts";
import type { Tx } from "../../adapters/sql.ts";
import type { Instant } from "../../model.ts";

const iso = (at: Instant): string => new Date(at).toISOString();

export interface Window {
  readonly since: Instant;
  readonly refusals: number;
}

/** Counts one more; answers how many there are now. Others of the same window wait until the transaction ends. */
export async function countRefusal(
  tx: Tx,
  org: string,
  kind: string,
  since: Instant,
): Promise<number> {
  const [row] = await tx.query(
    `insert into platform.audit_refusals as r (org_id, kind, since, refusals) values ($1, $2, $3, 1)
     on conflict (org_id, kind, since) do update set refusals = r.refusals + 1 returning refusals`,
    [org, kind, iso(since)],
  );
  return row === undefined ? 0 : numberOf(row, "refusals");
}

/** Takes out the windows of `kind` that began before `since`, oldest first. */
export async function takeWindows(tx: Tx, kind: string, since: Instant): Promise<Window[]> {
  const rows = await tx.query(
    "delete from platform.audit_refusals where kind = $1 and since < $2 returning since, refusals",
    [kind, iso(since)],
  );
  return rows
    .map((row) => ({ since: instantOf(row, "since"), refusals: numberOf(row, "refusals") }))
    .toSorted((a, b) => a.since - b.since);
}

/** Forgets every window that began before `since`. */
export async function forgetWindows(tx: Tx, since: Instant): Promise<void> {
  await tx.query("delete from platform.audit_refusals where since < $1", [iso(since)]);
}
