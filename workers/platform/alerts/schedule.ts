/** What cron does for deliveries, every night: ends those that nobody will send any more, and forgets old keys. */
import { workerLog } from "../adapters/log.ts";
import { sqlFrom } from "../adapters/postgres.ts";
import { keepDeliveries } from "./service/upkeep.ts";

/** As in wrangler.toml. */
const NIGHTLY = "7 3 * * *";

/** One organization after the other, a transaction each [TN6]; one that fails does not hold up those behind it. */
export async function deliveriesTick(cron: string, env: Env): Promise<void> {
  if (cron !== NIGHTLY) return;
  const sql = sqlFrom(env);
  const rows = await sql.transaction({ none: true }, (tx) =>
    tx.query("select platform.list_org_ids() as id"),
  );
  const log = workerLog(env.VERSION, () => Date.now(), { cron });
  for (const { id } of rows) {
    const org = String(id);
    try {
      await keepDeliveries(sql, org, Date.now());
    } catch (error) {
      log.error("the deliveries of an organization were not kept in order", {
        org,
        error: String(error),
      });
    }
  }
}
