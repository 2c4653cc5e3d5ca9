/** What cron does for metrics: every minute it sends them to the configured receiver. */
import { workerLog } from "../adapters/log.ts";
import { sqlFrom } from "../adapters/postgres.ts";
import { exportMetrics } from "./service.ts";

const EVERY_MINUTE = "* * * * *";

/** A receiver that is down is told to the operator and disturbs nothing else. */
export async function metricsTick(cron: string, env: Env): Promise<void> {
  if (cron !== EVERY_MINUTE) return;
  const now = (): number => Date.now();
  try {
    await exportMetrics({ env, sql: sqlFrom(env), now });
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    workerLog(env.VERSION, now).warn("metrics were not sent", { error: String(cause) });
  }
}
