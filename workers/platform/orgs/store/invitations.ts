/** Invitations in Postgres. Only the look-ups by token and by address work before an organization is known [TN4]. */
import { instantOf, instantOrNull, textOf, textOrNull } from "../../adapters/rows.ts";
import type { SqlRow, Tx } from "../../adapters/sql.ts";
import type { Instant } from "../../model.ts";
import { Role } from "../model.ts";
import { ROLES } from "../rules.ts";

const COLUMNS =
  "id, email, role, invited_by, created_at, expires_at, accepted_at, accepted_by, revoked_at";

/** What decides whether an invitation can still be used. */
export interface InvitationState {
  readonly expiresAt: Instant;
  readonly acceptedAt: Instant | null;
  readonly revokedAt: Instant | null;
}

export interface InvitationRow extends InvitationState {
  readonly id: string;
  readonly email: string | null;
  readonly role: Role;
  readonly invitedBy: string;
  readonly createdAt: string;
  readonly acceptedBy: string | null;
}

const iso = (at: Instant): string => new Date(at).toISOString();

const stateOf = (row: SqlRow): InvitationState => ({
  expiresAt: instantOf(row, "expires_at"),
  acceptedAt: instantOrNull(row, "accepted_at"),
  revokedAt: instantOrNull(row, "revoked_at"),
});

const invitationOf = (row: SqlRow): InvitationRow => ({
  ...stateOf(row),
  id: textOf(row, "id"),
  email: textOrNull(row, "email"),
  role: Role.parse(row["role"]),
  invitedBy: textOf(row, "invited_by"),
  createdAt: textOf(row, "created_at"),
  acceptedBy: textOrNull(row, "accepted_by"),
});

export interface FoundInvitation extends InvitationState {
  readonly orgId: string;
  readonly id: string;
  readonly email: string | null;
  readonly role: Role;
  readonly orgName: string;
  readonly orgStatus: string;
}

export async function findInvitation(
  tx: Tx,
  hash: Uint8Array,
): Promise<FoundInvitation | undefined> {
  const [row] = await tx.query("select * from platform.find_invitation($1)", [hash]);
  if (row === undefined) return undefined;
  return {
    ...stateOf(row),
    orgId: textOf(row, "org_id"),
    id: textOf(row, "id"),
    email: textOrNull(row, "email"),
    role: Role.parse(row["role"]),
    orgName: textOf(row, "org_name"),
    orgStatus: textOf(row, "org_status"),
  };
}

export interface OpenInvitation {
  readonly orgId: string;
  readonly id: string;
  readonly role: Role;
}

export async function findOpenFor(
  tx: Tx,
  email: string,
  now: Instant,
): Promise<OpenInvitation | undefined> {
  const [row] = await tx.query("select * from platform.open_invitation_for($1, $2)", [
    email,
    iso(now),
  ]);
  if (row === undefined) return undefined;
  return { orgId: textOf(row, "org_id"), id: textOf(row, "id"), role: Role.parse(row["role"]) };
}

export interface NewInvitation {
  readonly id: string;
  readonly orgId: string;
  readonly hash: Uint8Array;
  readonly email: string | null;
  readonly role: Role;
  readonly invitedBy: string;
  readonly createdAt: Instant;
  readonly expiresAt: Instant;
}

/** Undefined when a first try of the same request made it already. */
export async function insertInvitation(
  tx: Tx,
  wish: NewInvitation,
): Promise<InvitationRow | undefined> {
  const [row] = await tx.query(
    `insert into platform.invitations (org_id, id, hash, email, role, invited_by, created_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (org_id, id) do nothing returning ${COLUMNS}`,
    [
      wish.orgId,
      wish.id,
      wish.hash,
      wish.email,
      wish.role,
      wish.invitedBy,
      iso(wish.createdAt),
      iso(wish.expiresAt),
    ],
  );
  return row === undefined ? undefined : invitationOf(row);
}

export async function readInvitation(tx: Tx, id: string): Promise<InvitationRow | undefined> {
  const [row] = await tx.query(`select ${COLUMNS} from platform.invitations where id = $1`, [id]);
  return row === undefined ? undefined : invitationOf(row);
}

/** At most `limit` invitations, newest first, older than `after`. */
export async function listInvitations(
  tx: Tx,
  after: { readonly createdAt: string; readonly id: string } | undefined,
  limit: number,
): Promise<readonly InvitationRow[]> {
  const rows = await tx.query(
    `select ${COLUMNS} from platform.invitations
     where $1::timestamptz is null or (created_at, id) < ($1::timestamptz, $2::uuid)
     order by created_at desc, id desc limit $3`,
    [after?.createdAt ?? null, after?.id ?? null, limit],
  );
  return rows.map(invitationOf);
}

/** Uses it up: one statement, so that of many acceptances one wins. */
export async function useInvitation(
  tx: Tx,
  id: string,
  userId: string,
  now: Instant,
): Promise<boolean> {
  const rows = await tx.query(
    `update platform.invitations set accepted_at = $3, accepted_by = $2
     where id = $1 and accepted_at is null and revoked_at is null and expires_at > $3 returning id`,
    [id, userId, iso(now)],
  );
  return rows.length > 0;
}

/** False when it is not open any more. */
export async function revokeInvitation(tx: Tx, id: string, now: Instant): Promise<boolean> {
  const rows = await tx.query(
    `update platform.invitations set revoked_at = $2
     where id = $1 and accepted_at is null and revoked_at is null returning id`,
    [id, iso(now)],
  );
  return rows.length > 0;
}

/** Revokes the open invitations of a user to roles from `lowest` on: they may not give these any more. */
export async function revokeInvitationsOf(
  tx: Tx,
  userId: string,
  lowest: Role,
  now: Instant,
): Promise<number> {
  const rows = await tx.query(
    `update platform.invitations set revoked_at = $3
     where invited_by = $1 and role = any ($2::text[]) and accepted_at is null and revoked_at is null returning id`,
    [userId, ROLES.slice(ROLES.indexOf(lowest)), iso(now)],
  );
  return rows.length;
}

/** The invitation by which a user came says no more for whom it was. */
export async function forgetAddressOf(tx: Tx, userId: string): Promise<void> {
  await tx.query("update platform.invitations set email = null where accepted_by = $1", [userId]);
}

/** Forgets what ended before a time. */
export async function deleteInvitations(tx: Tx, orgId: string, before: Instant): Promise<number> {
  const rows = await tx.query(
    "delete from platform.invitations where org_id = $1 and expires_at < $2 returning id",
    [orgId, iso(before)],
  );
  return rows.length;
}
