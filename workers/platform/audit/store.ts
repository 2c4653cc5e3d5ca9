/** The audit chain in Postgres: only ever added to [AU4]. */
import { numberOf } from "../adapters/rows.ts";
import type { Tx } from "../adapters/sql.ts";
import type { AuditEvent } from "./model.ts";

export interface NewRecord {
  readonly event: AuditEvent;
  readonly before: string;
  readonly behind: string;
  readonly salt: Uint8Array;
}

/** Adds the record behind its organization's head, which stays locked until the transaction ends [AU3]. */
export async function insertRecord(tx: Tx, record: NewRecord): Promise<number> {
  const { event } = record;
  const [row] = await tx.query(
    "select platform.append_audit($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::inet, $11) as seq",
    [
      event.org,
      new Date(event.at).toISOString(),
      `${event.actor.kind}:${event.actor.id}`,
      event.action,
      event.resource,
      record.before,
      record.behind,
      record.salt,
      event.pii.name,
      event.pii.ip,
      event.pii.userAgent,
    ],
  );
  return row === undefined ? 0 : numberOf(row, "seq");
}
