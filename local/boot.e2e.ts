/** The door to every command, in a clone of its own with a false npm: what it installs, when, and what it hands over to. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { atLeast, pickNode } from "./boot.mjs";

/** Node 24, whichever runs this suite: a plain `node` on PATH for the false programs below. */
const NODE = process.execPath;
const BOOT = join(import.meta.dirname, "boot.mjs");
const PROGRAMS = ["workerd/bin/workerd", "esbuild/bin/esbuild"];

let clone: string;

beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), "edgewright-boot-"));
  mkdirSync(join(clone, "local"));
  cpSync(BOOT, join(clone, "local/boot.mjs"));
  writeFileSync(join(clone, "package-lock.json"), "{}");
  writeFileSync(join(clone, "local/start.ts"), 'console.log("started", ...process.argv.slice(2));');
  // It notes how it was called, then makes programs that work.
  writeFileSync(
    join(clone, "npm-cli.js"),
    `const fs = require("fs"); const path = require("path");
     fs.appendFileSync("npm.log", JSON.stringify({ args: process.argv.slice(2), path: process.env.PATH, env: process.env.NODE_ENV ?? null }) + "\\n");
     if (fs.existsSync("fail")) process.exit(1);
     const wait = fs.existsSync("slow") ? 600 : 0;
     setTimeout(() => {
       for (const name of ${JSON.stringify(PROGRAMS)}) {
         const file = path.join("node_modules", name);
         fs.rmSync(file, { force: true });
         fs.mkdirSync(path.dirname(file), { recursive: true });
         fs.writeFileSync(file, "#!/bin/sh\\nexit " + (fs.existsSync("broken") ? 1 : 0) + "\\n", { mode: 0o755 });
       }
     }, wait);`,
  );
});
afterEach(() => rmSync(clone, { recursive: true }));

const environment = (): NodeJS.ProcessEnv =>
  Object.assign(
    { ...process.env },
    {
      npm_execpath: join(clone, "npm-cli.js"),
      npm_node_execpath: NODE,
      npm_lifecycle_event: "",
      NODE_ENV: "production",
      PATH: [join(clone, "node_modules/.bin"), dirname(NODE), process.env["PATH"]].join(delimiter),
    },
  );

const boot = (...args: string[]) => {
  const done = spawnSync(NODE, [join(clone, "local/boot.mjs"), ...args], {
    env: environment(),
    encoding: "utf8",
  });
  return { code: done.status, out: done.stdout, err: done.stderr };
};

const put = (name: string, text = ""): void => writeFileSync(join(clone, name), text);

