/** `npm start`: one supervisor process that runs the product and stays in the foreground. No Worker runs inside it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { z } from "zod";
import { claim, release, runningLauncher } from "./claim.ts";
import { EXIT, Failure, codeOf, reasonOf, render } from "./failure.ts";
import { parseFlags, type Flags } from "./flags.ts";
import { JsonLog } from "./log.ts";
import { reset } from "./reset.ts";
import { readSettings } from "./settings.ts";
import { openState, secretsOf, statePaths, type StateDir } from "./state.ts";
import { status, stopRunning } from "./status.ts";
import { Interrupted, Runtime } from "./runtime.ts";
import { bringUp, type Addresses } from "./supervisor.ts";
import { declaredVariables } from "./variables.ts";

const ROOT = join(import.meta.dirname, "..");
/** The terminal and npm both pass an interrupt on: what comes this soon after the first is the same one. */
const SAME_SIGNAL_MS = 1_000;

const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")));

/** Prose for a person. With `--json` standard output is for one line only. */
const teller =
  (flags: Flags) =>
  (line: string): void => {
    (flags.json ? process.stderr : process.stdout).write(`${line}\n`);
  };

async function main(args: readonly string[]): Promise<number> {
  const flags = parseFlags(args);
  const dir = statePaths(flags.state);
  if (flags.command === "status") return status(dir, flags.json);
  if (flags.command === "stop") return stopRunning(dir, teller(flags));
  if (flags.reset) {
    if (!flags.yes && !(await confirmed(dir))) return EXIT.check;
    await reset(dir);
  }
  return supervise(flags, openState(flags.state));
}

/** @throws Failure(check) without a terminal to ask on [LN13] */
async function confirmed(dir: StateDir): Promise<boolean> {
  const running = runningLauncher(dir);
  if (running !== undefined) return true; // reset() refuses it, with the remedy.
  if (!process.stdin.isTTY) {
    throw new Failure(EXIT.check, `--reset deletes all data in ${dir.root}`, {
      remedy: "add --yes to confirm",
    });
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`Delete all data in ${dir.root}? Type yes: `);
  terminal.close();
  return answer.trim() === "yes";
}

async function supervise(flags: Flags, dir: StateDir): Promise<number> {
  const tell = teller(flags);
  const log = new JsonLog(join(dir.logs, "launcher.log"));
  const declared = declaredVariables(readFileSync(join(ROOT, "wrangler.toml"), "utf8"));
  const settings = readSettings(dir, flags.vars, declared);
  await claim(dir, version);
  const ending = new Ending();
  const options = {
    root: ROOT,
    version,
    flags,
    dir,
    settings,
    secrets: secretsOf(dir),
    log,
    tell,
    fatal: ending.fail,
  };
  const runtime = new Runtime(options);
  ending.watch(runtime);
  try {
    announce(flags, await bringUp(runtime));
    log.write({ level: "info", message: "ready" });
    const failure = await ending.wait;
    if (failure === undefined) tell("stopping");
    await runtime.stop();
    if (failure !== undefined) throw failure;
    return 0;
  } catch (error) {
    log.write({ level: "error", message: reasonOf(error) });
    if (!(error instanceof Interrupted)) throw error;
    return 0;
  } finally {
    release(dir);
    log.close();
  }
}

/** Why and when the launcher ends: a signal, a second one, or a part that cannot be kept up. */
class Ending {
  readonly wait: Promise<Failure | undefined>;
  #settle: (failure: Failure | undefined) => void = () => {};
  #firstAt: number | undefined;

  constructor() {
    this.wait = new Promise((resolve) => (this.#settle = resolve));
  }

  readonly fail = (failure: Failure): void => this.#settle(failure);

  /** The first signal stops the runtime, also amid its start; a second one kills it. */
  watch(runtime: Runtime): void {
    const onSignal = (): void => {
      const now = performance.now();
      if (this.#firstAt === undefined) {
        this.#firstAt = now;
        this.#settle(undefined);
        void runtime.stop();
      } else if (now - this.#firstAt >= SAME_SIGNAL_MS) {
        void runtime.kill().finally(() => process.exit(EXIT.interrupted));
      }
    };
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, onSignal);
    // A program that started us with a channel (a test) and is gone can neither use nor stop us.
    if (process.send !== undefined) process.once("disconnect", onSignal);
  }
}

function announce(flags: Flags, { api, apps, setup }: Addresses): void {
  if (flags.json) {
    process.stdout.write(
      `${JSON.stringify({ event: "ready", api, apps, setup, pid: process.pid })}\n`,
    );
    return;
  }
  const next = setup === null ? "Sign in: npm run login" : `Set up: ${setup}`;
  process.stdout.write(
    `\nEdgewright ${version} runs at ${api}\nApps are served at ${apps}\n${next}\nCtrl-C stops it.\n`,
  );
}

// A script that read the ready line and closed its end (`| head -1`) must not end what it started.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error) => {
    if (codeOf(error) !== "EPIPE") throw error;
  });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${render(error)}\n`);
  process.exitCode = error instanceof Failure ? error.exitCode : EXIT.runtime;
}
// Children that were left to themselves on purpose (an attached Postgres) must not keep this process alive.
process.exit();
