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

/** Adds the key; a second try with the same id finds the first one and adds nothing. */
export async function insertKey(tx: Tx, key: NewKey): Promise<ApiKey> {
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
  if (row !== undefined) return keyOf(row);
  const existing = await readKey(tx, key.id);
  if (existing === undefined) throw new Error("a key that could not be inserted must exist");
  return existing;
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

/** False when there is no such key; revoking twice keeps the first time. */
export async function revokeKey(tx: Tx, id: string, now: Instant): Promise<boolean> {
  const rows = await tx.query(
    "update platform.api_keys set revoked_at = coalesce(revoked_at, $2), version = version + 1 where id = $1 returning id",
    [id, iso(now)],
  );
  return rows.length > 0;
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
