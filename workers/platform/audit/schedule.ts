/** What cron does for audit at night: floods of refusals are written down, changed chains are sealed. */
import { workerLog } from "../adapters/log.ts";
import { sqlFrom } from "../adapters/postgres.ts";
import { sealChain, type SealPorts } from "./service/sealing.ts";

/** As in wrangler.toml. */
const NIGHTLY = "7 3 * * *";

export async function auditTick(cron: string, env: Env): Promise<void> {
  if (cron !== NIGHTLY) return;
  const now = (): number => Date.now();
  await sealAll({ env, sql: sqlFrom(env), now, log: workerLog(env.VERSION, now, { cron }) });
}

/** One organization after the other [TN6]; one that fails must not leave those behind it unsealed. */
async function sealAll(ports: SealPorts): Promise<void> {
  const rows = await ports.sql.transaction({ none: true }, (tx) =>
    tx.query("select platform.list_org_ids() as id"),
  );
  for (const row of rows) {
    const org = String(row["id"]);
    try {
      await sealChain(ports, org);
    } catch (error) {
      ports.log.error("an audit chain was not sealed", { org, error: String(error) });
    }
  }
}
