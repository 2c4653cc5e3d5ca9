/** What cron does for analyses: every minute cut-off uploads, every night what is past its time. */
import { workerLog } from "../adapters/log.ts";
import { sqlFrom } from "../adapters/postgres.ts";
import { announceFailures } from "./service/announce.ts";
import type { AnalysisPorts } from "./service/intake.ts";
import { adopt, expire } from "./service/upkeep.ts";

/** As in wrangler.toml. */
const NIGHTLY = "7 3 * * *";

/** One organization after the other, a transaction each [TN6]; one that fails does not hold up those behind it. */
export async function analysesTick(cron: string, env: Env): Promise<void> {
  const now = (): number => Date.now();
  const ports: AnalysisPorts = {
    env,
    sql: sqlFrom(env),
    now,
    log: workerLog(env.VERSION, now, { cron }),
  };
  const rows = await ports.sql.transaction({ none: true }, (tx) =>
    tx.query("select platform.list_org_ids() as id"),
  );
  for (const row of rows) {
    const org = String(row["id"]);
    try {
      await tickOf(ports, org, cron);
    } catch (error) {
      ports.log.error("the upkeep of an organization's analyses failed", {
        org,
        error: String(error),
      });
    }
  }
}

async function tickOf(ports: AnalysisPorts, org: string, cron: string): Promise<void> {
  if (cron === NIGHTLY) await expire(ports, org, ports.now());
  else {
    await adopt(ports, org);
    await announceFailures(ports, org);
  }
}
