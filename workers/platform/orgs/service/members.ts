/** Changing and removing members. The organization's row is locked first, so that there is an owner at every commit [ID16]. */
import type { AuditOrigin } from "../../audit/model.ts";
import { appendAudit } from "../../audit/service.ts";
import type { Sql, Tx } from "../../adapters/sql.ts";
import { revokeKeysOf } from "../../keys/service.ts";
import { assert, done, refuse, type Result } from "../../model.ts";
import type { ChangeMember, Member, Role } from "../model.ts";
import { firstNotGiven, moveRefusal } from "../rules.ts";
import { revokeInvitationsOf } from "../store/invitations.ts";
import { countOwners, deleteMember, readMember, roleOf, updateMember } from "../store/members.ts";
import { lockOrg } from "../store/orgs.ts";

/** The member a change is meant for, and the version it was based on. */
export interface Target {
  readonly userId: string;
  readonly version: number;
}

/**
 * Another role, other grants.
 * Refusals: `not_found`, `version_mismatch`, `last_owner`, `forbidden` (above the own role; only owners touch owners).
 */
export async function changeMember(
  sql: Sql,
  origin: AuditOrigin,
  target: Target,
  change: ChangeMember,
): Promise<Result<Member>> {
  return sql.transaction({ org: origin.org }, async (tx) => {
    const found = await movable(tx, origin, target, (member) => change.role ?? member.role);
    if (!found.ok) return found;
    const before = found.value;
    const wish = {
      ...before,
      role: change.role ?? before.role,
      grants: change.grants === undefined ? before.grants : [...new Set(change.grants)],
    };
    if (!(await updateMember(tx, origin.org, wish))) return refuse("version_mismatch");
    const lowest = firstNotGiven(wish.role);
    if (lowest !== undefined) await revokeInvitationsOf(tx, before.user_id, lowest, origin.at);
    await appendAudit(tx, {
      ...origin,
      action: "members.update",
      resource: `members/${before.user_id}`,
      changes: {
        role: { before: before.role, after: wish.role },
        grants: { before: before.grants, after: wish.grants },
      },
    });
    const after = await readMember(tx, origin.org, before.user_id);
    assert(after !== undefined, "a member that was just changed is there");
    return done(after);
  });
}

export interface Removal extends Target {
  /** Keys the member made live on. */
  readonly keepKeys: boolean;
}

/**
 * Removes a member. Their keys are revoked unless `keepKeys`, their open invitations always [ID17].
 * Refusals: `not_found`, `version_mismatch`, `last_owner`, `forbidden`.
 */
export async function removeMember(
  sql: Sql,
  origin: AuditOrigin,
  removal: Removal,
): Promise<Result<true>> {
  return sql.transaction({ org: origin.org }, async (tx) => {
    const found = await movable(tx, origin, removal, () => undefined);
    if (!found.ok) return found;
    const { user_id: userId, role } = found.value;
    await deleteMember(tx, origin.org, userId);
    const keys = removal.keepKeys ? [] : await revokeKeysOf(tx, userId, origin.at);
    await revokeInvitationsOf(tx, userId, "viewer", origin.at);
    await appendAudit(tx, {
      ...origin,
      action: "members.remove",
      resource: `members/${userId}`,
      changes: {
        role: { before: role, after: null },
        keys_revoked: { before: null, after: [...keys] },
      },
    });
    return done(true);
  });
}

/** The member as the actor may change them, with the organization locked. */
async function movable(
  tx: Tx,
  origin: AuditOrigin,
  target: Target,
  becomes: (member: Member) => Role | undefined,
): Promise<Result<Member>> {
  await lockOrg(tx, origin.org);
  const member = await readMember(tx, origin.org, target.userId);
  if (member === undefined) return refuse("not_found");
  if (member.version !== target.version) return refuse("version_mismatch");
  const refusal = moveRefusal({
    actor: await roleOf(tx, origin.org, origin.actor.id),
    from: member.role,
    to: becomes(member),
    owners: await countOwners(tx, origin.org),
  });
  if (refusal === undefined) return done(member);
  return refusal === "last_owner" ? refuse(refusal) : refuse(refusal, { detail: ABOVE });
}

const ABOVE = "Nobody gives a role above their own, and only owners change owners.";
