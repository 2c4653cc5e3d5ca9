/** `--status` and `--stop`: look at the folder's launcher from another terminal. */
import { removeLeftovers, runningLauncher } from "./claim.ts";
import { EXIT, Failure } from "./failure.ts";
import { stopLeftover } from "./postgres.ts";
import { gone, signal } from "./process.ts";
import { readLauncher, readState, type StateDir } from "./state.ts";

/** Drain 5 s, Postgres 10 s and its immediate stop 5 s, and a margin. */
const STOP_MS = 25_000;

/** Prints what runs. @returns 0 when the launcher runs, 1 when not */
export function status(dir: StateDir, json: boolean): number {
  const running = runningLauncher(dir);
  const { postgres } = readState(dir);
  const facts = {
    running: running !== undefined,
    pid: running?.process.pid ?? null,
    api: running?.api ?? null,
    apps: running?.apps ?? null,
    version: running?.version ?? null,
    started_at: running?.startedAt ?? null,
    state: dir.root,
    postgres: postgres === undefined ? null : { pid: postgres.process.pid, port: postgres.port, mode: postgres.mode },
  };
  if (json) process.stdout.write(`${JSON.stringify(facts)}\n`);
  else if (running === undefined) process.stdout.write(`Edgewright does not run for ${dir.root}\n`);
  else process.stdout.write(`Edgewright ${running.version} ${running.api === null ? "is starting" : `runs at ${running.api}`} (pid ${running.process.pid}), state in ${dir.root}\n`);
  return running === undefined ? EXIT.check : 0;
}

/**
 * Ends the folder's launcher and waits for it; after a killed one, ends what it left.
 *
 * @throws Failure(runtime) when it does not end in time
 */
export async function stopRunning(dir: StateDir, tell: (line: string) => void): Promise<number> {
  const known = readLauncher(dir);
  if (known !== undefined && signal(known.process, "SIGTERM")) {
    if (await gone(known.process, STOP_MS)) {
      tell("stopped");
      return 0;
    }
    throw new Failure(EXIT.runtime, `the launcher (pid ${known.process.pid}) did not end within ${STOP_MS / 1000} s`, {
      remedy: `kill -9 ${known.process.pid}, then run --stop again to end what it started`,
    });
  }
  if (known !== undefined) await removeLeftovers(dir, known);
  await stopLeftover(dir);
  tell("nothing was running");
  return 0;
}
