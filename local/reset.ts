/** `--reset`: deletes the data of one install [LN13]. */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { removeLeftovers, runningLauncher } from "./claim.ts";
import { EXIT, Failure } from "./failure.ts";
import { stopLeftover } from "./postgres.ts";
import { readLauncher, readState, type StateDir } from "./state.ts";

/** What a state folder holds. Only these go: `--state` may name a folder that holds other things as well. */
const PARTS = [
  "run",
  "postgres",
  "postgres.tmp",
  "control",
  "apps",
  "logs",
  "tmp",
  "state.json",
  "secrets.json",
];

/**
 * Ends what a killed launcher left and deletes the folder's parts; a folder that is not there is fine.
 *
 * @throws Failure(running) while a launcher runs for it; Failure(check) when the folder was never one of ours
 */
export async function reset(dir: StateDir): Promise<void> {
  const running = runningLauncher(dir);
  if (running !== undefined) {
    throw new Failure(
      EXIT.running,
      `Edgewright runs for ${dir.root} (pid ${running.process.pid})`,
      { remedy: "end it first: npm start -- --stop" },
    );
  }
  if (!existsSync(dir.root)) return;
  if (!existsSync(dir.secrets) && !existsSync(join(dir.root, "run"))) {
    throw new Failure(EXIT.check, `${dir.root} is not a state folder of Edgewright`, {
      remedy: "check --state; nothing was deleted",
    });
  }
  const dead = readLauncher(dir);
  if (dead !== undefined) await removeLeftovers(dir, dead);
  await stopLeftover(dir);
  const { postgres } = readState(dir);
  if (postgres !== undefined) rmSync(postgres.dataDir, { recursive: true, force: true }); // Staged data lies outside the folder.
  for (const part of PARTS) rmSync(join(dir.root, part), { recursive: true, force: true });
}