/** One entry per run of npm. */
const npmRuns = (): { args: string[]; path: string; env: string | null }[] =>
  existsSync(join(clone, "npm.log"))
    ? readFileSync(join(clone, "npm.log"), "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line))
    : [];

const stamped = (): boolean => existsSync(join(clone, "node_modules/.edgewright"));

test("[BT1] boot is plain JavaScript over node: modules, as it runs before anything is installed", () => {
  const text = readFileSync(BOOT, "utf8");
  const imported = [...text.matchAll(/^import .* from "(.*)";$/gm)].map((match) => match[1]);
  expect(imported.filter((name) => name?.startsWith("node:") !== true)).toEqual([]);
  expect([atLeast("16.20.0", 18, 0), atLeast("18.0.0", 18, 0), atLeast("24.9.1", 24, 15)]).toEqual([
    false,
    true,
    false,
  ]);
});

test("[BT2] an install is made once; a changed lock file makes it again", () => {
  expect(boot("start", "--json").out).toBe("started --json\n");
  boot("start");
  expect(npmRuns()).toHaveLength(1);
  put("package-lock.json", '{"changed":true}');
  boot("start");
  expect(npmRuns()).toHaveLength(2);
});

test("[BT2] a program that stopped working makes the install again", () => {
  boot("start");
  const program = join(clone, "node_modules/esbuild/bin/esbuild");
  chmodSync(program, 0o644);
  const again = boot("start");
  expect(again.err).toContain("esbuild fails");
  expect([npmRuns().length, again.code]).toEqual([2, 0]);
});

test("[BT3] npm installs all kinds of packages, without our programs on its PATH and without NODE_ENV", () => {
  boot("start");
  const [run] = npmRuns();
  expect(run?.args).toEqual(
    expect.arrayContaining(["ci", "--include=dev", "--include=optional", "--prefer-offline"]),
  );
  expect(run?.path.split(delimiter)).not.toContain(join(clone, "node_modules/.bin"));
  expect(run?.env).toBeNull();
});

test("[BT4] a failed install is tried once more without the cache, leaves no stamp and ends with code 4", () => {
  put("fail");
  const failed = boot("start");
  expect([failed.code, stamped(), failed.err.includes("Remedy:")]).toEqual([4, false, true]);
  expect(npmRuns().map(({ args }) => args.includes("--prefer-offline"))).toEqual([true, false]);
});

test("[BT4] an install whose programs do not run leaves no stamp", () => {
  put("broken");
  const failed = boot("start");
  expect([failed.code, stamped()]).toEqual([4, false]);
  expect(failed.err).toContain("workerd fails");
});

test("[BT5] of two commands at once one installs, and both run", async () => {
  put("slow");
  const runs = [start(), start()];
  expect(await Promise.all(runs.map(ended))).toEqual([0, 0]);
  expect(npmRuns()).toHaveLength(1);
});

test("[BT5] the lock of a dead installer is taken over", () => {
  mkdirSync(join(clone, ".install.lock"));
  put(".install.lock/pid", "999999999\n");
  expect(boot("start").code).toBe(0);
  expect(existsSync(join(clone, ".install.lock"))).toBe(false);
});

test("[BT6] the Node of the tested line runs us, else the packaged one, else one that strips types, else nobody", () => {
  const packaged = join(
    clone,
    "node_modules",
    `node-${process.platform}-${process.arch}`,
    "bin/node",
  );
  expect(pickNode(clone, "24.21.0", "/n").file).toBe("/n");
  expect(pickNode(clone, "22.18.0", "/n")).toEqual({
    file: "/n",
    flags: ["--disable-warning=ExperimentalWarning"],
  });
  expect(() => pickNode(clone, "20.20.0", "/n")).toThrow(expect.objectContaining({ exitCode: 4 }));
  mkdirSync(dirname(packaged), { recursive: true });
  writeFileSync(packaged, "");
  expect(pickNode(clone, "20.20.0", "/n").file).toBe(packaged);
});

test("[BT7] the child gets our arguments and its exit code is ours", () => {
  put("local/start.ts", "process.exitCode = Number(process.argv[2]);");
  expect(boot("start", "42").code).toBe(42);
});

test("[BT7] a signal is passed on once, and a child that ends by itself decides the exit code", async () => {
  put(
    "driver.mjs",
    `import { run } from "./local/boot.mjs";
     const child = 'let n = 0; process.on("SIGTERM", () => { n += 1; setTimeout(() => process.exit(40 + n), 200); }); console.log("up"); setInterval(() => {}, 1000);';
     process.exitCode = await run(process.execPath, ["-e", child]);`,
  );
  const driver = spawn(NODE, [join(clone, "driver.mjs")], { stdio: ["ignore", "pipe", "inherit"] });
  await once(driver.stdout, "data");
  driver.kill("SIGTERM");
  driver.kill("SIGTERM");
  expect(await ended(driver)).toBe(41);
});

test("a command that is not there is refused with those that are", () => {
  const refused = boot("strat");
  expect([refused.code, refused.err.includes("start, login, test")]).toEqual([1, true]);
});

function start(): ChildProcess {
  return spawn(NODE, [join(clone, "local/boot.mjs"), "start"], {
    env: environment(),
    stdio: "ignore",
  });
}

async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null) await once(child, "exit");
  return child.exitCode;
}

test("[BT7] a command that runs in boot's own process does its work too", () => {
  // npm puts node_modules/.bin first, so from the second command on the packaged Node runs boot itself.
  const own = spawnSync(NODE, [BOOT, "decisions"], { encoding: "utf8" });
  expect(own.stderr).toBe("");
  expect(own.stdout).toMatch(/^all +\d+ of +\d+ built$/m);
  const refused = spawnSync(NODE, [BOOT, "test", "no-such-stage"], { encoding: "utf8" });
  expect(refused.status).toBe(1);
  expect(refused.stdout + refused.stderr).toContain("no-such-stage");
});
