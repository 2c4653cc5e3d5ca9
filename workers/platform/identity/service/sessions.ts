/** Sessions: opening one, refreshing it, ending it. A family is one sign-in; its tokens are numbered. */
import { equalBytes, fromBase64url, hmacSha256, toBase64url } from "../../adapters/bytes.ts";
import { configurationOf } from "../../adapters/configuration.ts";
import type { Tx } from "../../adapters/sql.ts";
import type { AuditOrigin } from "../../audit/model.ts";
import { appendAudit } from "../../audit/service.ts";
import {
  done,
  refuse,
  uuidv7,
  UUID_RANDOM_BYTES,
  type Instant,
  type Refused,
  type Result,
} from "../../model.ts";
import {
  ACCESS_TOKEN_S,
  type AccessToken,
  type Family,
  type ProviderId,
  type Seat,
  type Visitor,
} from "../model.ts";
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
import { PLATFORM_ORG_ID } from "../../tasks/rules.ts";
import { issueAccessToken, type TokenPorts } from "./signing.ts";

export interface SessionPorts extends TokenPorts {
  readonly random: (bytes: number) => Uint8Array;
}

/** What the caller gets: the answer's body, and the refresh token for the cookie. */
export interface Opened {
  readonly body: AccessToken;
  readonly refreshToken: string;
}

/** How somebody signed in, for the audit chain. */
export type Way = ProviderId | "link" | "setup" | "invitation";

/** Signs a user in: a new family and its first tokens. Refusal: `forbidden` for a disabled user [ID6]. */
export async function openSession(
  ports: SessionPorts,
  userId: string,
  visitor: Visitor,
  way: Way,
): Promise<Result<Opened>> {
  const now = ports.now();
  const id = uuidv7(now, ports.random(UUID_RANDOM_BYTES));
  const found = await ports.sql.transaction({ user: userId }, (tx) => findSeat(tx, userId, null));
  const seat = found?.orgStatus === "active" ? found : undefined;
  const org = seat?.orgId ?? PLATFORM_ORG_ID;
  const opened = await ports.sql.transaction({ org, user: userId }, async (tx) => {
    const profile = await findProfile(tx, userId);
    if (profile === undefined || profile.status !== "active") return refuse("forbidden");
    await insertFamily(tx, { id, userId, orgId: seat?.orgId ?? null, visitor }, now);
    const origin = originOf(ports, { org, userId, name: profile.name }, visitor);
    await appendAudit(tx, {
      ...origin,
      action: "identities.login",
      resource: `sessions/${id}`,
      changes: { way: { before: null, after: way } },
    });
    return done(profile);
  });
  if (!opened.ok) return opened;
  const first = { familyId: id, userId, counter: 1 };
  return done(await issue(ports, first, { authAt: now, userName: opened.value.name }, seat));
}

/** Who acts, for the audit chain of `org`: acts outside any organization go to the reserved one [C49]. */
export const originOf = (
  ports: SessionPorts,
  actor: { readonly org: string; readonly userId: string; readonly name: string },
  visitor: Visitor,
): AuditOrigin => ({
  org: actor.org,
  at: ports.now(),
  actor: { kind: "user", id: actor.userId },
  requestId: visitor.requestId,
  pii: { name: actor.name, ip: visitor.ip, userAgent: visitor.userAgent },
  random: ports.random,
});

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
  visitor: Visitor,
): Promise<Refreshed> {
  const body = await openRefresh(ports.env, token);
  if (body === undefined) return refuse("refresh_invalid");
  const now = ports.now();
  const turned = await ports.sql.transaction({ user: body.userId }, async (tx) => {
    const turn = await turnFamily(tx, body, now);
    return turn.kind === "turned"
      ? { ...turn, seat: await chooseSeat(tx, body.userId, turn.family, orgId) }
      : turn;
  });
  if (turned.kind === "ended") return refuse("refresh_invalid");
  if (turned.kind === "reused") {
    const copied = { family: turned.family, userId: body.userId };
    // A token that is too old stays too old, so judging and ending need not share a transaction.
    await endRecorded(ports, copied, "reuse", visitor);
    return refuse("refresh_reused");
  }
  const { family, seat } = turned;
  const next: RefreshBody = { ...body, counter: body.counter + 1 };
  if (!seat.ok) return { ...seat, refreshToken: await refreshText(ports.env, next) };
  return done(await issue(ports, next, family, seat.value));
}

