/** Organizations as their members see them; every statement runs in the scope of one, or of one user. */
import { numberOf, textOf, textOrNull } from "../../adapters/rows.ts";
import type { SqlRow, Tx } from "../../adapters/sql.ts";
import type { Instant } from "../../model.ts";
import { Org, OrgMembership, type AdminOrg } from "../model.ts";

const COLUMNS = "id, slug, name, tier, status, created_at, version";

const iso = (at: Instant): string => new Date(at).toISOString();

/** The organizations of the scope's user, the reserved one last. */
export async function listMemberships(tx: Tx, userId: string): Promise<readonly OrgMembership[]> {
  const rows = await tx.query(
    `select o.id, o.slug, o.name, m.role from platform.memberships m join platform.orgs o on o.id = m.org_id
     where m.user_id = $1 and o.status not in ('deleting', 'deleted')
     order by o.slug = 'platform', m.created_at, o.id`,
    [userId],
  );
  return rows.map((row) => OrgMembership.parse(row));
}

/** The organization of the scope. */
export async function readOrg(tx: Tx, id: string): Promise<Org | undefined> {
  const [row] = await tx.query(`select ${COLUMNS} from platform.orgs where id = $1`, [id]);
  return row === undefined ? undefined : Org.parse(row);
}

/**
 * The organization of the scope, locked until the transaction ends: who changes members locks it first, so that two
 * changes at once see each other [ID16]. Not its key: new rows of the organization need not wait.
 */
export async function lockOrg(tx: Tx, id: string): Promise<Org | undefined> {
  const [row] = await tx.query(
    `select ${COLUMNS} from platform.orgs where id = $1 for no key update`,
    [id],
  );
  return row === undefined ? undefined : Org.parse(row);
}

export interface NewOrg {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly tier: string;
}

/** Adds it in its own scope; a second try with the same id finds the first. Undefined when the short name is taken. */
export async function insertOrg(tx: Tx, org: NewOrg, now: Instant): Promise<Org | undefined> {
  await tx.query(
    `insert into platform.orgs (id, slug, name, tier, created_at) values ($1, $2, $3, $4, $5)
     on conflict do nothing`,
    [org.id, org.slug, org.name, org.tier, iso(now)],
  );
  return readOrg(tx, org.id);
}

/** Undefined when it was changed meanwhile [AP8]. */
export async function renameOrg(
  tx: Tx,
  id: string,
  version: number,
  name: string,
): Promise<Org | undefined> {
  const [row] = await tx.query(
    `update platform.orgs set name = $3, version = version + 1 where id = $1 and version = $2
     returning ${COLUMNS}`,
    [id, version, name],
  );
  return row === undefined ? undefined : Org.parse(row);
}

export interface OrgState {
  readonly status: "active" | "suspended" | "deleting";
  readonly purgeAt: Instant | null;
}

/** Undefined when it was changed meanwhile, or is deleted for good. */
export async function setOrgState(
  tx: Tx,
  id: string,
  version: number,
  state: OrgState,
): Promise<Org | undefined> {
  const [row] = await tx.query(
    `update platform.orgs set status = $3, purge_at = $4, version = version + 1
     where id = $1 and version = $2 and status <> 'deleted' returning ${COLUMNS}`,
    [id, version, state.status, state.purgeAt === null ? null : iso(state.purgeAt)],
  );
  return row === undefined ? undefined : Org.parse(row);
}

export async function setOrgTier(
  tx: Tx,
  id: string,
  version: number,
  tier: string,
): Promise<Org | undefined> {
  const [row] = await tx.query(
    `update platform.orgs set tier = $3, version = version + 1 where id = $1 and version = $2
     returning ${COLUMNS}`,
    [id, version, tier],
  );
  return row === undefined ? undefined : Org.parse(row);
}

export async function tierExists(tx: Tx, tier: string): Promise<boolean> {
  const rows = await tx.query("select 1 from platform.tiers where tier = $1 limit 1", [tier]);
  return rows.length > 0;
}

const adminOrgOf = (row: SqlRow): AdminOrg => ({
  ...Org.parse({
    id: row["id"],
    slug: row["slug"],
    name: row["name"],
    tier: row["tier"],
    status: row["status"],
    created_at: textOf(row, "created_at"),
    version: row["version"],
  }),
  members: numberOf(row, "members"),
  purge_at: textOrNull(row, "purge_at"),
});

/** All organizations, newest first; none unless the scope is the reserved one. */
export async function listAllOrgs(
  tx: Tx,
  after: { readonly createdAt: string; readonly id: string } | undefined,
  limit: number,
): Promise<readonly AdminOrg[]> {
  const rows = await tx.query("select * from platform.admin_orgs($1, $2, $3)", [
    after?.createdAt ?? null,
    after?.id ?? null,
    limit,
  ]);
  return rows.map(adminOrgOf);
}

/** The organization of the scope, as the operator sees it. */
export async function readAdminOrg(tx: Tx, id: string): Promise<AdminOrg | undefined> {
  const [row] = await tx.query(
    `select ${COLUMNS}, purge_at, (select count(*)::int from platform.memberships where org_id = $1) as members
     from platform.orgs where id = $1`,
    [id],
  );
  return row === undefined ? undefined : adminOrgOf(row);
}
