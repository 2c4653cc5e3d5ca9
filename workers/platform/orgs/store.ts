/** Organizations as their members see them. */
import type { Tx } from "../adapters/sql.ts";
import { Org, OrgMembership } from "./model.ts";

/** The organizations of the scope's user, the reserved one last. */
export async function listMemberships(tx: Tx, userId: string): Promise<readonly OrgMembership[]> {
  const rows = await tx.query(
    `select o.id, o.slug, o.name, m.role from platform.memberships m join platform.orgs o on o.id = m.org_id
     where m.user_id = $1 and o.status <> 'deleting' order by o.slug = 'platform', m.created_at, o.id`,
    [userId],
  );
  return rows.map((row) => OrgMembership.parse(row));
}

/** The organization of the scope. */
export async function readOrg(tx: Tx, id: string): Promise<Org | undefined> {
  const [row] = await tx.query(
    "select id, slug, name, tier, status, created_at, version from platform.orgs where id = $1",
    [id],
  );
  if (row === undefined) return undefined;
  return Org.parse(row);
}
