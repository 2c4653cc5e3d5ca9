/** What one launcher runs: its parts while they live, and how they end [LN11]. */
import type { Database } from "./database.ts";
import type { Failure } from "./failure.ts";
import type { Flags } from "./flags.ts";
import type { LocalApi } from "./local-api.ts";
import type { JsonLog } from "./log.ts";
import type { PlaneProcess } from "./plane-process.ts";
import type { Settings } from "./settings.ts";
import {
  readLauncher,
  writeLauncher,
  type Launcher,
  type Secrets,
  type StateDir,
} from "./state.ts";

export type UpOptions = {
  root: string;
  version: string;
  flags: Flags;
  dir: StateDir;
  /** Of the command line and the settings file, checked. */
  settings: Settings;
  secrets: Secrets;
  log: JsonLog;
  /** A short line for the person at the terminal. */
  tell(line: string): void;
  /** The runtime cannot be kept up; the launcher stops and ends with this. */
  fatal(failure: Failure): void;
};

/** A stop was asked for before everything ran. */
export class Interrupted extends Error {
  override readonly message = "the start was interrupted";
}

const DRAIN_MS = 5_000;

export type PlaneName = "control" | "apps";

/** The local runtime of one launcher. */
export class Runtime {
  readonly options: UpOptions;
  database: Database | undefined;
  /** The control plane's local routes, once its port is known. */
  control: LocalApi | undefined;
  readonly planes: Partial<Record<PlaneName, PlaneProcess>> = {};
  ports: Readonly<Record<PlaneName, number>> = { control: 0, apps: 0 };
  /** Planes that are away on purpose; the watchdog leaves them alone. */
  readonly restarting = new Set<PlaneName>();
  /** Clocks and watches, which stop before what they look at. */
  readonly closers: (() => Promise<void> | void)[] = [];
  #stopping: Promise<void> | undefined;

  constructor(options: UpOptions) {
    this.options = options;
  }

  get stopping(): boolean {
    return this.#stopping !== undefined;
  }

  /** Clocks and watches first, then the planes with their requests in flight, then the database [LN11]. */
  stop(): Promise<void> {
    this.#stopping ??= this.end();
    return this.#stopping;
  }

  /** What `stop` does; a start that failed does it without having been stopped. */
  async end(): Promise<void> {
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
