/** Sessions and seats of one user; every statement runs in that user's scope. */
import {
  instantOf,
  instantOrNull,
  numberOf,
  textOf,
  textOrNull,
  textsOf,
} from "../../adapters/rows.ts";
import type { SqlRow, Tx } from "../../adapters/sql.ts";
import type { Instant } from "../../model.ts";
import { Role } from "../../orgs/model.ts";
import {
  SESSION_ABSOLUTE_MS,
  SESSION_MS,
  type Family,
  type Seat,
  type SessionView,
  type Visitor,
} from "../model.ts";

const COLUMNS = `f.id, f.counter, f.last_org_id, f.auth_at, f.rotated_at, f.expires_at, f.ended_at,
  (select u.name from platform.users u where u.id = f.user_id) as user_name`;

const familyOf = (row: SqlRow): Family => ({
  id: textOf(row, "id"),
  userName: textOf(row, "user_name"),
  counter: numberOf(row, "counter"),
  lastOrgId: textOrNull(row, "last_org_id"),
  authAt: instantOf(row, "auth_at"),
  rotatedAt: instantOf(row, "rotated_at"),
  expiresAt: instantOf(row, "expires_at"),
  endedAt: instantOrNull(row, "ended_at"),
});

const iso = (at: Instant): string => new Date(at).toISOString();

export interface NewFamily {
  readonly id: string;
  readonly userId: string;
  readonly orgId: string | null;
  readonly visitor: Pick<Visitor, "ip" | "userAgent">;
}

export async function insertFamily(tx: Tx, family: NewFamily, now: Instant): Promise<void> {
  await tx.query(
    `insert into platform.session_families
       (id, user_id, counter, last_org_id, auth_at, rotated_at, expires_at, absolute_expires_at, user_agent, ip, created_at)
     values ($1, $2, 1, $3, $4, $4, $5, $6, $7, $8::inet, $4)`,
    [
      family.id,
      family.userId,
      family.orgId,
      iso(now),
      iso(now + SESSION_MS),
      iso(now + SESSION_ABSOLUTE_MS),
      family.visitor.userAgent,
      family.visitor.ip,
    ],
  );
}

/** The one statement that moves a session on; undefined when `counter` is not current or the session is over [TK10]. */
export async function rotateFamily(
  tx: Tx,
  id: string,
  counter: number,
  now: Instant,
): Promise<Family | undefined> {
  const [row] = await tx.query(
    `update platform.session_families f
     set counter = counter + 1, rotated_at = $3, expires_at = least($4::timestamptz, absolute_expires_at)
     where f.id = $1 and f.counter = $2 and f.ended_at is null and f.expires_at > $3
       and exists (select from platform.users u where u.id = f.user_id and u.status = 'active')
     returning ${COLUMNS}`,
    [id, counter, iso(now), iso(now + SESSION_MS)],
  );
  return row === undefined ? undefined : familyOf(row);
}

/** Undefined also for the session of a disabled user: it is as good as ended [ID6]. */
export async function readFamily(tx: Tx, id: string): Promise<Family | undefined> {
  const [row] = await tx.query(
    `select ${COLUMNS} from platform.session_families f where id = $1
       and exists (select from platform.users u where u.id = f.user_id and u.status = 'active')`,
    [id],
  );
  return row === undefined ? undefined : familyOf(row);
}

/** True for a living session of the scope's user, locked against its end. */
export async function holdFamily(tx: Tx, id: string, now: Instant): Promise<boolean> {
  const rows = await tx.query(
    `select 1 from platform.session_families where id = $1 and ended_at is null and expires_at > $2 for share`,
    [id, iso(now)],
  );
  return rows.length === 1;
}

/** Ends a session once; false when it is not the scope's user's, or ended already. */
export async function endFamily(
  tx: Tx,
  id: string,
  reason: "logout" | "reuse" | "revoked",
  now: Instant,
): Promise<boolean> {
  const rows = await tx.query(
    `update platform.session_families set ended_at = $3, end_reason = $2
     where id = $1 and ended_at is null and ($2 <> 'revoked' or expires_at > $3) returning 1`,
    [id, reason, iso(now)],
  );
  return rows.length === 1;
}

/** Ends every session of the scope's user; answers how many lived [ID15]. */
export async function endAllFamilies(tx: Tx, userId: string, now: Instant): Promise<number> {
  const rows = await tx.query(
    `update platform.session_families set ended_at = $2, end_reason = 'revoked'
     where user_id = $1 and ended_at is null returning 1`,
    [userId, iso(now)],
  );
  return rows.length;
}

/** The living sessions of the scope's user, the newest first. */
export async function listFamilies(
  tx: Tx,
  userId: string,
  now: Instant,
): Promise<readonly Omit<SessionView, "current">[]> {
  const rows = await tx.query(
    `select id, host(ip) as ip, user_agent, created_at, rotated_at, expires_at from platform.session_families
     where user_id = $1 and ended_at is null and expires_at > $2 order by created_at desc, id desc`,
    [userId, iso(now)],
  );
  return rows.map((row) => ({
    id: textOf(row, "id"),
    ip: textOrNull(row, "ip"),
    user_agent: textOrNull(row, "user_agent"),
    created_at: iso(instantOf(row, "created_at")),
    last_used_at: iso(instantOf(row, "rotated_at")),
    expires_at: iso(instantOf(row, "expires_at")),
  }));
}

export async function rememberOrg(tx: Tx, id: string, orgId: string): Promise<void> {
  await tx.query("update platform.session_families set last_org_id = $2 where id = $1", [
    id,
    orgId,
  ]);
}

/** The seat of the scope's user in `orgId`, or, without one, the seat of their oldest organization that is active. */
export async function findSeat(
  tx: Tx,
  userId: string,
  orgId: string | null,
): Promise<Seat | undefined> {
  const [row] = await tx.query(
    `select m.org_id, m.role, to_jsonb(m.grants) as grants, o.status
     from platform.memberships m join platform.orgs o on o.id = m.org_id
     where m.user_id = $1 and ($2::uuid is null or m.org_id = $2) and ($2::uuid is not null or o.slug <> 'platform')
     order by o.status <> 'active', m.created_at, m.org_id limit 1`,
    [userId, orgId],
  );
  if (row === undefined) return undefined;
  return {
    orgId: textOf(row, "org_id"),
    role: Role.parse(row["role"]),
    grants: textsOf(row, "grants"),
    orgStatus: textOf(row, "status"),
  };
}

export interface Profile {
  readonly id: string;
  readonly name: string;
  readonly email: string | null;
  readonly status: string;
}

export async function findProfile(tx: Tx, userId: string): Promise<Profile | undefined> {
  const [row] = await tx.query("select id, name, email, status from platform.users where id = $1", [
    userId,
  ]);
  if (row === undefined) return undefined;
  return {
    id: textOf(row, "id"),
    name: textOf(row, "name"),
    email: textOrNull(row, "email"),
    status: textOf(row, "status"),
  };
}