/** Ends the session of a token; an unknown token is nobody's session, which is ended already. */
export async function endSession(
  ports: SessionPorts,
  token: string,
  visitor: Visitor,
): Promise<void> {
  const body = await openRefresh(ports.env, token);
  if (body === undefined) return;
  const { userId, familyId } = body;
  const family = await ports.sql.transaction({ user: userId }, (tx) => readFamily(tx, familyId));
  if (family !== undefined) await endRecorded(ports, { family, userId }, "logout", visitor);
}

/** The living session a refresh token may speak for now, without moving it on; undefined for every other token. */
export async function peekSession(
  ports: SessionPorts,
  token: string,
): Promise<(Family & { readonly userId: string }) | undefined> {
  const body = await openRefresh(ports.env, token);
  if (body === undefined) return undefined;
  const { userId } = body;
  const family = await ports.sql.transaction({ user: userId }, (tx) =>
    readFamily(tx, body.familyId),
  );
  if (family === undefined || !isLive(family, ports.now())) return undefined;
  const current =
    family.counter === body.counter || judgeRepeat(family, body.counter, ports.now()) === "reissue";
  return current ? { ...family, userId } : undefined;
}

export const isLive = (family: Family, now: Instant): boolean =>
  family.endedAt === null && family.expiresAt > now;

type Turn =
  | { readonly kind: "turned"; readonly family: Family }
  | { readonly kind: "reused"; readonly family: Family }
  | { readonly kind: "ended" };

async function turnFamily(tx: Tx, body: RefreshBody, now: Instant): Promise<Turn> {
  const rotated = await rotateFamily(tx, body.familyId, body.counter, now);
  if (rotated !== undefined) return { kind: "turned", family: rotated };
  const family = await readFamily(tx, body.familyId);
  const repeat = judgeRepeat(family, body.counter, now);
  if (family === undefined || repeat === "ended") return { kind: "ended" };
  return repeat === "reissue" ? { kind: "turned", family } : { kind: "reused", family };
}

/** Ends a session and says so in the audit chain of its organization; only the first end is recorded [TK11]. */
async function endRecorded(
  ports: SessionPorts,
  { family, userId }: { readonly family: Family; readonly userId: string },
  reason: "logout" | "reuse",
  visitor: Visitor,
): Promise<void> {
  const org = family.lastOrgId ?? PLATFORM_ORG_ID;
  await ports.sql.transaction({ org, user: userId }, async (tx) => {
    if (!(await endFamily(tx, family.id, reason, ports.now()))) return;
    await appendAudit(tx, {
      ...originOf(ports, { org, userId, name: family.userName }, visitor),
      action: `sessions.${reason}`,
      resource: `sessions/${family.id}`,
    });
  });
}

/**
 * The seat of the wished organization. Without a wish that of the last one used, else of the oldest that is active; none
 * is a session without one.
 */
async function chooseSeat(
  tx: Tx,
  userId: string,
  family: Family,
  orgId: string | undefined,
): Promise<Result<Seat | undefined>> {
  const wished = orgId ?? family.lastOrgId;
  const found = wished === null ? undefined : await findSeat(tx, userId, wished);
  if (orgId !== undefined) {
    if (found === undefined)
      return refuse("forbidden", { detail: "You are not a member of this organization." });
    if (found.orgStatus !== "active") return refuse("org_suspended");
  }
  const seat = found?.orgStatus === "active" ? found : await findSeat(tx, userId, null);
  if (seat?.orgStatus !== "active") return done(undefined);
  if (seat.orgId !== family.lastOrgId) await rememberOrg(tx, family.id, seat.orgId);
  return done(seat);
}

async function issue(
  ports: SessionPorts,
  body: RefreshBody,
  session: Pick<Family, "authAt" | "userName">,
  seat: Seat | undefined,
): Promise<Opened> {
  const claims = {
    sub: body.userId,
    sid: body.familyId,
    auth_time: Math.floor(session.authAt / 1000),
    name: session.userName,
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
