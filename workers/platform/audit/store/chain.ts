/** Reads the audit chain: pages for people, runs of records for checks and copies. */
import { bytesOf, numberOf, textOf, textOrNull } from "../../adapters/rows.ts";
import { toHex } from "../../adapters/bytes.ts";
import type { SqlRow, Tx } from "../../adapters/sql.ts";
import { AuditRecord, type AuditEntry, type AuditPii } from "../model.ts";
import type { ChainLine, ChainPoint } from "../rules/chain.ts";

export interface AuditFilter {
  /** `keys.create`, or an area: `keys`. */
  readonly action: string | undefined;
  /** `keys/<id>`, or what it lies below: `keys`. */
  readonly resource: string | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** At most `limit` records below number `before`, the newest first, with the names that were not erased. */
export async function listEntries(
  tx: Tx,
  filter: AuditFilter,
  before: number | undefined,
  limit: number,
): Promise<readonly AuditEntry[]> {
  const rows = await tx.query(
    `select l.seq, l.at, l.record, l.hash, p.actor_name, host(p.ip) as ip, p.user_agent
     from platform.audit_log l left join platform.audit_pii p on p.org_id = l.org_id and p.seq = l.seq
     where ($1::bigint is null or l.seq < $1)
       and ($2::text is null or l.action = $2 or starts_with(l.action, $2 || '.'))
       and ($3::text is null or l.resource = $3 or starts_with(l.resource, $3 || '/'))
       and ($4::timestamptz is null or l.at >= $4) and ($5::timestamptz is null or l.at < $5)
     order by l.seq desc limit $6`,
    [
      before ?? null,
      filter.action ?? null,
      filter.resource ?? null,
      filter.from ?? null,
      filter.to ?? null,
      limit,
    ],
  );
  return rows.map(entryOf);
}

function entryOf(row: SqlRow): AuditEntry {
  const record = AuditRecord.parse(JSON.parse(textOf(row, "record")));
  return {
    id: String(record.seq),
    seq: numberOf(row, "seq"),
    created_at: textOf(row, "at"),
    actor: record.actor,
    actor_name: textOrNull(row, "actor_name"),
    ip: textOrNull(row, "ip"),
    user_agent: textOrNull(row, "user_agent"),
    action: record.action,
    resource: record.resource,
    outcome: record.outcome,
    changes: record.changes,
    request_id: record.request_id,
    hash: toHex(bytesOf(row, "hash")),
  };
}

/** A record with everything the database holds about it. */
export interface KeptRecord extends ChainLine {
  readonly seq: number;
  /** The columns lists filter by; they repeat what the record says. */
  readonly columns: {
    readonly at: string;
    readonly actor: string;
    readonly action: string;
    readonly resource: string;
  };
  /** Null once erased. */
  readonly pii: (AuditPii & { readonly salt: Uint8Array }) | null;
}

/** Records `from` to `to` in order. */
export async function readRecords(
  tx: Tx,
  from: number,
  to: number,
): Promise<readonly KeptRecord[]> {
  const rows = await tx.query(
    `select l.seq, l.at, l.actor, l.action, l.resource, l.record, l.hash,
       p.salt, p.actor_name, host(p.ip) as ip, p.user_agent
     from platform.audit_log l left join platform.audit_pii p on p.org_id = l.org_id and p.seq = l.seq
     where l.seq between $1 and $2 order by l.seq`,
    [from, to],
  );
  return rows.map((row) => ({
    seq: numberOf(row, "seq"),
    record: textOf(row, "record"),
    hash: toHex(bytesOf(row, "hash")),
    columns: {
      at: textOf(row, "at"),
      actor: textOf(row, "actor"),
      action: textOf(row, "action"),
      resource: textOf(row, "resource"),
    },
    pii:
      row["salt"] === null
        ? null
        : {
            salt: bytesOf(row, "salt"),
            name: textOrNull(row, "actor_name"),
            ip: textOrNull(row, "ip"),
            userAgent: textOrNull(row, "user_agent"),
          },
  }));
}

/** Texts and hashes of records `from` to `to` in order: what copies hold, without names. */
export async function readLines(tx: Tx, from: number, to: number): Promise<readonly ChainLine[]> {
  const rows = await tx.query(
    "select record, hash from platform.audit_log where seq between $1 and $2 order by seq",
    [from, to],
  );
  return rows.map((row) => ({ record: textOf(row, "record"), hash: toHex(bytesOf(row, "hash")) }));
}

/** Where the chain ends; undefined before its first record. */
export async function readHead(tx: Tx): Promise<ChainPoint | undefined> {
  const [row] = await tx.query("select seq, hash from platform.audit_heads");
  return row === undefined
    ? undefined
    : { seq: numberOf(row, "seq"), hash: toHex(bytesOf(row, "hash")) };
}

/** The hash at `seq`; undefined when there is no such record. */
export async function readHash(tx: Tx, seq: number): Promise<string | undefined> {
  const [row] = await tx.query("select hash from platform.audit_log where seq = $1", [seq]);
  return row === undefined ? undefined : toHex(bytesOf(row, "hash"));
}

/** Erases what names a person: of one actor, or of everybody. @returns how many records lost it */
export async function deletePii(tx: Tx, org: string, actor: string | null): Promise<number> {
  const rows = await tx.query(
    `delete from platform.audit_pii p using platform.audit_log l
     where p.org_id = $1 and l.org_id = p.org_id and l.seq = p.seq and ($2::text is null or l.actor = $2)
     returning p.seq`,
    [org, actor],
  );
  return rows.length;
}
