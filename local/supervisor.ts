/** Brings the local runtime up in order: bundles, database, migrations, control plane, apps plane [LN6]. */
import { join } from "node:path";
import { buildAll } from "./bundle.ts";
import { openDatabase } from "./database.ts";
import { keepUp } from "./keep-up.ts";
import { localApi } from "./local-api.ts";
import { migrate } from "./migrate.ts";
import { portTaken } from "./plane-process.ts";
import { startApps, startControl } from "./planes.ts";
import { freePort, portIsFree, reachable } from "./ports.ts";
import { Interrupted, type Runtime } from "./runtime.ts";
import { watchSources } from "./watch-sources.ts";

export type Addresses = {
  api: string;
  apps: string;
  /** The first-run link; null once the setup is done. */
  setup: string | null;
};

/**
 * Everything runs and serves when this answers. A failing step stops what was started.
 *
 * @throws Failure with the exit code of the part that failed; Interrupted when the runtime was stopped meanwhile
 */
export async function bringUp(runtime: Runtime): Promise<Addresses> {
  try {
    return await start(runtime);
  } catch (error) {
    if (runtime.stopping) await runtime.stop();
    await runtime.end();
    // A step that broke because the stop took its ground away is not a failure.
    throw runtime.stopping ? new Interrupted() : error;
  }
}

async function start(runtime: Runtime): Promise<Addresses> {
  const { flags, root, secrets, tell } = runtime.options;
  const port = await choosePort(flags.host, flags.port, "--port");
  const appsPort = await choosePort(flags.host, flags.appsPort, "--apps-port", port);
  await settleAll([buildAll(root, tell), startDatabase(runtime)]);
  runtime.checkpoint();

  const control = localApi(
    `http://${reachable(flags.host)}:${port}`,
    secrets.control.LAUNCHER_TOKEN,
  );
  runtime.control = control;
  runtime.ports = { control: port, apps: appsPort };
  // Neither needs the other to start, and each keeps a core busy for half a second.
  await settleAll([startControl(runtime, port, control), startApps(runtime, appsPort)]);
  runtime.checkpoint();
  keepUp(runtime, port, control, appsPort);
  if (flags.watch) runtime.closers.unshift(watchSources(runtime));
  const addresses = { api: `http://localhost:${port}`, apps: `http://localhost:${appsPort}` };
  runtime.record((launcher) => ({ ...launcher, ...addresses }));
  return { ...addresses, setup: await control.setupLink() };
}

/** Waits for all, then fails with the first failure: no step may go on in the background of a stop. */
async function settleAll(steps: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(steps)).find((step) => step.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

async function choosePort(
  host: string,
  wanted: number,
  flag: string,
  other?: number,
): Promise<number> {
  if (wanted !== 0 && !(await portIsFree(host, wanted))) throw portTaken(wanted, flag);
  if (wanted !== 0) return wanted;
  const port = await freePort(host);
  return port === other ? choosePort(host, wanted, flag, other) : port;
}

async function startDatabase(runtime: Runtime): Promise<void> {
  const { dir, root, log, tell } = runtime.options;
  runtime.database = await openDatabase(dir.root, process.env);
  const applied = await migrate({
    url: runtime.database.urlFor("platform_ddl"),
    dir: join(root, "migrations"),
  });
  if (applied.length === 0) return;
  log.write({ level: "info", message: "migrations applied", applied });
  tell(`applied ${applied.length} migration${applied.length === 1 ? "" : "s"}`);
}
