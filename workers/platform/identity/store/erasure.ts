/** What is left of a user who was erased: a row without name, address, identities and living sessions. */
import { textOf } from "../../adapters/rows.ts";
import type { Tx } from "../../adapters/sql.ts";
import type { Instant } from "../../model.ts";
import { endAllFamilies } from "./families.ts";

/** The name of whoever was erased. */
const ERASED_NAME = "erased";

/** Organizations in which something names the scope's user or works in their name. */
export async function orgsOfOwnTraces(tx: Tx): Promise<readonly string[]> {
  const rows = await tx.query("select platform.orgs_of_own_traces() as id");
  return rows.map((row) => textOf(row, "id"));
}

/** Runs in the user's scope. False when they were erased before; what came since then goes as well. */
export async function eraseUser(tx: Tx, userId: string, now: Instant): Promise<boolean> {
  await endAllFamilies(tx, userId, now);
  await tx.query(
    "update platform.session_families set user_agent = null, ip = null where user_id = $1",
    [userId],
  );
  await tx.query("delete from platform.identities where user_id = $1", [userId]);
  const rows = await tx.query(
    `update platform.users
     set status = 'disabled', name = $2, email = null, email_verified = false, version = version + 1
     where id = $1 and (status <> 'disabled' or name <> $2 or email is not null) returning id`,
    [userId, ERASED_NAME],
  );
  return rows.length > 0;
}
