/** What cron does for secrets: replaced values are shredded every quarter of an hour, data keys rewrapped at night. */
import { workerLog } from "../adapters/log.ts";
import { sqlFrom } from "../adapters/postgres.ts";
import { forgetOldUses, rewrapOld, shredOverdue } from "./service/upkeep.ts";

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
  const ports = { env, sql: sqlFrom(env), now };
  const orgs = await ports.sql.transaction({ none: true }, (tx) =>
    tx.query("select platform.list_org_ids() as id"),
  );
  let rewrapped = 0;
  for (const row of orgs) {
    const org = String(row["id"]);
    await shredOverdue(ports, org);
    if (!nightly) continue;
    rewrapped += await rewrapOld(ports, org);
    await forgetOldUses(ports, org);
  }
  if (rewrapped > 0)
    workerLog(env.VERSION, now, { cron: event.cron }).info("data keys rewrapped", { rewrapped });
}
