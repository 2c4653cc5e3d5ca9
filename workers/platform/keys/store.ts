/** API keys in Postgres. Only the look-up by key id works before an organization is known [TN4]. */
import { bytesOf, numberOf, textOf, textOrNull, textsOf } from "../adapters/rows.ts";
import type { SqlRow, Tx } from "../adapters/sql.ts";
import type { Instant } from "../model.ts";
import type { ApiKey, FoundKey } from "./model.ts";

const COLUMNS =
  "id, key_id, name, grants, created_by, created_at, expires_at, last_used_at, revoked_at, replaced_by, version";

const keyOf = (row: SqlRow): ApiKey => ({
  id: textOf(row, "id"),
  key_id: textOf(row, "key_id"),
  name: textOf(row, "name"),
  grants: [...textsOf(row, "grants")],
  created_by: textOf(row, "created_by"),
  created_at: textOf(row, "created_at"),
  expires_at: textOrNull(row, "expires_at"),
  last_used_at: textOrNull(row, "last_used_at"),
  revoked_at: textOrNull(row, "revoked_at"),
  replaced_by: textOrNull(row, "replaced_by"),
  version: numberOf(row, "version"),
});

const iso = (at: Instant): string => new Date(at).toISOString();

export async function findByKeyId(tx: Tx, keyId: string): Promise<FoundKey | undefined> {
  const [row] = await tx.query("select * from platform.find_key($1)", [keyId]);
  if (row === undefined) return undefined;
  return {
    orgId: textOf(row, "org_id"),
    id: textOf(row, "id"),
    name: textOf(row, "name"),
    hash: bytesOf(row, "hash"),
    grants: textsOf(row, "grants"),
    expiresAt: textOrNull(row, "expires_at"),
    revokedAt: textOrNull(row, "revoked_at"),
    orgStatus: textOf(row, "org_status"),
  };
}

/** Keys that are neither revoked nor expired. Locks the organization, so that two creations at once see each other. */
export async function countLive(tx: Tx, orgId: string, now: Instant): Promise<number> {
  await tx.query("select pg_advisory_xact_lock(hashtextextended('keys:' || $1, 0))", [orgId]);
  const [row] = await tx.query(
    "select count(*)::int as live from platform.api_keys where revoked_at is null and (expires_at is null or expires_at > $1)",
    [iso(now)],
  );
  return Number(row?.["live"] ?? 0);
}

export interface NewKey {
  readonly id: string;
  readonly orgId: string;
  readonly keyId: string;
  readonly name: string;
  readonly hash: Uint8Array;
  readonly grants: readonly string[];
  readonly createdBy: string;
  readonly createdAt: Instant;
  readonly expiresAt: string | null;
}

/** Adds the key; undefined when a first try of the same request added it already. */
export async function insertKey(tx: Tx, key: NewKey): Promise<ApiKey | undefined> {
  const [row] = await tx.query(
    `insert into platform.api_keys (org_id, id, key_id, name, hash, grants, created_by, created_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (org_id, id) do nothing returning ${COLUMNS}`,
    [
      key.orgId,
      key.id,
      key.keyId,
      key.name,
      key.hash,
      JSON.stringify(key.grants),
      key.createdBy,
      iso(key.createdAt),
      key.expiresAt,
    ],
  );
  return row === undefined ? undefined : keyOf(row);
}

export async function readKey(tx: Tx, id: string): Promise<ApiKey | undefined> {
  const [row] = await tx.query(`select ${COLUMNS} from platform.api_keys where id = $1`, [id]);
  return row === undefined ? undefined : keyOf(row);
}

export interface After {
  readonly createdAt: string;
  readonly id: string;
}

/** At most `limit` keys, newest first, older than `after`. */
export async function listKeys(
  tx: Tx,
  after: After | undefined,
  limit: number,
): Promise<readonly ApiKey[]> {
  const rows = await tx.query(
    `select ${COLUMNS} from platform.api_keys
     where $1::timestamptz is null or (created_at, id) < ($1::timestamptz, $2::uuid)
     order by created_at desc, id desc limit $3`,
    [after?.createdAt ?? null, after?.id ?? null, limit],
  );
  return rows.map(keyOf);
}

