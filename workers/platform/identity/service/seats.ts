/** Reads session and membership again, for changes that must not trust a token of up to 15 minutes [TK17]. */
import type { Sql, Tx } from "../../adapters/sql.ts";
import { done, refuse, type Instant, type Result } from "../../model.ts";
import type { Role } from "../../orgs/model.ts";
import type { AccessClaims } from "../model.ts";
import { findProfile, findSeat, holdFamily, readFamily, type Profile } from "../store/families.ts";
import { isLive } from "./sessions.ts";
import type { TokenPorts } from "./signing.ts";

export interface CurrentSeat {
  readonly org: string;
  readonly role: Role | undefined;
  readonly grants: readonly string[];
}

/** The seat as it is now; null without an organization. Refusals: `unauthenticated` once the session or the seat is gone. */
export async function seatOf(
  ports: TokenPorts,
  claims: AccessClaims,
): Promise<Result<CurrentSeat | null>> {
  return ports.sql.transaction({ user: claims.sub }, async (tx) => {
    const family = await readFamily(tx, claims.sid);
    if (family === undefined || !isLive(family, ports.now())) return refuse("unauthenticated");
    if (claims.org === undefined) return done(null);
    const seat = await findSeat(tx, claims.sub, claims.org);
    if (seat === undefined) return refuse("unauthenticated");
    if (seat.orgStatus !== "active") return refuse("org_suspended");
    return done({ org: seat.orgId, role: seat.role, grants: seat.grants });
  });
}

/** Name and address of a user, as only they see it. */
export const profileOf = (sql: Sql, userId: string): Promise<Profile | undefined> =>
  sql.transaction({ user: userId }, (tx) => findProfile(tx, userId));

/**
 * True for a living session, which lives on until the caller's transaction ends: who ends it at the same moment goes
 * after it, and finds what was made here.
 */
export const holdSession = (tx: Tx, sid: string | undefined, now: Instant): Promise<boolean> =>
  sid === undefined ? Promise.resolve(false) : holdFamily(tx, sid, now);
