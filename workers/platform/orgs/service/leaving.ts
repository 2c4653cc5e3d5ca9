/** Leaving an organization: by oneself, or because the person is erased. Its row is locked first [ID16]. */
import type { AuditOrigin } from "../../audit/model.ts";
import { appendAudit } from "../../audit/service.ts";
import type { Sql, Tx } from "../../adapters/sql.ts";
import { revokeKeysOf } from "../../keys/service.ts";
import { done, refuse, type Result } from "../../model.ts";
import { forgetAddressOf, revokeInvitationsOf } from "../store/invitations.ts";
import { countOwners, deleteMember, roleOf } from "../store/members.ts";
import { lockOrg } from "../store/orgs.ts";

/** True when the organization would have no owner without this user; the scope holds it. */
export const isLastOwner = async (tx: Tx, org: string, userId: string): Promise<boolean> =>
  (await roleOf(tx, org, userId)) === "owner" && (await countOwners(tx, org)) <= 1;

/**
 * The actor leaves, whatever their role; the keys they made and their open invitations are revoked [ID17].
 * Refusals: `not_found` for who is no member, `last_owner`.
 */
export const leaveOrg = (sql: Sql, origin: AuditOrigin): Promise<Result<void>> =>
  sql.transaction({ org: origin.org }, async (tx) => {
    await lockOrg(tx, origin.org);
    if ((await roleOf(tx, origin.org, origin.actor.id)) === undefined) return refuse("not_found");
    return takeOut(tx, origin, origin.actor.id);
  });

/**
 * Takes whoever is erased out of the organization, as far as they are still in it, in the caller's transaction; their
 * address leaves the invitation they came by. Refusal: `last_owner`.
 */
export async function forgetMember(
  tx: Tx,
  origin: AuditOrigin,
  userId: string,
): Promise<Result<void>> {
  await lockOrg(tx, origin.org);
  await forgetAddressOf(tx, userId);
  return takeOut(tx, origin, userId);
}

async function takeOut(tx: Tx, origin: AuditOrigin, userId: string): Promise<Result<void>> {
  if (await isLastOwner(tx, origin.org, userId)) return refuse("last_owner");
  const role = await roleOf(tx, origin.org, userId);
  await deleteMember(tx, origin.org, userId);
  const keys = await revokeKeysOf(tx, userId, origin.at);
  const invitations = await revokeInvitationsOf(tx, userId, "viewer", origin.at);
  if (role === undefined && keys.length === 0 && invitations === 0) return done(undefined);
  await appendAudit(tx, {
    ...origin,
    action: "members.remove",
    resource: `members/${userId}`,
    changes: {
      role: { before: role ?? null, after: null },
      keys_revoked: { before: null, after: [...keys] },
    },
  });
  return done(undefined);
}
