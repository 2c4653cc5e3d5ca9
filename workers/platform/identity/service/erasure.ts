/**
 * Erases a person: what works in their name ends, what names them goes, everywhere [AU5]. One transaction per
 * organization, the user's own row last: who was interrupted asks again, and finds what is left.
 */
import type { AuditOrigin } from "../../audit/model.ts";
import { appendAudit } from "../../audit/service.ts";
import { erasePii } from "../../audit/service/erasure.ts";
import type { Sql } from "../../adapters/sql.ts";
import { done, refuse, type Result } from "../../model.ts";
import { forgetMember, isLastOwner } from "../../orgs/service/leaving.ts";
import { PLATFORM_ORG_ID } from "../../tasks/rules.ts";
import { REAUTH_MS } from "../model.ts";
import { eraseUser, orgsOfOwnTraces } from "../store/erasure.ts";
import { findProfile, readFamily } from "../store/families.ts";
import type { TokenPorts } from "./signing.ts";

/** Who asks: the operator of the installation, or the person. */
export type Eraser = Omit<AuditOrigin, "org">;

const NOBODY = { name: null, ip: null, userAgent: null };

/**
 * Erases a user. Done again it erases what came since.
 * Refusals: `not_found`; `last_owner`, before anything was changed, for who is the only owner of an organization.
 */
export async function erasePerson(sql: Sql, eraser: Eraser, userId: string): Promise<Result<void>> {
  const own = eraser.actor.kind === "user" && eraser.actor.id === userId;
  const origin = own ? { ...eraser, pii: NOBODY } : eraser;
  const scope = { user: userId };
  if ((await sql.transaction(scope, (tx) => findProfile(tx, userId))) === undefined)
    return refuse("not_found");
  const orgs = await sql.transaction(scope, orgsOfOwnTraces);
  for (const org of orgs)
    if (await sql.transaction({ org }, (tx) => isLastOwner(tx, org, userId))) return ONLY_OWNER;
  for (const org of orgs) {
    const left = await eraseIn(sql, { ...origin, org }, userId);
    if (!left.ok) return left;
  }
  await sql.transaction({ org: PLATFORM_ORG_ID, user: userId }, async (tx) => {
    if (!(await eraseUser(tx, userId, origin.at))) return;
    await appendAudit(tx, {
      ...origin,
      org: PLATFORM_ORG_ID,
      action: "users.erase",
      resource: `users/${userId}`,
      changes: { organizations: { before: orgs.length, after: 0 } },
    });
  });
  return done(undefined);
}

const ONLY_OWNER = refuse("last_owner", {
  detail:
    "An organization has no other owner: make somebody else an owner of it, or delete it, first.",
});

const eraseIn = (sql: Sql, origin: AuditOrigin, userId: string): Promise<Result<void>> =>
  sql.transaction({ org: origin.org }, async (tx) => {
    const left = await forgetMember(tx, origin, userId);
    if (!left.ok) return ONLY_OWNER;
    await erasePii(tx, origin, { user: userId });
    return done(undefined);
  });

/** Erases the signed-in user. Also refused: `reauth_required` when they signed in more than ten minutes ago. */
export async function eraseMyself(
  ports: TokenPorts,
  eraser: Eraser,
  session: string | undefined,
): Promise<Result<void>> {
  const userId = eraser.actor.id;
  const family = await ports.sql.transaction({ user: userId }, (tx) =>
    session === undefined ? Promise.resolve(undefined) : readFamily(tx, session),
  );
  if (family === undefined) return refuse("unauthenticated");
  if (ports.now() - family.authAt > REAUTH_MS) return refuse("reauth_required");
  return erasePerson(ports.sql, eraser, userId);
}
