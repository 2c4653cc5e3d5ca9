/** Erases what names people from the audit chain; the records stay, and verify as erased [AU5]. */
import type { Tx } from "../../adapters/sql.ts";
import type { AuditOrigin } from "../model.ts";
import { appendAudit } from "../service.ts";
import { deletePii } from "../store/chain.ts";

/**
 * Erases names, addresses and user agents of one user's acts, or of all acts of the organization, in the caller's
 * transaction, whose scope holds the organization. Call it last: it appends its own record.
 *
 * @returns how many records lost them
 */
export async function erasePii(
  tx: Tx,
  origin: AuditOrigin,
  whose: { readonly user: string } | "everybody",
): Promise<number> {
  const actor = whose === "everybody" ? null : `user:${whose.user}`;
  const erased = await deletePii(tx, origin.org, actor);
  await appendAudit(tx, {
    ...origin,
    action: "audit.erase",
    resource: whose === "everybody" ? "org" : `members/${whose.user}`,
    changes: { erased: { before: null, after: erased } },
  });
  return erased;
}
