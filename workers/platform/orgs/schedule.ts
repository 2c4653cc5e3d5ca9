/** What cron does for every organization at night: answers kept for repeated requests go when their time is over. */
import { sqlFrom } from "../adapters/postgres.ts";
import { expireKeys } from "../http/idempotency.ts";

/** As in wrangler.toml. */
const NIGHTLY = "7 3 * * *";

/** One organization after the other, a transaction each [TN6]. */
export async function orgsTick(cron: string, env: Env): Promise<void> {
  if (cron !== NIGHTLY) return;
  const sql = sqlFrom(env);
  const rows = await sql.transaction({ none: true }, (tx) =>
    tx.query("select platform.list_org_ids() as id"),
  );
  for (const row of rows) await expireKeys(sql, String(row["id"]), Date.now());
}
