/** What cron does for the engine: every minute it wakes dispatchers whose alarm is overdue. */
import { sqlFrom } from "../adapters/postgres.ts";
import { wakeOverdue } from "./service.ts";

/** An alarm may be late; beyond this it counts as lost [L5]. */
const OVERDUE_MS = 300_000;

/** @throws Fault when Postgres or a dispatcher is not reachable; the next minute tries again */
export async function tasksTick(env: Env): Promise<void> {
  await wakeOverdue(env, sqlFrom(env), Date.now() - OVERDUE_MS);
}
