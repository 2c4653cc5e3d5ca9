/** One launcher per state folder: claims it, finds who holds it, removes what a killed one left [LN2, LN3]. */
import { linkSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { EXIT, Failure, codeOf } from "./failure.ts";
import { alive, gone, identify, membersOf, signal, type Identity } from "./process.ts";
import { readLauncher, removeLauncher, type Launcher, type StateDir } from "./state.ts";

/** Wait for a killed process to vanish. */
const KILL_MS = 5_000;
/** Drain 5 s, Postgres 10 s and its immediate stop 5 s, and a margin. */
export const STOP_MS = 25_000;

/** The launcher that runs for this folder, if one does. */
export function runningLauncher(dir: StateDir): Launcher | undefined {
  const found = readLauncher(dir);
  return found !== undefined && alive(found.process) ? found : undefined;
}

/**
 * Makes this process the folder's launcher, after removing what a killed one left.
 *
 * @throws Failure(running) naming the other launcher's address
 */
export async function claim(dir: StateDir, version: string): Promise<void> {
  for (;;) {
    const other = readLauncher(dir);
    if (other !== undefined && alive(other.process)) {
      if (other.stopping && (await gone(other.process, STOP_MS))) continue;
      throw alreadyRunning(other);
    }
    if (other !== undefined) await removeLeftovers(dir, other);
    if (tryClaim(dir, version)) return;
  }
}

const alreadyRunning = (other: Launcher): Failure =>
  new Failure(
    EXIT.running,
    `Edgewright already runs for this folder${other.api === null ? "" : ` at ${other.api}`} (pid ${other.process.pid})`,
    {
      remedy: "use that one, or end it with `npm start -- --stop`",
    },
  );

/** A hard link appears with its content or not at all, so of two launchers one wins. */
function tryClaim(dir: StateDir, version: string): boolean {
  const self = identify(process.pid);
  if (self === undefined) throw new Error("this process cannot identify itself");
  const mine: Launcher = {
    process: self,
    version,
    startedAt: new Date().toISOString(),
    api: null,
    apps: null,
    stopping: false,
    planes: {},
  };
  const draft = `${dir.launcher}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(mine), { mode: 0o600 });
  try {
    linkSync(draft, dir.launcher);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Kills the planes of a dead launcher and removes its file. Postgres stays: the next start attaches to it [PG9].
 *
 * @throws Failure(runtime) when a process cannot be killed
 */
export async function removeLeftovers(dir: StateDir, dead: Launcher): Promise<void> {
  await Promise.all([dead.planes.control, dead.planes.apps].map((leader) => killGroup(leader)));
  const aside = `${dir.launcher}.dead.${process.pid}`;
  try {
    renameSync(dir.launcher, aside);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return; // Another start removed it first.
    throw error;
  }
  const moved = readLauncher({ ...dir, launcher: aside });
  // Between our look and the rename another start may have claimed the folder: give it its file back.
  if (moved !== undefined && alive(moved.process)) renameSync(aside, dir.launcher);
  else rmSync(aside, { force: true });
}

/** Kills a plane with all its processes: workerd survives the death of the Node process that started it. */
export async function killGroup(leader: Identity | undefined): Promise<void> {
  if (leader === undefined) return;
  const impostor = identify(leader.pid);
  // The pid went to somebody else, which the system allows only once the whole group was gone.
  if (impostor !== undefined && !alive(leader)) return;
  const members = membersOf(leader.pid);
  for (const member of members) signal(member, "SIGKILL");
  for (const member of members) {
    if (await gone(member, KILL_MS)) continue;
    throw new Failure(
      EXIT.runtime,
      `process ${member.pid} (${member.executable}) of an earlier start cannot be ended`,
      {
        remedy: `end it with \`kill -9 ${member.pid}\` and start again`,
      },
    );
  }
}

/** Gives the folder up, if it is still ours. */
export function release(dir: StateDir): void {
  if (readLauncher(dir)?.process.pid === process.pid) removeLauncher(dir);
}
