/** Signing keys of the control plane: public part in the clear, private part sealed. */
import { bytesOf, instantOf, textOf } from "../../adapters/rows.ts";
import type { SqlRow, Tx } from "../../adapters/sql.ts";
import type { Instant } from "../../model.ts";

export interface SigningKeyRow {
  readonly kid: string;
  readonly state: string;
  readonly publicJwk: Readonly<Record<string, unknown>>;
  readonly sealed: Uint8Array<ArrayBuffer>;
  readonly kek: string;
  readonly activatedAt: Instant;
}

export type NewSigningKey = Omit<SigningKeyRow, "state" | "activatedAt">;

/** Keys whose tokens are still taken, and the one that comes next. */
export async function readSigningKeys(tx: Tx): Promise<readonly SigningKeyRow[]> {
  const rows = await tx.query(
    `select kid, state, public_jwk, sealed, kek, activated_at from platform.signing_keys
     where plane = 'control' and state in ('next', 'current', 'previous')`,
  );
  return rows.map(rowOf);
}

const rowOf = (row: SqlRow): SigningKeyRow => {
  const jwk = row["public_jwk"];
  return {
    kid: textOf(row, "kid"),
    state: textOf(row, "state"),
    publicJwk: typeof jwk === "object" && jwk !== null ? { ...jwk } : {},
    sealed: bytesOf(row, "sealed"),
    kek: textOf(row, "kek"),
    activatedAt: instantOf(row, "activated_at"),
  };
};

/** Adds the first key; of two at once one stays. */
export async function insertFirstKey(tx: Tx, key: NewSigningKey, now: Instant): Promise<void> {
  await insertKey(tx, key, "current", now);
}

/** Adds the key that will sign next. */
export const insertNextKey = (tx: Tx, key: NewSigningKey, now: Instant): Promise<void> =>
  insertKey(tx, key, "next", now);

async function insertKey(
  tx: Tx,
  key: NewSigningKey,
  state: "current" | "next",
  now: Instant,
): Promise<void> {
  await tx.query(
    `insert into platform.signing_keys (kid, plane, state, public_jwk, sealed, kek, activated_at)
     values ($1, 'control', $6, $2, $3, $4, $5)
     on conflict (plane) where state = 'current' do nothing`,
    [key.kid, JSON.stringify(key.publicJwk), key.sealed, key.kek, iso(now), state],
  );
}

/** One rotation at a time; held until the transaction ends. */
export async function lockSigningKeys(tx: Tx): Promise<void> {
  await tx.query("select pg_advisory_xact_lock(hashtextextended('platform.signing_keys', 0))");
}

/** `kid` signs from now on; the one before is known for a while yet. */
export async function promoteKey(tx: Tx, kid: string, now: Instant): Promise<void> {
  await tx.query(
    "update platform.signing_keys set state = 'previous' where plane = 'control' and state = 'current'",
  );
  await tx.query(
    "update platform.signing_keys set state = 'current', activated_at = $2 where kid = $1",
    [kid, iso(now)],
  );
}

export async function retireKey(tx: Tx, kid: string): Promise<void> {
  await tx.query("update platform.signing_keys set state = 'retired' where kid = $1", [kid]);
}

const iso = (at: Instant): string => new Date(at).toISOString();
