/** Secrets in Postgres: sealed versions and who used them. Values never pass through here in the clear. */
import type { SealedValue } from "../adapters/cipher.ts";
import { bytesOf, instantOrNull, numberOf, textOf } from "../adapters/rows.ts";
import type { SqlRow, Tx } from "../adapters/sql.ts";
import type { Instant } from "../model.ts";
import type { Secret } from "./model.ts";

export interface StoredVersion extends SealedValue {
  readonly version: number;
  /** Null for the version in force. */
  readonly replacedAt: Instant | null;
}

export interface NewVersion extends SealedValue {
  readonly org: string;
  readonly name: string;
  readonly version: number;
  readonly fingerprint: string;
  readonly createdBy: string;
}

const iso = (at: Instant): string => new Date(at).toISOString();

/** Changes of one secret wait for each other until the transaction ends. */
export async function lockSecret(tx: Tx, org: string, name: string): Promise<void> {
  await tx.query("select pg_advisory_xact_lock(hashtextextended('secrets:' || $1 || $2, 0))", [
    org,
    name,
  ]);
}

/** The number of the last version ever made, 0 if there was none, and the fingerprint in force. */
export async function lastVersion(
  tx: Tx,
  name: string,
): Promise<{ readonly version: number; readonly fingerprint: string | null }> {
  const [row] = await tx.query(
    `select version, case when replaced_at is null then fingerprint end as fingerprint
     from platform.secrets where name = $1 order by version desc limit 1`,
    [name],
  );
  if (row === undefined) return { version: 0, fingerprint: null };
  return {
    version: numberOf(row, "version"),
    fingerprint: row["fingerprint"] === null ? null : textOf(row, "fingerprint"),
  };
}

/** Puts a version in the place of the one in force. */
export async function insertVersion(tx: Tx, secret: NewVersion, now: Instant): Promise<void> {
  await tx.query(
    "update platform.secrets set replaced_at = $2 where name = $1 and replaced_at is null",
    [secret.name, iso(now)],
  );
  await tx.query(
    `insert into platform.secrets
       (org_id, name, version, kek, wrapped_dek, ciphertext, fingerprint, created_by, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      secret.org,
      secret.name,
      secret.version,
      secret.kek,
      secret.wrappedDek,
      secret.ciphertext,
      secret.fingerprint,
      secret.createdBy,
      iso(now),
    ],
  );
}

/** Takes the bytes of every version; answers the fingerprint that was in force. */
export async function shredAll(tx: Tx, name: string): Promise<string | undefined> {
  const rows = await tx.query(
    `with gone as (
       select name, version, replaced_at is null as in_force from platform.secrets where name = $1 for update)
     update platform.secrets s
       set kek = null, wrapped_dek = null, ciphertext = null, replaced_at = coalesce(s.replaced_at, now())
     from gone where s.name = gone.name and s.version = gone.version returning gone.in_force, s.fingerprint`,
    [name],
  );
  const gone = rows.find((row) => row["in_force"] === true);
  return gone === undefined ? undefined : textOf(gone, "fingerprint");
}

/** Versions that still hold their bytes, newest first. */
export async function readVersions(tx: Tx, name: string): Promise<readonly StoredVersion[]> {
  const rows = await tx.query(
    `select version, kek, wrapped_dek, ciphertext, replaced_at from platform.secrets
     where name = $1 and kek is not null order by version desc limit 100`,
    [name],
  );
  return rows.map(versionOf);
}

export const versionOf = (row: SqlRow): StoredVersion => ({
  version: numberOf(row, "version"),
  kek: textOf(row, "kek"),
  wrappedDek: bytesOf(row, "wrapped_dek"),
  ciphertext: bytesOf(row, "ciphertext"),
  replacedAt: instantOrNull(row, "replaced_at"),
});

export interface Use {
  readonly org: string;
  readonly name: string;
  readonly version: number;
  readonly reader: string;
  readonly at: Instant;
}

/** Counts a use in its hour; true when this reader never had this version before [SC6]. */
export async function countUse(tx: Tx, use: Use): Promise<boolean> {
  await tx.query(
    `insert into platform.secret_uses as u (org_id, name, version, reader, hour, uses)
     values ($1, $2, $3, $4, date_trunc('hour', $5::timestamptz), 1)
     on conflict (org_id, name, version, reader, hour) do update set uses = u.uses + 1`,
    [use.org, use.name, use.version, use.reader, iso(use.at)],
  );
  const first = await tx.query(
    `insert into platform.secret_readers (org_id, name, version, reader, first_at) values ($1, $2, $3, $4, $5)
     on conflict do nothing returning 1 as one`,
    [use.org, use.name, use.version, use.reader, iso(use.at)],
  );
  return first.length > 0;
}

/** A secret as lists show it, with what they are ordered by. */
export interface ListedSecret {
  readonly secret: Secret;
  readonly id: string;
  /** When its first version was made: it stays, whatever is put later. */
  readonly created_at: string;
}

export interface ListWish {
  readonly after: { readonly createdAt: string; readonly id: string } | undefined;
  readonly limit: number;
  readonly usesSince: Instant;
}

/** Secrets in force, those made last first. */
export async function listSecrets(tx: Tx, wish: ListWish): Promise<readonly ListedSecret[]> {
  const rows = await tx.query(
    `select s.name, s.version, s.fingerprint, s.created_by, s.created_at, f.created_at as first_at,
       (select coalesce(sum(u.uses), 0)::int from platform.secret_uses u
        where u.org_id = s.org_id and u.name = s.name and u.hour >= $4) as uses
     from platform.secrets s join platform.secrets f on f.org_id = s.org_id and f.name = s.name and f.version = 1
     where s.replaced_at is null
       and ($1::timestamptz is null or (f.created_at, s.name) < ($1::timestamptz, $2))
     order by f.created_at desc, s.name desc limit $3`,
    [wish.after?.createdAt ?? null, wish.after?.id ?? null, wish.limit, iso(wish.usesSince)],
  );
  return rows.map((row) => ({
    id: textOf(row, "name"),
    created_at: textOf(row, "first_at"),
    secret: {
      name: textOf(row, "name"),
      version: numberOf(row, "version"),
      fingerprint: textOf(row, "fingerprint"),
      created_by: textOf(row, "created_by"),
      created_at: textOf(row, "created_at"),
      uses: numberOf(row, "uses"),
    },
  }));
}
