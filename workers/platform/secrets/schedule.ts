/** What cron does for secrets: replaced values are shredded every quarter of an hour, data keys rewrapped at night. */
import { workerLog } from "../adapters/log.ts";
import { sqlFrom } from "../adapters/postgres.ts";
import {
  forgetOldUses,
  rewrapOld,
  rewrapSigningKeys,
  shredOverdue,
  type UpkeepPorts,
} from "./service/upkeep.ts";

/** As in wrangler.toml. */
const NIGHTLY = "7 3 * * *";
const SHRED_EVERY_MIN = 15;

/** One organization after the other, a transaction each [TN6]. */
export async function secretsTick(
  event: Pick<ScheduledController, "cron" | "scheduledTime">,
  env: Env,
): Promise<void> {
  const nightly = event.cron === NIGHTLY;
  const quarter = new Date(event.scheduledTime).getUTCMinutes() % SHRED_EVERY_MIN === 0;
  if (!nightly && !quarter) return;
  const now = (): number => Date.now();
  const log = workerLog(env.VERSION, now, { cron: event.cron });
  const ports = { env, sql: sqlFrom(env), now };
  const orgs = await ports.sql.transaction({ none: true }, (tx) =>
    tx.query("select platform.list_org_ids() as id"),
  );
  let rewrapped = nightly ? await rewrapSigningKeys(ports) : 0;
  for (const row of orgs) {
    const org = String(row["id"]);
    try {
      rewrapped += await upkeepOf(ports, org, nightly);
    } catch (error) {
      // One that cannot be opened must not keep those behind it from being shredded.
      log.error("the upkeep of an organization's secrets failed", { org, error: String(error) });
    }
  }
  if (rewrapped > 0) log.info("data keys rewrapped", { rewrapped });
}

async function upkeepOf(ports: UpkeepPorts, org: string, nightly: boolean): Promise<number> {
  await shredOverdue(ports, org);
  if (!nightly) return 0;
  await forgetOldUses(ports, org);
  return rewrapOld(ports, org);
}
