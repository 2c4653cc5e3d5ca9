/** Making, renaming and deleting an organization, and what the operator of the installation does with all of them. */
import type { AuditOrigin } from "../../audit/model.ts";
import { appendAudit } from "../../audit/service.ts";
import type { Sql } from "../../adapters/sql.ts";
import { assert, done, refuse, type Result } from "../../model.ts";
import { PLATFORM_ORG_ID } from "../../tasks/rules.ts";
import { PURGE_AFTER_MS, type AdminOrg, type Org } from "../model.ts";
import { createOrg, type Acceptor } from "../service.ts";
import { readJoiner, roleOf } from "../store/members.ts";
import { isDue } from "../store/purge.ts";
import {
  lockOrg,
  readAdminOrg,
  readOrg,
  renameOrg,
  setOrgState,
  setOrgTier,
  tierExists,
} from "../store/orgs.ts";

/** True for an owner of the reserved organization, whichever organization the session is in. */
export const runsInstallation = async (sql: Sql, userId: string): Promise<boolean> =>
  (await sql.transaction({ user: userId }, (tx) => roleOf(tx, PLATFORM_ORG_ID, userId))) ===
  "owner";

export interface FoundingWish {
  readonly id: string;
  readonly name: string;
  readonly tier: string;
}

/**
 * An organization whose owner is the founder; a second try with the same id finds the first.
 * Refusals: `name_taken`, `forbidden` for a disabled user.
 */
export async function foundOrg(
  sql: Sql,
  founder: Acceptor,
  wish: FoundingWish,
): Promise<Result<Org>> {
  const ownerId = founder.actor.id;
  return sql.transaction({ org: wish.id, user: ownerId }, async (tx) => {
    const before = await readOrg(tx, wish.id);
    if (before !== undefined) return done(before);
    if ((await readJoiner(tx, ownerId))?.active !== true) return refuse("forbidden");
    const made = await createOrg(tx, { ...wish, ownerId }, founder.at);
    if (!made.ok) return made;
    await appendAudit(tx, {
      ...founder,
      org: wish.id,
      action: "org.create",
      resource: "org",
      // Its name may be a person's, and the chain outlives it [TN8].
      changes: { tier: { before: null, after: made.value.tier } },
    });
    return made;
  });
}

/** Another name; the short name stays. Refusal: `version_mismatch`. */
export async function changeOrg(
  sql: Sql,
  origin: AuditOrigin,
  version: number,
  name: string | undefined,
): Promise<Result<Org>> {
  return sql.transaction({ org: origin.org }, async (tx) => {
    const before = await lockOrg(tx, origin.org);
    if (before === undefined) return refuse("not_found");
    const after = await renameOrg(tx, origin.org, version, name ?? before.name);
    if (after === undefined) return refuse("version_mismatch");
    await appendAudit(tx, {
      ...origin,
      action: "org.update",
      resource: "org",
      // That it was renamed, not from what to what: the chain outlives its name [TN8].
      changes: { version: { before: before.version, after: after.version } },
    });
    return done(after);
  });
}

/**
 * Begins the deletion: from now on every credential of the organization is refused, and after thirty days its rows and
 * objects go [TN8]. Refusals: `version_mismatch`; `forbidden` for the reserved organization.
 */
export async function deleteOrg(
  sql: Sql,
  origin: AuditOrigin,
  version: number,
): Promise<Result<true>> {
  if (origin.org === PLATFORM_ORG_ID) return refuse("forbidden", { detail: RESERVED });
  return sql.transaction({ org: origin.org }, async (tx) => {
    const purgeAt = origin.at + PURGE_AFTER_MS;
    const after = await setOrgState(tx, origin.org, version, { status: "deleting", purgeAt });
    if (after === undefined) return refuse("version_mismatch");
    await appendAudit(tx, {
      ...origin,
      action: "org.delete",
      resource: "org",
      changes: {
        status: { before: "active", after: "deleting" },
        purge_at: { before: null, after: new Date(purgeAt).toISOString() },
      },
    });
    return done(true);
  });
}

const OVERDUE = "Its thirty days are over: the deletion may be half done.";
const RESERVED = "The organization of the installation itself stays.";

/** The organization an operator's change is meant for, and the version it was based on. */
export interface AdminTarget {
  readonly orgId: string;
  readonly version: number;
}

/** Another tier. Refusals: `not_found`, `version_mismatch`, `validation_failed` when there is no such tier. */
export async function changeTier(
  sql: Sql,
  operator: Acceptor,
  target: AdminTarget,
  tier: string,
): Promise<Result<AdminOrg>> {
  const { orgId, version } = target;
  return sql.transaction({ org: orgId }, async (tx) => {
    const before = await lockOrg(tx, orgId);
    if (before === undefined || before.status === "deleted") return refuse("not_found");
    if (!(await tierExists(tx, tier)))
      return refuse("validation_failed", { errors: [NO_SUCH_TIER] });
    const after = await setOrgTier(tx, orgId, version, tier);
    if (after === undefined) return refuse("version_mismatch");
    await appendAudit(tx, {
      ...operator,
      org: orgId,
      action: "limits.change",
      resource: "org/tier",
      changes: { tier: { before: before.tier, after: tier } },
    });
    return done(await present(readAdminOrg(tx, orgId)));
  });
}

const NO_SUCH_TIER = {
  location: "/tier",
  message: "is not a tier",
  fix: "One of free, starter, pro, enterprise, self_hosted.",
} as const;

/**
 * Suspends an organization or lets it work again, also one that is being deleted, until its thirty days are over.
 * Refusals: `not_found`, `version_mismatch`; `forbidden` for the reserved organization, and for one whose deletion is due.
 */
export async function changeStatus(
  sql: Sql,
  operator: Acceptor,
  target: AdminTarget,
  status: "active" | "suspended",
): Promise<Result<AdminOrg>> {
  const { orgId, version } = target;
  if (orgId === PLATFORM_ORG_ID) return refuse("forbidden", { detail: RESERVED });
  return sql.transaction({ org: orgId }, async (tx) => {
    const before = await lockOrg(tx, orgId);
    if (before === undefined || before.status === "deleted") return refuse("not_found");
    if (await isDue(tx, orgId, operator.at)) return refuse("forbidden", { detail: OVERDUE });
    const after = await setOrgState(tx, orgId, version, { status, purgeAt: null });
    if (after === undefined) return refuse("version_mismatch");
    await appendAudit(tx, {
      ...operator,
      org: orgId,
      action: "org.update",
      resource: "org",
      changes: { status: { before: before.status, after: status } },
    });
    return done(await present(readAdminOrg(tx, orgId)));
  });
}

async function present(read: Promise<AdminOrg | undefined>): Promise<AdminOrg> {
  const org = await read;
  assert(org !== undefined, "an organization that was just changed is there");
  return org;
}
