/** Builds what production would get, once per change of its sources: the Workers with Wrangler, the console with Vite [LN5]. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { OFFLINE, childEnvironment } from "./environment.ts";
import { EXIT, Failure, codeOf } from "./failure.ts";
import { identify } from "./process.ts";

export type Bundle = {
  name: string;
  /** What the bundle is made from, relative to the repository: folders or files. */
  inputs: readonly string[];
  /** Program and arguments; `out` is an empty folder to write to. */
  command(root: string, out: string): readonly string[];
  /** Whether this checkout has it. */
  exists(root: string): boolean;
};

const SHARED = ["package-lock.json", "wrangler.toml", "workers/platform", "durable-objects"];

const wrangler = (name: string, config: string, inputs: readonly string[]): Bundle => ({
  name,
  inputs,
  // `--env=` is the top level: production's own section must not be taken by accident.
  command: (root, out) => [
    join(root, "node_modules/wrangler/bin/wrangler.js"),
    "deploy",
    "--dry-run",
    "--env=",
    "--config",
    join(root, config),
    "--outdir",
    out,
  ],
  exists: (root) => existsSync(join(root, config)),
});

/** Every bundle of the local runtime. */
export const BUNDLES: readonly Bundle[] = [
  wrangler("platform", "wrangler.toml", SHARED),
  wrangler("apps", "workers/apps/wrangler.toml", [
    "package-lock.json",
    "workers/apps",
    "workers/platform/http/model.ts",
  ]),
  {
    name: "console",
    inputs: [...SHARED, "workers/console"],
    command: (root, out) => [
      join(root, "node_modules/vite/bin/vite.js"),
      "build",
      "--config",
      join(root, "workers/console/vite.config.ts"),
      "--outDir",
      out,
      "--emptyOutDir",
      "--logLevel",
      "warn",
    ],
    exists: (root) => existsSync(join(root, "workers/console/index.html")),
  },
];

/**
 * Brings every bundle up to date in `dist/<name>`, all at once. An unchanged one costs the hash of its sources (about 10 ms).
 *
 * @returns the names built now
 * @throws Failure(runtime) with the end of the tool's output
 */
export async function buildAll(root: string, tell: (line: string) => void): Promise<string[]> {
  // Wrangler refuses to bundle while the console's folder, which wrangler.toml names, is not there yet.
  mkdirSync(join(root, "dist", "console"), { recursive: true });
  // wrangler.toml names the console's folder as its assets, and Wrangler refuses a folder that is not there.
  for (const { name } of BUNDLES) mkdirSync(join(root, "dist", name), { recursive: true });
  const built = await Promise.all(BUNDLES.map((bundle) => buildIfChanged(root, bundle, tell)));
  return BUNDLES.filter((_, index) => built[index]).map((bundle) => bundle.name);
}

async function buildIfChanged(
  root: string,
  bundle: Bundle,
  tell: (line: string) => void,
): Promise<boolean> {
  const target = join(root, "dist", bundle.name);
  if (!bundle.exists(root)) return false;
  const hash = inputHash(root, bundle.inputs);
  if (readIfThere(hashFile(target)) === hash) return false;
  tell(`building ${bundle.name}`);
  await build(root, bundle, target);
  writeFileSync(hashFile(target), hash);
  return true;
}

const hashFile = (target: string): string => `${target}.inputs`;

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Tests and documents do not change a bundle; everything else below the inputs may. */
const IGNORED = /(^|\/)(node_modules|fixtures|dist)$|\.(test\.tsx?|md)$/;

/** The hash of all input files, by path and content, in a fixed order. */
export function inputHash(root: string, inputs: readonly string[]): string {
  const hash = createHash("sha256");
  const add = (path: string): void => {
    if (IGNORED.test(path)) return;
    let entries;
    try {
      entries = readdirSync(join(root, path), { withFileTypes: true });
    } catch (error) {
      if (codeOf(error) === "ENOENT") return;
      if (codeOf(error) !== "ENOTDIR") throw error;
      hash.update(`${path}\0`).update(
        createHash("sha256")
          .update(readFileSync(join(root, path)))
          .digest(),
      );
      return;
    }
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1)))
      add(`${path}/${entry.name}`);
  };
  for (const input of inputs) add(input);
  return hash.digest("hex");
}

/** Builds beside and swaps by rename: two launchers of one clone may build at once, and a broken build keeps the old one. */
async function build(root: string, bundle: Bundle, target: string): Promise<void> {
  removeAbandoned(target);
  const draft = `${target}.${process.pid}.tmp`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  try {
    const output = await run(root, bundle.command(root, draft));
    if (output.code !== 0) {
      throw new Failure(EXIT.runtime, `${bundle.name} cannot be built`, {
        log: output.text.split("\n").filter((line) => line.trim() !== ""),
        remedy: "correct the error above; `npm run check` finds it as well",
      });
    }
    rmSync(hashFile(target), { force: true });
    swap(draft, target);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** Drafts of builders that were killed. */
function removeAbandoned(target: string): void {
  for (const name of readdirSync(dirname(target))) {
    const pid = Number(/\.(\d+)\.tmp(?:\.old)?$/.exec(name)?.[1]);
    if (pid > 0 && identify(pid) === undefined)
      rmSync(join(dirname(target), name), { recursive: true, force: true });
  }
}

/** The target is away for two system calls only; of two builders that swap at once either result is right. */
function swap(draft: string, target: string): void {
  const old = `${draft}.old`;
  renameSync(target, old);
  try {
    renameSync(draft, target);
  } catch (error) {
    if (codeOf(error) !== "ENOTEMPTY" && codeOf(error) !== "EEXIST") throw error;
  }
  rmSync(old, { recursive: true, force: true });
}

function run(
  root: string,
  command: readonly string[],
): Promise<{ code: number | null; text: string }> {
  const logs = join(root, "node_modules", ".cache", "wrangler");
  const env = childEnvironment({
    ...OFFLINE,
    WRANGLER_LOG_PATH: logs,
    XDG_CONFIG_HOME: logs,
    NO_COLOR: "1",
  });
  const child = spawn(process.execPath, command, {
    cwd: root,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, text }));
  });
}
