/** Brings the local runtime up in order, keeps it up, takes it down: database, control plane, apps plane [LN6, LN11]. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { buildAll } from "./bundle.ts";
import { startCronClock } from "./cron-clock.ts";
import { openDatabase, type Database } from "./database.ts";
import { EXIT, Failure, reasonOf } from "./failure.ts";
import type { Flags } from "./flags.ts";
import { localApi, type LocalApi } from "./local-api.ts";
import { readEnd, rotateForeign, type JsonLog } from "./log.ts";
import { migrate } from "./migrate.ts";
import {
  PlaneStartError,
  planeFailure,
  portTaken,
  startPlane,
  type PlaneProcess,
} from "./plane-process.ts";
import type { PlaneStart } from "./plane-protocol.ts";
import { freePort, portIsFree } from "./ports.ts";
import {
  readLauncher,
  writeLauncher,
  type Launcher,
  type Secrets,
  type StateDir,
} from "./state.ts";
import { checkVariables, declaredVariables, publicHosts } from "./variables.ts";
import { watch } from "./watchdog.ts";

export type UpOptions = {
  root: string;
  version: string;
  flags: Flags;
  dir: StateDir;
  secrets: Secrets;
  log: JsonLog;
  /** A short line for the person at the terminal. */
  tell(line: string): void;
  /** The runtime cannot be kept up; the launcher stops and ends with this. */
  fatal(failure: Failure): void;
};

export type Addresses = {
  api: string;
  apps: string;
  /** The first-run link; null once the setup is done. */
  setup: string | null;
};

/** A stop was asked for before everything ran. */
export class Interrupted extends Error {
  override readonly message = "the start was interrupted";
}

const READY_MS = { control: 20_000, apps: 10_000 } as const;
const RETRY_MS = 5_000;
const DRAIN_MS = 5_000;
const ROTATE_MS = 60_000;

type PlaneName = "control" | "apps";

/** The local runtime of one launcher. */
export class Runtime {
  readonly options: UpOptions;
  database: Database | undefined;
  /** The control plane's local routes, once its port is known. */
  control: LocalApi | undefined;
  readonly planes: Partial<Record<PlaneName, PlaneProcess>> = {};
  /** Clocks and watches, which stop before what they look at. */
  readonly closers: (() => Promise<void> | void)[] = [];
  #stopping: Promise<void> | undefined;

  constructor(options: UpOptions) {
    this.options = options;
  }

  /**
   * Everything runs and serves when this answers. A failing step stops what was started [LN6].
   *
   * @throws Failure with the exit code of the part that failed; Interrupted when `stop` was called meanwhile
   */
  async start(): Promise<Addresses> {
    try {
      return await start(this);
    } catch (error) {
      await this.#stopping;
      await this.#end();
      // A step that broke because the stop took its ground away is not a failure.
      throw this.stopping ? new Interrupted() : error;
    }
  }

  get stopping(): boolean {
    return this.#stopping !== undefined;
  }

  /** Clocks and watches first, then the planes with their requests in flight, then the database [LN11]. */
  stop(): Promise<void> {
    this.#stopping ??= this.#end();
    return this.#stopping;
  }

  async #end(): Promise<void> {
    this.record((launcher) => ({ ...launcher, stopping: true }));
    for (const close of this.closers.splice(0)) await close();
    await Promise.all([this.planes.control?.stop(DRAIN_MS), this.planes.apps?.stop(DRAIN_MS)]);
    await this.database?.stop();
  }

  /** Ends all children at once. */
  async kill(): Promise<void> {
    this.#stopping ??= Promise.resolve();
    await Promise.all([this.planes.control?.kill(), this.planes.apps?.kill()]);
    this.database?.kill();
  }

  /** Remembers what runs where, for `--status` and for the successor of a killed launcher [LN3]. */
  record(change: (launcher: Launcher) => Launcher): void {
    const launcher = readLauncher(this.options.dir);
    if (launcher !== undefined) writeLauncher(this.options.dir, change(launcher));
  }

  /** Between two steps of a start. */
  checkpoint(): void {
    if (this.stopping) throw new Interrupted();
  }
}

