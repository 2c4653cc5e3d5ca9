/** What is left of organizations, sessions and links when their time is over goes from Postgres here. */
import { instantOrNull, numberOf, textOf } from "../../adapters/rows.ts";
import type { Tx } from "../../adapters/sql.ts";
import type { Instant } from "../../model.ts";

const iso = (at: Instant): string => new Date(at).toISOString();

/** All organizations, deleted ones included. */
export async function listOrgIds(tx: Tx): Promise<readonly string[]> {
  const rows = await tx.query("select platform.list_org_ids() as id");
  return rows.map((row) => textOf(row, "id"));
}

/** True once the organization of the scope has waited its thirty days, and is not purged yet. */
export async function isDue(tx: Tx, orgId: string, now: Instant): Promise<boolean> {
  const [row] = await tx.query("select status, purge_at from platform.orgs where id = $1", [orgId]);
  if (row === undefined || textOf(row, "status") !== "deleting") return false;
  const purgeAt = instantOrNull(row, "purge_at");
  return purgeAt !== null && purgeAt <= now;
}

/** DAGs the organization of the scope ever ran: each has a dispatcher. */
export async function dagsOf(tx: Tx, orgId: string): Promise<readonly string[]> {
  const rows = await tx.query(
    `select dag_id from platform.dispatcher_heads where org_id = $1
     union select dag_id from platform.runs where org_id = $1 order by dag_id`,
    [orgId],
  );
  return rows.map((row) => textOf(row, "dag_id"));
}

export async function purgedTables(tx: Tx): Promise<readonly string[]> {
  const rows = await tx.query("select platform.purged_tables() as name");
  return rows.map((row) => textOf(row, "name"));
}

/** Deletes at most so many rows; answers how many went, -1 when other tables point at them. */
export async function purgeRows(tx: Tx, table: string, atMost: number): Promise<number> {
  const [row] = await tx.query("select platform.purge_rows($1, $2) as gone", [table, atMost]);
  return row === undefined ? 0 : numberOf(row, "gone");
}

/** Ends the deletion: the row stays for the chain, without a name. False when that was done before. */
export async function closeOrg(tx: Tx, orgId: string): Promise<boolean> {
  const rows = await tx.query(
    `update platform.orgs set status = 'deleted', name = 'deleted', purge_at = null, version = version + 1,
       slug = 'deleted-' || replace(id::text, '-', '')
     where id = $1 and status = 'deleting' returning id`,
    [orgId],
  );
  return rows.length > 0;
}

/** Forgets sessions of all users that ended before a time. */
export async function forgetSessions(tx: Tx, before: Instant, atMost: number): Promise<number> {
  const [row] = await tx.query("select platform.forget_sessions($1, $2) as gone", [
    iso(before),
    atMost,
  ]);
  return row === undefined ? 0 : numberOf(row, "gone");
}

/** Forgets setup and sign-in links that expired before a time. */
export async function forgetLinks(tx: Tx, before: Instant): Promise<number> {
  const [row] = await tx.query("select platform.forget_links($1) as gone", [iso(before)]);
  return row === undefined ? 0 : numberOf(row, "gone");
}
