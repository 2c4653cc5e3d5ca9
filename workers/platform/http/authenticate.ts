/** Finds out who sent a request: a signed-in user by access token, or an API key. */
import type { Context } from "hono";
import type { AccessClaims } from "../identity/model.ts";
import { checkAccessToken } from "../identity/service/signing.ts";
import { seatOf, type CurrentSeat } from "../identity/service/seats.ts";
import { principalOfKey } from "../keys/service.ts";
import { done, refuse, type Result } from "../model.ts";
import { grantsOf } from "../orgs/rules.ts";
import type { Principal } from "./model.ts";
import type { AppEnv } from "./plumbing.ts";

const KEY_PREFIX = "ewk_";
const BEARER = /^Bearer +([^\s]+) *$/i;

/**
 * The principal of a request.
 * Refusals: `unauthenticated`, `token_expired`, `org_suspended`.
 *
 * @param fresh reads key, session and membership again instead of trusting an answer up to 15 minutes old [TK17]
 */
export async function authenticate(c: Context<AppEnv>, fresh: boolean): Promise<Result<Principal>> {
  const credential = credentialOf(c.req.raw.headers);
  if (credential === undefined) return refuse("unauthenticated");
  const ports = { env: c.env, sql: c.var.sql, now: c.var.now };
  if (credential.startsWith(KEY_PREFIX)) return principalOfKey(ports, credential, fresh);
  const checked = await checkAccessToken(ports, credential);
  if (checked === "expired") return refuse("token_expired");
  if (checked === "invalid") return refuse("unauthenticated");
  const { claims } = checked;
  const seat = fresh ? await seatOf(ports, claims) : done(claimedSeat(claims));
  return seat.ok ? done(userOf(claims, seat.value)) : seat;
}

const claimedSeat = (claims: AccessClaims): CurrentSeat | null =>
  claims.org === undefined
    ? null
    : { org: claims.org, role: claims.org_role, grants: claims.grants ?? [] };

const userOf = (claims: AccessClaims, seat: CurrentSeat | null): Principal => ({
  kind: "user",
  id: claims.sub,
  sid: claims.sid,
  name: claims.name ?? claims.sub,
  org: seat?.org ?? null,
  grants: seat?.role === undefined ? [] : grantsOf(seat.role, seat.grants, seat.org),
});

/** Both headers may be sent if they agree [KY2]. */
function credentialOf(headers: Headers): string | undefined {
  const bearer = BEARER.exec(headers.get("authorization") ?? "")?.[1];
  const apiKey = headers.get("x-api-key")?.trim() ?? undefined;
  if (bearer !== undefined && apiKey !== undefined && bearer !== apiKey) return undefined;
  return bearer ?? apiKey;
}
