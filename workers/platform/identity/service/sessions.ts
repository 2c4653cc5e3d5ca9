/** Sessions: opening one, refreshing it, ending it. A family is one sign-in; its tokens are numbered. */
import { equalBytes, fromBase64url, hmacSha256, toBase64url } from "../../adapters/bytes.ts";
import { configurationOf } from "../../adapters/configuration.ts";
import type { Tx } from "../../adapters/sql.ts";
import {
  done,
  refuse,
  uuidv7,
  UUID_RANDOM_BYTES,
  type Instant,
  type Refused,
  type Result,
} from "../../model.ts";
import { ACCESS_TOKEN_S, type AccessToken, type Family, type Seat } from "../model.ts";
import {
  judgeRepeat,
  parseRefresh,
  REFRESH_BODY_BYTES,
  REFRESH_MAC_BYTES,
  REFRESH_PREFIX,
  refreshBytes,
  type RefreshBody,
} from "../rules.ts";
import {
  endFamily,
  findProfile,
  findSeat,
  insertFamily,
  readFamily,
  rememberOrg,
  rotateFamily,
} from "../store/families.ts";
import { issueAccessToken, type TokenPorts } from "./signing.ts";

export interface SessionPorts extends TokenPorts {
  readonly random: (bytes: number) => Uint8Array;
}

/** What the caller gets: the answer's body, and the refresh token for the cookie. */
export interface Opened {
  readonly body: AccessToken;
  readonly refreshToken: string;
}

/** Signs a user in: a new family and its first tokens. */
export async function openSession(
  ports: SessionPorts,
  userId: string,
  userAgent: string | null,
): Promise<Result<Opened>> {
  const now = ports.now();
  const id = uuidv7(now, ports.random(UUID_RANDOM_BYTES));
  const opened = await ports.sql.transaction({ user: userId }, async (tx) => {
    const profile = await findProfile(tx, userId);
    if (profile === undefined || profile.status !== "active") return refuse("forbidden");
    const seat = await findSeat(tx, userId, null);
    await insertFamily(tx, { id, userId, orgId: seat?.orgId ?? null, userAgent }, now);
    return done(seat);
  });
  if (!opened.ok) return opened;
  return done(await issue(ports, { familyId: id, userId, counter: 1 }, now, opened.value));
}

export type Refreshed =
  | { readonly ok: true; readonly value: Opened }
  /** The session moved on although the wish was refused, so the cookie must be replaced [C48]. */
  | (Refused & { readonly refreshToken?: string });

/**
 * Exchanges a refresh token for the next one.
 * Refusals: `refresh_invalid` (forged, ended, expired), `refresh_reused` (a copy is about; the session is ended),
 * `forbidden` (no member of the wished organization), `org_suspended`.
 */
export async function refreshSession(
  ports: SessionPorts,
  token: string,
  orgId: string | undefined,
): Promise<Refreshed> {
  const body = await openRefresh(ports.env, token);
  if (body === undefined) return refuse("refresh_invalid");
  const now = ports.now();
  const turned = await ports.sql.transaction({ user: body.userId }, async (tx) => {
    const rotated = await rotate(tx, body, now);
    if (!rotated.ok) return rotated;
    const seat = await chooseSeat(tx, body.userId, rotated.value, orgId);
    return done({ family: rotated.value, seat });
  });
  if (!turned.ok) return turned;
  const { family, seat } = turned.value;
  const next: RefreshBody = { ...body, counter: body.counter + 1 };
  if (!seat.ok) return { ...seat, refreshToken: await refreshText(ports.env, next) };
  return done(await issue(ports, next, family.authAt, seat.value));
}

/** Ends the session of a token; an unknown token is nobody's session, which is ended already. */
export async function endSession(ports: SessionPorts, token: string): Promise<void> {
  const body = await openRefresh(ports.env, token);
  if (body === undefined) return;
  await ports.sql.transaction({ user: body.userId }, (tx) =>
    endFamily(tx, body.familyId, "logout", ports.now()),
  );
}

async function rotate(tx: Tx, body: RefreshBody, now: Instant): Promise<Result<Family>> {
  const rotated = await rotateFamily(tx, body.familyId, body.counter, now);
  if (rotated !== undefined) return done(rotated);
  const family = await readFamily(tx, body.familyId);
  const repeat = judgeRepeat(family, body.counter, now);
  if (repeat === "reissue" && family !== undefined) return done(family);
  if (repeat === "reused") {
    await endFamily(tx, body.familyId, "reuse", now);
    return refuse("refresh_reused");
  }
  return refuse("refresh_invalid");
}

/** The seat of the wished organization, else of the last one used, else of the oldest; none is a session without one. */
async function chooseSeat(
  tx: Tx,
  userId: string,
  family: Family,
  orgId: string | undefined,
): Promise<Result<Seat | undefined>> {
  const wished = orgId ?? family.lastOrgId;
  const found = await findSeat(tx, userId, wished);
  if (found === undefined && orgId !== undefined)
    return refuse("forbidden", { detail: "You are not a member of this organization." });
  const seat = found ?? (await findSeat(tx, userId, null));
  if (seat === undefined) return done(undefined);
  if (seat.orgStatus !== "active") return refuse("org_suspended");
  if (seat.orgId !== family.lastOrgId) await rememberOrg(tx, family.id, seat.orgId);
  return done(seat);
}

async function issue(
  ports: SessionPorts,
  body: RefreshBody,
  authAt: Instant,
  seat: Seat | undefined,
): Promise<Opened> {
  const claims = {
    sub: body.userId,
    sid: body.familyId,
    auth_time: Math.floor(authAt / 1000),
    jti: toBase64url(ports.random(12)),
    ...(seat === undefined
      ? {}
      : { org: seat.orgId, org_role: seat.role, grants: [...seat.grants] }),
  };
  return {
    body: {
      access_token: await issueAccessToken(ports, claims),
      expires_in: ACCESS_TOKEN_S,
      org_id: seat?.orgId ?? null,
    },
    refreshToken: await refreshText(ports.env, body),
  };
}

async function refreshText(env: Env, body: RefreshBody): Promise<string> {
  const bytes = refreshBytes(body);
  const mac = await hmacSha256(configurationOf(env).tokenKey, bytes);
  return REFRESH_PREFIX + toBase64url(Uint8Array.from([...bytes, ...mac]));
}

/** The MAC comes first, in constant time: nothing of a forged token is looked at [TK10]. */
async function openRefresh(env: Env, token: string): Promise<RefreshBody | undefined> {
  if (!token.startsWith(REFRESH_PREFIX) || token.length > 200) return undefined;
  const bytes = fromBase64url(token.slice(REFRESH_PREFIX.length));
  if (bytes?.length !== REFRESH_BODY_BYTES + REFRESH_MAC_BYTES) return undefined;
  const body = bytes.slice(0, REFRESH_BODY_BYTES);
  const mac = await hmacSha256(configurationOf(env).tokenKey, body);
  return equalBytes(mac, bytes.subarray(REFRESH_BODY_BYTES)) ? parseRefresh(body) : undefined;
}
