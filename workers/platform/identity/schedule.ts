/** What cron does for identity at night: signing keys are replaced in time. */
import { workerLog } from "../adapters/log.ts";
import { sqlFrom } from "../adapters/postgres.ts";
import { rotateSigningKeys } from "./service/rotation.ts";

/** As in wrangler.toml. */
const NIGHTLY = "7 3 * * *";

export async function identityTick(cron: string, env: Env): Promise<void> {
  if (cron !== NIGHTLY) return;
  const now = (): number => Date.now();
  const changes = await rotateSigningKeys({ env, sql: sqlFrom(env), now });
  if (changes.length > 0)
    workerLog(env.VERSION, now, { cron }).info("signing keys changed", {
      changes: changes.map(({ kind }) => kind).join(),
    });
}
