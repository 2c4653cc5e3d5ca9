/** Sealed ends of audit chains, and the keys that sign them. Neither is ever taken away. */
import { bytesOf, numberOf, textOf } from "../../adapters/rows.ts";
import type { SqlRow, Tx } from "../../adapters/sql.ts";
import { AuditHead } from "../model.ts";

export interface Seal {
  readonly from: number;
  readonly to: number;
  /** The head as it is stored in R2, canonical JSON. */
  readonly text: string;
  readonly head: AuditHead;
}

const sealOf = (row: SqlRow): Seal => {
  const text = textOf(row, "head");
  return {
    from: numberOf(row, "from_seq"),
    to: numberOf(row, "to_seq"),
    text,
    head: AuditHead.parse(JSON.parse(text)),
  };
};

/** One sealing of an organization at a time; held until the transaction ends. */
export async function lockSeals(tx: Tx, org: string): Promise<void> {
  await tx.query("select pg_advisory_xact_lock(hashtextextended('audit_seals:' || $1, 0))", [org]);
}

/** At most `limit` seals that end below `before`, the newest first. */
export async function listSeals(
  tx: Tx,
  before: number | undefined,
  limit: number,
): Promise<readonly Seal[]> {
  const rows = await tx.query(
    `select from_seq, to_seq, head from platform.audit_seals
     where $1::bigint is null or to_seq < $1 order by to_seq desc limit $2`,
    [before ?? null, limit],
  );
  return rows.map(sealOf);
}

/** Seals that end in `from` to `to`, the oldest first. */
export async function readSeals(tx: Tx, from: number, to: number): Promise<readonly Seal[]> {
  const rows = await tx.query(
    `select from_seq, to_seq, head from platform.audit_seals
     where to_seq between $1 and $2 order by to_seq`,
    [from, to],
  );
  return rows.map(sealOf);
}

export async function insertSeal(
  tx: Tx,
  org: string,
  seal: Pick<Seal, "from" | "to" | "text"> & { readonly at: string },
): Promise<void> {
  await tx.query(
    "insert into platform.audit_seals (org_id, from_seq, to_seq, head, sealed_at) values ($1, $2, $3, $4, $5)",
    [org, seal.from, seal.to, seal.text, seal.at],
  );
}

export interface AuditKeyRow {
  readonly kid: string;
  readonly state: string;
  readonly publicJwk: unknown;
  readonly sealed: Uint8Array<ArrayBuffer>;
  readonly kek: string;
}

/** Every key that ever signed heads. */
export async function readAuditKeys(tx: Tx): Promise<readonly AuditKeyRow[]> {
  const rows = await tx.query(
    "select kid, state, public_jwk, sealed, kek from platform.signing_keys where plane = 'audit' order by activated_at, kid",
  );
  return rows.map((row) => ({
    kid: textOf(row, "kid"),
    state: textOf(row, "state"),
    publicJwk: row["public_jwk"],
    sealed: bytesOf(row, "sealed"),
    kek: textOf(row, "kek"),
  }));
}

/** Adds the first key; of two at once one stays. */
export async function insertAuditKey(
  tx: Tx,
  key: Omit<AuditKeyRow, "state"> & { readonly at: string },
): Promise<void> {
  await tx.query(
    `insert into platform.signing_keys (kid, plane, state, public_jwk, sealed, kek, activated_at)
     values ($1, 'audit', 'current', $2, $3, $4, $5) on conflict (plane) where state = 'current' do nothing`,
    [key.kid, JSON.stringify(key.publicJwk), key.sealed, key.kek, key.at],
  );
}
