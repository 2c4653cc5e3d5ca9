/** `--status` and `--stop`: look at the folder's launcher from another terminal. */
import { STOP_MS, removeLeftovers, runningLauncher } from "./claim.ts";
import { EXIT, Failure } from "./failure.ts";
import { stopLeftover } from "./postgres.ts";
import { alive, gone, signal } from "./process.ts";
import { readLauncher, readState, type Launcher, type StateDir } from "./state.ts";

/** Prints what runs. @returns 0 when the launcher runs, 1 when not */
export function status(dir: StateDir, json: boolean): number {
  const running = runningLauncher(dir);
  const line = json
    ? JSON.stringify({ state: dir.root, ...facts(running), postgres: postgresFacts(dir) })
    : sentence(dir, running);
  process.stdout.write(`${line}\n`);
  return running === undefined ? EXIT.check : 0;
}

const facts = (running: Launcher | undefined): Record<string, unknown> =>
  running === undefined
    ? { running: false, pid: null, api: null, apps: null, version: null, started_at: null }
    : {
        running: true,
        pid: running.process.pid,
        api: running.api,
        apps: running.apps,
        version: running.version,
        started_at: running.startedAt,
      };

/** The last known server; it may outlive a killed launcher until the next start takes it over. */
function postgresFacts(dir: StateDir): Record<string, unknown> | null {
  const { postgres } = readState(dir);
  if (postgres === undefined) return null;
  return {
    running: alive(postgres.process),
    pid: postgres.process.pid,
    port: postgres.port,
    mode: postgres.mode,
  };
}

function sentence(dir: StateDir, running: Launcher | undefined): string {
  if (running === undefined) return `Edgewright does not run for ${dir.root}`;
  const where = running.api === null ? "is starting" : `runs at ${running.api}`;
  return `Edgewright ${running.version} ${where} (pid ${running.process.pid}), state in ${dir.root}`;
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
    throw new Failure(
      EXIT.runtime,
      `the launcher (pid ${known.process.pid}) did not end within ${STOP_MS / 1000} s`,
      {
        remedy: `kill -9 ${known.process.pid}, then run --stop again to end what it started`,
      },
    );
  }
  if (known !== undefined) await removeLeftovers(dir, known);
  await stopLeftover(dir);
  tell("nothing was running");
  return 0;
}
