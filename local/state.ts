/** The state folder of one install: secrets, what runs, and where each part keeps its data [LN1]. */
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { EXIT, Failure, codeOf } from "./failure.ts";

/** Paths of one state folder, absolute. */
export type StateDir = {
  root: string;
  secrets: string;
  state: string;
  launcher: string;
  postgres: string;
  control: string;
  apps: string;
  logs: string;
  tmp: string;
};

/** The paths below a state folder. Touches nothing. */
export function statePaths(folder: string): StateDir {
  const root = resolve(folder);
  return {
    root,
    secrets: join(root, "secrets.json"),
    state: join(root, "state.json"),
    launcher: join(root, "run", "launcher.json"),
    postgres: join(root, "postgres"),
    control: join(root, "control"),
    apps: join(root, "apps"),
    logs: join(root, "logs"),
    tmp: join(root, "tmp"),
  };
}

/**
 * Makes the folder and its parts with mode 0700. Existing data stays.
 *
 * @throws Failure(runtime) when the folder belongs to another user: what we would write there, they could not read
 */
export function openState(folder: string): StateDir {
  const dir = statePaths(folder);
  try {
    for (const path of [dir.root, join(dir.root, "run"), dir.control, dir.apps, dir.logs, dir.tmp])
      mkdirSync(path, { recursive: true, mode: 0o700 });
    refuseForeign(dir.root);
    chmodSync(dir.root, 0o700);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(EXIT.runtime, `the state folder ${dir.root} cannot be made`, {
      cause: error,
      remedy: "give this user write access to it, or choose another folder with --state",
    });
  }
  return dir;
}

function refuseForeign(root: string): void {
  const owner = statSync(root).uid;
  const user = process.getuid?.() ?? owner;
  if (owner === user) return;
  throw new Failure(
    EXIT.runtime,
    `the state folder ${root} belongs to uid ${owner}, this is uid ${user}`,
    {
      remedy: "run as that user, or choose another folder with --state",
    },
  );
}

const Key = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
/** `v2:<key>,v1:<key>` while one is exchanged for another: the first seals, all open [SC5]. */
const Kek = z.string().regex(/^v\d+:[A-Za-z0-9_-]{43}(?:,v\d+:[A-Za-z0-9_-]{43})*$/);

/** Made once, kept for the life of the state folder: the data cannot be read without them (C14). */
export const Secrets = z.object({
  postgres: z.object({ superuser: Key, platform_ddl: Key, platform_rt: Key, gateway: Key }),
  control: z.object({
    KEK_PLATFORM: Kek,
    KEK_ORG: Kek,
    TOKEN_KEY: Key,
    KEY_PEPPER: Key,
    LAUNCHER_TOKEN: Key,
    PLANE_TOKEN: Key,
  }),
  apps: z.object({ KEK_APPS: Kek }),
});
export type Secrets = z.infer<typeof Secrets>;

/** Reads the secrets, or makes them (mode 0600) for a new folder. */
export function secretsOf(dir: StateDir): Secrets {
  const text = readIfThere(dir.secrets);
  if (text !== undefined) return parseFile(dir.secrets, text, Secrets);
  const made = newSecrets();
  writeWhole(dir.secrets, made);
  return made;
}

function newSecrets(): Secrets {
  const key = (): string => randomBytes(32).toString("base64url");
  const kek = (): string => `v1:${key()}`;
  return {
    postgres: { superuser: key(), platform_ddl: key(), platform_rt: key(), gateway: key() },
    control: {
      KEK_PLATFORM: kek(),
      KEK_ORG: kek(),
      TOKEN_KEY: key(),
      KEY_PEPPER: key(),
      LAUNCHER_TOKEN: key(),
      PLANE_TOKEN: key(),
    },
    apps: { KEK_APPS: kek() },
  };
}

const IdentityShape = z.object({
  pid: z.number().int(),
  startTime: z.string(),
  executable: z.string(),
});

/** How the Postgres binaries run: as they are, in a user namespace, or staged for uid 65534 [PG4, PG5]. */
export const PostgresMode = z.enum(["direct", "unshare", "staged"]);
export type PostgresMode = z.infer<typeof PostgresMode>;

const PostgresState = z.object({
  process: IdentityShape,
  port: z.number().int(),
  dataDir: z.string(),
  binDir: z.string(),
  mode: PostgresMode,
  version: z.string(),
  systemIdentifier: z.string(),
});
export type PostgresState = z.infer<typeof PostgresState>;

/** What outlives a launcher: where Postgres is, which bundles were built, when cron last ran (minutes since 1970). */
export const State = z.object({
  postgres: PostgresState.optional(),
  cronMinute: z.number().int().optional(),
});
export type State = z.infer<typeof State>;

export function readState(dir: StateDir): State {
  const text = readIfThere(dir.state);
  return text === undefined ? {} : parseFile(dir.state, text, State);
}

/** Replaces the named parts of `state.json`; the file is whole at every instant. */
export function updateState(dir: StateDir, change: Partial<State>): void {
  writeWhole(dir.state, { ...readState(dir), ...change });
}

/** The running launcher and its children, for `--status`, `--stop` and the next start [LN2, LN3]. */
export const Launcher = z.object({
  process: IdentityShape,
  version: z.string(),
  startedAt: z.iso.datetime(),
  api: z.string().nullable(),
  apps: z.string().nullable(),
  /** Set once it is ending: a new start waits for that instead of refusing. */
  stopping: z.boolean(),
  planes: z.object({ control: IdentityShape.optional(), apps: IdentityShape.optional() }),
});
export type Launcher = z.infer<typeof Launcher>;

export function readLauncher(dir: StateDir): Launcher | undefined {
  const text = readIfThere(dir.launcher);
  return text === undefined ? undefined : parseFile(dir.launcher, text, Launcher);
}

export const writeLauncher = (dir: StateDir, launcher: Launcher): void =>
  writeWhole(dir.launcher, launcher);

export const removeLauncher = (dir: StateDir): void => rmSync(dir.launcher, { force: true });

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

function parseFile<T>(path: string, text: string, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new Failure(EXIT.runtime, `${path} is not readable`, {
      cause,
      remedy:
        "restore the file from a backup, or start afresh with --reset (all local data is deleted)",
    });
  }
}

/** Writes a file that a crash leaves either old or new, never torn. */
function writeWhole(path: string, value: unknown): void {
  const draft = `${path}.${process.pid}.tmp`;
  writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600, flush: true });
  renameSync(draft, path);
}
