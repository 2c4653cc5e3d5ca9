/** What the upkeep of secrets reads and writes: replaced versions, data keys under older keys, counts of long ago. */
import type { Sealed, SealedValue } from "../../adapters/cipher.ts";
import { bytesOf, numberOf, textOf } from "../../adapters/rows.ts";
import type { Tx } from "../../adapters/sql.ts";
import type { Instant } from "../../model.ts";

const iso = (at: Instant): string => new Date(at).toISOString();

/** Takes the bytes of versions that were replaced before these times. @returns how many */
export async function shredReplaced(
  tx: Tx,
  times: { readonly replacedBefore: Instant; readonly channelsReplacedBefore: Instant },
): Promise<number> {
  const rows = await tx.query(
    `update platform.secrets set kek = null, wrapped_dek = null, ciphertext = null
     where kek is not null
       and replaced_at <= case when name like 'channel.%' then $2::timestamptz else $1::timestamptz end
     returning version`,
    [iso(times.replacedBefore), iso(times.channelsReplacedBefore)],
  );
  return rows.length;
}

/** A stored version with what opening its data key takes. */
export interface WrappedVersion extends Pick<SealedValue, "kek" | "wrappedDek"> {
  readonly name: string;
  readonly version: number;
}

/** At most `limit` versions that hold their bytes under another key than `kek`; locked until the transaction ends. */
export async function versionsUnderOtherKek(
  tx: Tx,
  kek: string,
  limit: number,
): Promise<readonly WrappedVersion[]> {
  const rows = await tx.query(
    `select name, version, kek, wrapped_dek from platform.secrets
     where kek <> $1 order by name, version limit $2 for update`,
    [kek, limit],
  );
  return rows.map((row) => ({
    name: textOf(row, "name"),
    version: numberOf(row, "version"),
    kek: textOf(row, "kek"),
    wrappedDek: bytesOf(row, "wrapped_dek"),
  }));
}

export async function rewrapVersion(tx: Tx, moved: WrappedVersion): Promise<void> {
  await tx.query(
    "update platform.secrets set kek = $3, wrapped_dek = $4 where name = $1 and version = $2",
    [moved.name, moved.version, moved.kek, moved.wrappedDek],
  );
}

export interface SealedSigningKey extends Sealed {
  readonly plane: string;
  readonly kid: string;
}

/** Signing keys whose private part another key than `kek` seals; locked until the transaction ends. */
export async function signingKeysUnderOtherKek(
  tx: Tx,
  kek: string,
): Promise<readonly SealedSigningKey[]> {
  const rows = await tx.query(
    `select plane, kid, kek, sealed from platform.signing_keys
     where plane in ('control', 'audit') and kek <> $1 order by kid for update`,
    [kek],
  );
  return rows.map((row) => ({
    plane: textOf(row, "plane"),
    kid: textOf(row, "kid"),
    kek: textOf(row, "kek"),
    bytes: bytesOf(row, "sealed"),
  }));
}

export async function rewrapSigningKey(
  tx: Tx,
  moved: Omit<SealedSigningKey, "plane">,
): Promise<void> {
  await tx.query("update platform.signing_keys set kek = $2, sealed = $3 where kid = $1", [
    moved.kid,
    moved.kek,
    moved.bytes,
  ]);
}

export async function forgetUses(tx: Tx, before: Instant): Promise<void> {
  await tx.query("delete from platform.secret_uses where hour < $1", [iso(before)]);
}

export interface NeededKek {
  readonly namespace: string;
  readonly kek: string;
}

/** Versions of key-encryption keys that something stored needs, of all organizations. */
export async function neededKeks(tx: Tx, platformOrg: string): Promise<readonly NeededKek[]> {
  const rows = await tx.query("select namespace, kek from platform.needed_keks($1)", [platformOrg]);
  return rows.map((row) => ({ namespace: textOf(row, "namespace"), kek: textOf(row, "kek") }));
}
