/** Writing to the audit chain. A change and its record share a transaction [AU1]. */
import { sha256, toHex, utf8 } from "../adapters/bytes.ts";
import type { Tx } from "../adapters/sql.ts";
import { SALT_BYTES, type AuditEvent } from "./model.ts";
import { piiText, recordAround } from "./rules.ts";
import { insertRecord } from "./store.ts";

/**
 * Records what was done, in the transaction that does it; its scope must hold the event's organization.
 * Call it last: the organization's head stays locked until the transaction ends.
 *
 * @returns the record's number
 */
export async function appendAudit(tx: Tx, event: AuditEvent): Promise<number> {
  const salt = event.random(SALT_BYTES);
  const pii = new Uint8Array([...salt, ...utf8(piiText(event.pii))]);
  const at = new Date(event.at).toISOString();
  const around = recordAround(event, at, toHex(await sha256(pii)));
  return insertRecord(tx, { event, ...around, salt });
}
