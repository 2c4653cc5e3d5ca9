/** Members of one organization, in its scope; their names come from a function that shows profiles of members alone. */
import { numberOf, textOf, textOrNull, textsOf } from "../../adapters/rows.ts";
import type { SqlRow, Tx } from "../../adapters/sql.ts";
import type { Instant } from "../../model.ts";
import { Member, Role } from "../model.ts";

const COLUMNS =
  "m.user_id, p.name, p.email, m.role, to_jsonb(m.grants) as grants, m.source, m.created_at, m.version";
const FROM =
  "from platform.memberships m join platform.member_profiles() p on p.id = m.user_id where m.org_id = $1";

const memberOf = (row: SqlRow): Member => Member.parse({ ...row, email: textOrNull(row, "email") });

/** At most `limit` members, newest first, older than `after`. */
export async function listMembers(
  tx: Tx,
  orgId: string,
  after: { readonly createdAt: string; readonly id: string } | undefined,
  limit: number,
): Promise<readonly Member[]> {
  const rows = await tx.query(
    `select ${COLUMNS} ${FROM}
       and ($2::timestamptz is null or (m.created_at, m.user_id) < ($2::timestamptz, $3::uuid))
     order by m.created_at desc, m.user_id desc limit $4`,
    [orgId, after?.createdAt ?? null, after?.id ?? null, limit],
  );
  return rows.map(memberOf);
}

export async function readMember(
  tx: Tx,
  orgId: string,
  userId: string,
): Promise<Member | undefined> {
  const [row] = await tx.query(`select ${COLUMNS} ${FROM} and m.user_id = $2`, [orgId, userId]);
  return row === undefined ? undefined : memberOf(row);
}

/** The role alone; undefined when the user is no member. */
export async function roleOf(tx: Tx, orgId: string, userId: string): Promise<Role | undefined> {
  const [row] = await tx.query(
    "select role from platform.memberships where org_id = $1 and user_id = $2",
    [orgId, userId],
  );
  return row === undefined ? undefined : Role.parse(row["role"]);
}

/**
 * Role and grants of a member, who stays one until the transaction ends: a removal waits, and then sees what was made
 * here.
 */
export async function holdMember(
  tx: Tx,
  orgId: string,
  userId: string,
): Promise<Pick<Member, "role" | "grants"> | undefined> {
  const [row] = await tx.query(
    `select role, to_jsonb(grants) as grants from platform.memberships
     where org_id = $1 and user_id = $2 for share`,
    [orgId, userId],
  );
  return row === undefined ? undefined : Member.pick({ role: true, grants: true }).parse(row);
}

export async function countOwners(tx: Tx, orgId: string): Promise<number> {
  const [row] = await tx.query(
    "select count(*)::int as owners from platform.memberships where org_id = $1 and role = 'owner'",
    [orgId],
  );
  return row === undefined ? 0 : numberOf(row, "owners");
}

export interface Seating {
  readonly orgId: string;
  readonly userId: string;
  readonly role: Role;
  readonly source: string;
}

/** False when the user is a member already; who is keeps role and grants. */
export async function insertMember(tx: Tx, seat: Seating, now: Instant): Promise<boolean> {
  const rows = await tx.query(
    `insert into platform.memberships (org_id, user_id, role, source, created_at) values ($1, $2, $3, $4, $5)
     on conflict (org_id, user_id) do nothing returning user_id`,
    [seat.orgId, seat.userId, seat.role, seat.source, new Date(now).toISOString()],
  );
  return rows.length > 0;
}

/** False when it was changed meanwhile [AP8]. */
export async function updateMember(
  tx: Tx,
  orgId: string,
  wish: Pick<Member, "user_id" | "version" | "role" | "grants">,
): Promise<boolean> {
  const rows = await tx.query(
    `update platform.memberships set role = $4, grants = $5::text[], version = version + 1
     where org_id = $1 and user_id = $2 and version = $3 returning user_id`,
    [orgId, wish.user_id, wish.version, wish.role, wish.grants],
  );
  return rows.length > 0;
}

export async function deleteMember(tx: Tx, orgId: string, userId: string): Promise<void> {
  await tx.query("delete from platform.memberships where org_id = $1 and user_id = $2", [
    orgId,
    userId,
  ]);
}

/** Who asks to join, as their own scope shows them. */
export interface Joiner {
  readonly active: boolean;
  /** Of the user and of their identities: whoever a provider vouches for an address holds the link as well. */
  readonly verifiedEmails: readonly string[];
}

export async function readJoiner(tx: Tx, userId: string): Promise<Joiner | undefined> {
  const [row] = await tx.query(
    `select u.status, to_jsonb(array(
       select u.email where u.email_verified
       union select i.email from platform.identities i where i.user_id = u.id and i.email is not null)) as emails
     from platform.users u where u.id = $1`,
    [userId],
  );
  if (row === undefined) return undefined;
  return { active: textOf(row, "status") === "active", verifiedEmails: textsOf(row, "emails") };
}
