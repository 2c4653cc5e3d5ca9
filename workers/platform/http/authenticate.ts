/** Finds out who sent a request: a signed-in user by access token, or an API key. */
import type { Context } from "hono";
import { checkAccessToken } from "../identity/service/signing.ts";
import { seatOf } from "../identity/service/seats.ts";
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
  const seat = fresh
    ? await seatOf(ports, claims)
    : done(claims.org === undefined ? null : { org: claims.org, role: claims.org_role, grants: claims.grants ?? [] });
  if (!seat.ok) return seat;
  const { value } = seat;
  return done({
    kind: "user",
    id: claims.sub,
    sid: claims.sid,
    name: claims.sub,
    org: value?.org ?? null,
    grants: value?.role === undefined ? [] : grantsOf(value.role, value.grants),
  });
}

/** Both headers may be sent if they agree [KY2]. */
function credentialOf(headers: Headers): string | undefined {
  const bearer = BEARER.exec(headers.get("authorization") ?? "")?.[1];
  const apiKey = headers.get("x-api-key")?.trim() ?? undefined;
  if (bearer !== undefined && apiKey !== undefined && bearer !== apiKey) return undefined;
  return bearer ?? apiKey;
}
