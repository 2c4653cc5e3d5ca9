/** The clock behind cron: once a minute it fires what is due, and after a pause what was missed, once [LN10]. */
import { due } from "./cron.ts";
import { reasonOf } from "./failure.ts";
import type { JsonLog } from "./log.ts";
import { readState, updateState, type StateDir } from "./state.ts";

const LOOK_MS = 1_000;
const MINUTE_MS = 60_000;

export type CronClock = {
  dir: StateDir;
  crons(): readonly string[];
  fire(cron: string, at: number): void;
  log: JsonLog;
};

/** @returns stops the clock */
export function startCronClock(clock: CronClock): () => void {
  const minuteOf = (): number => Math.floor(Date.now() / MINUTE_MS);
  // A first start has missed nothing.
  let last = readState(clock.dir).cronMinute ?? minuteOf();
  const look = (): void => {
    const now = minuteOf();
    if (now <= last) return;
    try {
      for (const { cron, minute } of due(clock.crons(), last, now))
        clock.fire(cron, minute * MINUTE_MS);
    } catch (error) {
      clock.log.write({ level: "error", message: "cron", why: reasonOf(error) });
    }
    last = now;
    updateState(clock.dir, { cronMinute: now });
  };
  look();
  const timer = setInterval(look, LOOK_MS);
  return () => clearInterval(timer);
}
