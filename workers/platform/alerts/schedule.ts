/** What cron does for deliveries, every night: ends those that nobody will send any more, and forgets old keys. */
import { sqlFrom } from "../adapters/postgres.ts";
import { keepDeliveries } from "./service/upkeep.ts";

/** As in wrangler.toml. */
const NIGHTLY = "7 3 * * *";

/** One organization after the other, a transaction each [TN6]. */
export async function deliveriesTick(cron: string, env: Env): Promise<void> {
  if (cron !== NIGHTLY) return;
  const sql = sqlFrom(env);
  const rows = await sql.transaction({ none: true }, (tx) =>
    tx.query("select platform.list_org_ids() as id"),
  );
  for (const { id } of rows) await keepDeliveries(sql, String(id), Date.now());
}
