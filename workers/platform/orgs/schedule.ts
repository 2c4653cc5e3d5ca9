/** What cron does at night: what ended long ago is forgotten, and deletions whose time has come are carried out [TN8]. */
import { workerLog, type Log } from "../adapters/log.ts";
import { sqlFrom } from "../adapters/postgres.ts";
import { expireKeys } from "../http/idempotency.ts";
import { forgetInvitations, forgetSignIns, purgeOrg, type PurgePorts } from "./service/purge.ts";
import { listOrgIds } from "./store/purge.ts";

/** As in wrangler.toml. */
const NIGHTLY = "7 3 * * *";

export async function orgsTick(cron: string, env: Env): Promise<void> {
  if (cron !== NIGHTLY) return;
  const now = (): number => Date.now();
  const log = workerLog(env.VERSION, now, { cron });
  const ports: PurgePorts = {
    env,
    sql: sqlFrom(env),
    now,
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
  };
  await forgetSignIns(ports);
  for (const org of await ports.sql.transaction({ none: true }, listOrgIds))
    await nightOf(ports, log, org);
}

/** One organization after the other, a transaction each [TN6]; what fails for one is tried again the next night. */
async function nightOf(ports: PurgePorts, log: Log, org: string): Promise<void> {
  try {
    await expireKeys(ports.sql, org, ports.now());
    await forgetInvitations(ports, org);
    if (await purgeOrg(ports, org)) log.info("an organization was deleted", { org });
  } catch (error) {
    log.error("the night of an organization failed", { org, error: String(error) });
  }
}