async function start(runtime: Runtime): Promise<Addresses> {
  const { flags, root, secrets, tell } = runtime.options;
  checkVariables(flags.vars, declaredVariables(readFileSync(join(root, "wrangler.toml"), "utf8")));
  const port = await choosePort(flags.host, flags.port, "--port");
  const appsPort = await choosePort(flags.host, flags.appsPort, "--apps-port", port);
  await settleAll([buildAll(root, tell), startDatabase(runtime)]);
  runtime.checkpoint();

  const control = localApi(
    `http://${reachable(flags.host)}:${port}`,
    secrets.control.LAUNCHER_TOKEN,
  );
  runtime.control = control;
  await startControl(runtime, port, control);
  runtime.checkpoint();
  await startApps(runtime, appsPort);
  runtime.checkpoint();
  keepUp(runtime, port, control, appsPort);
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

const reachable = (host: string): string =>
  ["0.0.0.0", "::", "localhost"].includes(host)
    ? "127.0.0.1"
    : host.includes(":")
      ? `[${host}]`
      : host;

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

async function startControl(runtime: Runtime, port: number, api: LocalApi): Promise<void> {
  const { root, dir, flags, secrets, version } = runtime.options;
  const { database } = runtime;
  if (database === undefined) throw new Error("the control plane starts after the database");
  await startRetrying(runtime, "control", {
    type: "start",
    worker: {
      name: "edgewright-platform",
      config: join(root, "wrangler.toml"),
      bundle: join(root, "dist", "platform"),
      bindings: {
        ISSUER: `http://localhost:${port}`,
        PUBLIC_HOSTS: publicHosts(flags.host, port),
        VERSION: version,
        ...flags.vars,
        ...secrets.control,
      },
      hyperdrive: { PG: database.urlFor("platform_rt") },
    },
    host: flags.host,
    port,
    persist: dir.control,
    tmp: dir.tmp,
    log: join(dir.logs, "control.log"),
  });
  await untilReady("the control plane", READY_MS.control, join(dir.logs, "control.log"), (signal) =>
    api.ready(signal),
  );
  await wake(runtime, api);
}

/** Queued hints lived in the ended workerd. Their own alarms send them again as well; this is sooner, so a failure is only noted [LN12]. */
async function wake(runtime: Runtime, api: LocalApi): Promise<void> {
  try {
    await api.wake();
  } catch (error) {
    runtime.options.log.write({
      level: "error",
      message: "the dispatchers were not woken; their alarms do it later",
      why: reasonOf(error),
    });
  }
}

async function startApps(runtime: Runtime, port: number): Promise<void> {
  const { root, dir, flags, version } = runtime.options;
  const log = join(dir.logs, "apps.log");
  await startRetrying(runtime, "apps", {
    type: "start",
    worker: {
      name: "edgewright-apps",
      config: join(root, "workers/apps/wrangler.toml"),
      bundle: join(root, "dist", "apps"),
      bindings: { PUBLIC_HOSTS: publicHosts(flags.host, port), VERSION: version },
      hyperdrive: {},
    },
    host: flags.host,
    port,
    persist: dir.apps,
    tmp: dir.tmp,
    log,
  });
  const api = localApi(`http://${reachable(flags.host)}:${port}`, "");
  await untilReady("the apps plane", READY_MS.apps, log, (signal) => api.healthy(signal));
}

const FLAG_OF: Readonly<Record<PlaneName, string>> = { control: "--port", apps: "--apps-port" };

/** What a killed start leaves behind holds its port and files for a moment longer [LN3]. */
async function startRetrying(
  runtime: Runtime,
  name: PlaneName,
  message: PlaneStart,
): Promise<void> {
  const { options } = runtime;
  const end = performance.now() + RETRY_MS;
  for (;;) {
    try {
      runtime.planes[name] = await startPlane(
        options.root,
        message,
        eventsOf(runtime, name),
        (found) =>
          runtime.record((launcher) => ({
            ...launcher,
            planes: { ...launcher.planes, [name]: found },
          })),
      );
      return;
    } catch (error) {
      const passing =
        error instanceof PlaneStartError &&
        (error.code === "ERR_ADDRESS_IN_USE" || /SQLITE_BUSY/.test(error.message));
      if (!passing || performance.now() > end) throw planeFailure(error, message, FLAG_OF[name]);
      await sleep(200);
    }
  }
}

function eventsOf(runtime: Runtime, name: PlaneName): Parameters<typeof startPlane>[2] {
  const { log, tell } = runtime.options;
  return {
    onLog: (level, message) => {
      log.write({ level, plane: name, message });
      if (level === "error") tell(`${name}: ${message.split("\n")[0]?.slice(0, 200) ?? ""}`);
    },
    onRestart: () => {
      log.write({ level: "warn", plane: name, message: "workerd ended and was started again" });
      if (name === "control" && runtime.control !== undefined) void wake(runtime, runtime.control);
    },
  };
}

async function untilReady(
  what: string,
  limitMs: number,
  log: string,
  check: (signal: AbortSignal) => Promise<true | false | string>,
): Promise<void> {
  const end = performance.now() + limitMs;
  let last: unknown = "no answer";
  while (performance.now() < end) {
    last = await check(AbortSignal.timeout(5_000)).catch(reasonOf);
    if (last === true) return;
    await sleep(50);
  }
  throw new Failure(EXIT.runtime, `${what} was not ready within ${limitMs / 1000} s`, {
    cause: String(last),
    log: readEnd(log),
    remedy: "read the lines above; if they name no cause, start again",
  });
}

/** Cron, watchdogs, log rotation: everything that runs while the runtime does [WD7, LN10]. */
function keepUp(runtime: Runtime, port: number, control: LocalApi, appsPort: number): void {
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
    lives: () => runtime.planes[name]?.lives() === true,
    ping: (signal) => api.healthy(signal),
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
