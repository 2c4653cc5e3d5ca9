/** Identities at providers, new users, and callbacks that work once. */
import { textOf, textOrNull, instantOf } from "../../adapters/rows.ts";
import { SqlError, type SqlRow, type Tx } from "../../adapters/sql.ts";
import type { Instant } from "../../model.ts";
import { IdentityView, type Proof } from "../model.ts";

const iso = (at: Instant): string => new Date(at).toISOString();

/** True for the first who comes with this hash; call it in any scope [ID4]. */
export async function useNonce(
  tx: Tx,
  hash: Uint8Array,
  expiresAt: Instant,
  now: Instant,
): Promise<boolean> {
  const [row] = await tx.query("select platform.use_nonce($1, $2, $3) as used", [
    hash,
    iso(expiresAt),
    iso(now),
  ]);
  return row?.["used"] === true;
}

/** The user of an identity, in any scope. */
export async function findIdentity(
  tx: Tx,
  { issuer, subject }: Pick<Proof, "issuer" | "subject">,
): Promise<string | undefined> {
  const [row] = await tx.query("select platform.find_identity($1, $2) as user_id", [
    issuer,
    subject,
  ]);
  return row === undefined ? undefined : (textOrNull(row, "user_id") ?? undefined);
}

/** The user whose own address this is, in any scope; addresses that are not verified are not found [ID10]. */
export async function findVerifiedEmail(tx: Tx, email: string): Promise<string | undefined> {
  const [row] = await tx.query("select platform.find_verified_email($1) as user_id", [email]);
  return row === undefined ? undefined : (textOrNull(row, "user_id") ?? undefined);
}

export interface NewUser {
  readonly id: string;
  readonly name: string;
  readonly email: string | null;
  readonly emailVerified: boolean;
}

/** Runs in the scope of the new id. @throws SqlError when the verified address belongs to another user */
export async function insertUser(tx: Tx, user: NewUser, now: Instant): Promise<void> {
  await tx.query(
    "insert into platform.users (id, name, email, email_verified, created_at) values ($1, $2, $3, $4, $5)",
    [user.id, user.name, user.email, user.emailVerified, iso(now)],
  );
}

/** A user who can do nothing any more. */
export async function disableUser(tx: Tx, userId: string): Promise<void> {
  await tx.query("update platform.users set status = 'disabled' where id = $1", [userId]);
}

/** Runs in the user's scope. @throws SqlError when the identity exists already */
export async function insertIdentity(
  tx: Tx,
  identity: { readonly id: string; readonly userId: string; readonly proof: Proof },
  now: Instant,
): Promise<void> {
  const { proof } = identity;
  await tx.query(
    `insert into platform.identities (id, user_id, provider, issuer, subject, name, email, created_at, last_login_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $8)`,
    [
      identity.id,
      identity.userId,
      proof.provider,
      proof.issuer,
      proof.subject,
      proof.name,
      proof.emails[0] ?? null,
      iso(now),
    ],
  );
}

/** Notes a sign-in, and what the provider says about the account now. */
export async function touchIdentity(tx: Tx, proof: Proof, now: Instant): Promise<void> {
  await tx.query(
    `update platform.identities set last_login_at = $3, name = $4, email = $5
     where issuer = $1 and subject = $2`,
    [proof.issuer, proof.subject, iso(now), proof.name, proof.emails[0] ?? null],
  );
}

/** Gives a user without a verified address this one, unless it is another's; an address they gave must be the same. */
export async function adoptEmail(tx: Tx, userId: string, email: string): Promise<void> {
  await tx.query(
    `update platform.users set email = $2, email_verified = true, version = version + 1
     where id = $1 and not email_verified and (email is null or lower(email) = lower($2))
       and platform.find_verified_email($2) is null`,
    [userId, email],
  );
}

/** The identities of the scope's user, the oldest first. */
export async function listIdentities(tx: Tx, userId: string): Promise<readonly IdentityView[]> {
  const rows = await tx.query(
    `select id, provider, name, email, created_at, last_login_at from platform.identities
     where user_id = $1 order by created_at, id`,
    [userId],
  );
  return rows.map(viewOf);
}

const viewOf = (row: SqlRow): IdentityView =>
  IdentityView.parse({
    id: textOf(row, "id"),
    provider: row["provider"],
    name: textOf(row, "name"),
    email: textOrNull(row, "email"),
    created_at: iso(instantOf(row, "created_at")),
    last_login_at: iso(instantOf(row, "last_login_at")),
  });

/** Held until the transaction ends: of two changes of one user's identities, one waits. */
export async function lockUser(tx: Tx, userId: string): Promise<void> {
  await tx.query("select 1 from platform.users where id = $1 for update", [userId]);
}

export async function deleteIdentity(tx: Tx, id: string): Promise<void> {
  await tx.query("delete from platform.identities where id = $1", [id]);
}

export async function renameUser(tx: Tx, userId: string, name: string): Promise<void> {
  await tx.query(
    "update platform.users set name = $2, version = version + 1 where id = $1 and status = 'active'",
    [userId, name],
  );
}

/** Organizations in which keys live that the scope's user made. */
export async function orgsWithOwnKeys(tx: Tx): Promise<readonly string[]> {
  const rows = await tx.query("select platform.orgs_with_own_keys() as id");
  return rows.map((row) => textOf(row, "id"));
}

/** Somebody was quicker: the same identity or address was stored meanwhile. */
export const isTaken = (error: unknown): boolean =>
  error instanceof SqlError && error.code === "23505";
