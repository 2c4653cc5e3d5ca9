/** Signing keys of the control plane: public part in the clear, private part sealed. */
import { bytesOf, textOf } from "../../adapters/rows.ts";
import type { SqlRow, Tx } from "../../adapters/sql.ts";
import type { Instant } from "../../model.ts";

export interface SigningKeyRow {
  readonly kid: string;
  readonly state: string;
  readonly publicJwk: Readonly<Record<string, unknown>>;
  readonly sealed: Uint8Array<ArrayBuffer>;
  readonly kek: string;
}

/** Keys whose tokens are still taken, and the one that comes next. */
export async function readSigningKeys(tx: Tx): Promise<readonly SigningKeyRow[]> {
  const rows = await tx.query(
    `select kid, state, public_jwk, sealed, kek from platform.signing_keys
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
  };
};

/** Adds the first key; of two at once one stays. */
export async function insertFirstKey(
  tx: Tx,
  key: Omit<SigningKeyRow, "state">,
  now: Instant,
): Promise<void> {
  await tx.query(
    `insert into platform.signing_keys (kid, plane, state, public_jwk, sealed, kek, activated_at)
     values ($1, 'control', 'current', $2, $3, $4, $5)
     on conflict (plane) where state = 'current' do nothing`,
    [key.kid, JSON.stringify(key.publicJwk), key.sealed, key.kek, new Date(now).toISOString()],
  );
}