/** The live key, revoked; undefined when there is none, or it is revoked already. */
export async function revokeKey(tx: Tx, id: string, now: Instant): Promise<ApiKey | undefined> {
  const [row] = await tx.query(
    `update platform.api_keys set revoked_at = $2, version = version + 1
     where id = $1 and revoked_at is null returning ${COLUMNS}`,
    [id, iso(now)],
  );
  return row === undefined ? undefined : keyOf(row);
}

/** Revokes every key of the scope's organization that the user made. Answers their ids. */
export async function revokeKeysMadeBy(
  tx: Tx,
  userId: string,
  now: Instant,
): Promise<readonly string[]> {
  const rows = await tx.query(
    `update platform.api_keys set revoked_at = $2, version = version + 1
     where created_by = $1 and revoked_at is null returning id`,
    [userId, iso(now)],
  );
  return rows.map((row) => textOf(row, "id"));
}

/** Undefined when it was changed meanwhile [AP8]. */
export async function updateKey(
  tx: Tx,
  key: Pick<ApiKey, "id" | "version" | "name" | "expires_at">,
): Promise<ApiKey | undefined> {
  const [row] = await tx.query(
    `update platform.api_keys set name = $3, expires_at = $4, version = version + 1
     where id = $1 and version = $2 returning ${COLUMNS}`,
    [key.id, key.version, key.name, key.expires_at],
  );
  return row === undefined ? undefined : keyOf(row);
}

export interface Successor {
  /** The key that is replaced, as it was read. */
  readonly of: Pick<ApiKey, "id" | "version">;
  readonly id: string;
  readonly keyId: string;
  readonly hash: Uint8Array;
  readonly madeBy: string;
  readonly now: Instant;
  /** When the old key ends, unless it ends earlier by itself. */
  readonly oldEnds: Instant;
}

/**
 * One statement makes the successor and closes its predecessor, on the condition that this is live, unchanged and not
 * replaced yet: of two rotations at once one makes a key [KY4]. Undefined for the other.
 */
export async function replaceKey(tx: Tx, wish: Successor): Promise<ApiKey | undefined> {
  const [row] = await tx.query(
    `with old as (
       select * from platform.api_keys where id = $1 and version = $2 and replaced_by is null and revoked_at is null
         and (expires_at is null or expires_at > $7) for update
     ), made as (
       insert into platform.api_keys (org_id, id, key_id, name, hash, grants, created_by, created_at, expires_at)
       select org_id, $3, $4, name, $5, grants, $6, $7, expires_at from old returning *
     ), closed as (
       update platform.api_keys k set replaced_by = made.id, version = k.version + 1,
         expires_at = least(coalesce(k.expires_at, $8::timestamptz), $8::timestamptz)
       from made where k.id = $1 returning k.id
     ) select ${COLUMNS} from made where exists (select from closed)`,
    [
      wish.of.id,
      wish.of.version,
      wish.id,
      wish.keyId,
      wish.hash,
      wish.madeBy,
      iso(wish.now),
      iso(wish.oldEnds),
    ],
  );
  return row === undefined ? undefined : keyOf(row);
}

/** Notes a use, at most once a minute and never backwards [KY6]. */
export async function touchKey(tx: Tx, id: string, now: Instant): Promise<void> {
  await tx.query(
    `update platform.api_keys set last_used_at = date_trunc('minute', $2::timestamptz)
     where id = $1 and (last_used_at is null or last_used_at < date_trunc('minute', $2::timestamptz))`,
    [id, iso(now)],
  );
}

export const isLive = (key: FoundKey, now: Instant): boolean =>
  key.revokedAt === null && (key.expiresAt === null || Date.parse(key.expiresAt) > now);
