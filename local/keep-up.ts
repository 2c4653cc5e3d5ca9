/** Everything that runs while the runtime does: cron, watchdogs, log rotation [WD7, LN10]. */
import { join } from "node:path";
import { startCronClock } from "./cron-clock.ts";
import { openDatabase } from "./database.ts";
import { EXIT, Failure } from "./failure.ts";
import { localApi, type LocalApi } from "./local-api.ts";
import { readEnd, rotateForeign } from "./log.ts";
import { startApps, startControl } from "./planes.ts";
import { reachable } from "./ports.ts";
import type { PlaneName, Runtime } from "./runtime.ts";
import { watch } from "./watchdog.ts";

const ROTATE_MS = 60_000;

/** Starts them all; the runtime stops them before anything else. */
export function keepUp(runtime: Runtime, port: number, control: LocalApi, appsPort: number): void {
  const { options, closers } = runtime;
  const { dir, log } = options;
  const apps = localApi(`http://${reachable(options.flags.host)}:${appsPort}`, "");
  closers.push(
    startCronClock({
      dir,
      crons: () => runtime.planes.control?.crons ?? [],
      fire: (cron, at) => runtime.planes.control?.cron(cron, at),
      log,
    }),
  );
  const rotation = setInterval(() => rotateForeign(join(dir.logs, "postgres.log")), ROTATE_MS);
  closers.push(() => clearInterval(rotation));
  closers.push(watchPlane(runtime, "control", control, () => startControl(runtime, port, control)));
  closers.push(watchPlane(runtime, "apps", apps, () => startApps(runtime, appsPort)));
  if (runtime.database?.process !== undefined)
    closers.push(watchDatabase(runtime, () => startControl(runtime, port, control)));
}

function watchPlane(
  runtime: Runtime,
  name: PlaneName,
  api: LocalApi,
  again: () => Promise<void>,
): () => Promise<void> {
  const { log, fatal, dir } = runtime.options;
  return watch({
    name,
    lives: () => runtime.restarting.has(name) || runtime.planes[name]?.lives() === true,
    ping: async (signal) => runtime.restarting.has(name) || api.healthy(signal),
    respawn: async () => {
      log.write({
        level: "error",
        message: `the ${name} plane ended or hung and is started again`,
      });
      await guarded(runtime, async () => {
        await runtime.planes[name]?.kill();
        await again();
      });
    },
    giveUp: () =>
      fatal(
        new Failure(EXIT.runtime, `the ${name} plane ended or hung three times within 5 minutes`, {
          log: readEnd(join(dir.logs, `${name}.log`)),
          remedy: "read the lines above, then start again",
        }),
      ),
  });
}

function watchDatabase(runtime: Runtime, restartControl: () => Promise<void>): () => Promise<void> {
  const { log, fatal, dir } = runtime.options;
  return watch({
    name: "postgres",
    lives: () => runtime.database?.lives() === true,
    ping: async () => (await runtime.database?.healthy()) === true,
    respawn: async () => {
      log.write({ level: "error", message: "PostgreSQL ended or hung and is started again" });
      await guarded(runtime, async () => {
        const before = runtime.database?.urlFor("platform_rt");
        await runtime.database?.stop();
        runtime.database = await openDatabase(dir.root, process.env);
        if (runtime.database.urlFor("platform_rt") === before) return;
        // Another program took its port meanwhile: the Worker was told the old one.
        await runtime.planes.control?.kill();
        await restartControl();
      });
    },
    giveUp: () =>
      fatal(
        new Failure(EXIT.database, "PostgreSQL ended or hung three times within 5 minutes", {
          log: readEnd(join(dir.logs, "postgres.log")),
          remedy: "read the lines above, then start again",
        }),
      ),
  });
}

/** A respawn that fails ends the launcher with the reason; one that a stop overtook does not matter. */
async function guarded(runtime: Runtime, body: () => Promise<void>): Promise<void> {
  try {
    await body();
  } catch (error) {
    if (runtime.stopping) return;
    runtime.options.fatal(
      error instanceof Failure
        ? error
        : new Failure(EXIT.runtime, "a part could not be started again", {
            cause: error,
            remedy: "start again",
          }),
    );
  }
}
