/** How one piece of a stage is run: the process, its time limit and the JUnit files it leaves. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { EXIT } from "./failure.ts";
import { type Case, writeJunit } from "./junit.ts";
import { type Command, TEST_STAGES, type Work } from "./stages.ts";

export interface Shell {
  root: string;
  env: Readonly<Record<string, string>>;
  /** When a hanging process is killed, in milliseconds since 1970. */
  deadline: number;
}

export interface Ended {
  ok: boolean;
  /** JUnit files to count. */
  reports: readonly string[];
}

/** Runs one piece of work; its output goes to this process's output as it comes. Never throws for a failing check. */
export async function runWork(
  work: Work,
  report: string,
  shell: Shell & { suite: string },
): Promise<Ended> {
  switch (work.kind) {
    case "vitest":
      return vitest(["--project", work.project], report, shell);
    case "paths":
      return vitest(work.paths, report, shell);
    case "commands": {
      const cases = [];
      for (const command of work.commands) cases.push(await asCase(command, shell));
      writeJunit(report, shell.suite, cases);
      return { ok: cases.every((one) => one.outcome !== "failed"), reports: [report] };
    }
    case "reporter": {
      const run = await execute([...work.run, report], shell);
      return { ok: run.code === 0, reports: [report] };
    }
    case "npm-test":
      return npmTest(shell);
    case "clone": {
      const cases = await fromClone(shell);
      writeJunit(report, shell.suite, cases);
      return { ok: cases.every((one) => one.outcome === "passed"), reports: [report] };
    }
  }
}

/** Worlds whose tests take seconds each: a line per test shows which one hangs. */
const SLOW = ["e2e", "browser", "kill"];

async function vitest(which: readonly string[], report: string, shell: Shell): Promise<Ended> {
  const reporters = [
    `--reporter=${which.some((one) => SLOW.includes(one)) ? "verbose" : "default"}`,
    "--reporter=junit",
    `--outputFile.junit=${report}`,
  ];
  const run = await execute(["vitest", "run", ...reporters, ...which], shell);
  return { ok: run.code === 0, reports: [report] };
}

async function asCase(command: Command, shell: Execution): Promise<Case> {
  const started = performance.now();
  const run = await execute(command.run, shell);
  const seconds = (performance.now() - started) / 1000;
  process.stdout.write(
    `${run.code === 0 ? "ok" : "FAILED"} ${command.name} (${seconds.toFixed(1)} s)\n`,
  );
  return {
    name: command.name,
    outcome: run.code === 0 ? "passed" : "failed",
    seconds,
    output: run.output,
  };
}

/** The README's command itself, with npm from outside the checkout, counted by the reports it leaves. */
async function npmTest(shell: Shell): Promise<Ended> {
  const reports = TEST_STAGES.flatMap((stage) =>
    stage.work.map((_, index) =>
      join(
        shell.root,
        "reports",
        index === 0 ? `${stage.name}.xml` : `${stage.name}-${index + 1}.xml`,
      ),
    ),
  );
  for (const file of reports) rmSync(file, { force: true });
  const run = await execute(["npm", "test"], { ...shell, bare: true });
  return { ok: run.code === 0, reports };
}

/** What a stranger does first: clone, install, run something. Needs git and a commit; the work tree is not looked at. */
async function fromClone(shell: Shell): Promise<Case[]> {
  const folder = mkdtempSync(join(tmpdir(), "edgewright-clone-"));
  const clone = join(folder, "edgewright");
  const inClone = { ...shell, root: clone, bare: true };
  try {
    if (!existsSync(join(shell.root, ".git"))) {
      return [
        { name: "clone", outcome: "failed", seconds: 0, output: "CI runs in a git checkout" },
      ];
    }
    const cases = [
      await asCase(
        { name: "clone", run: ["git", "clone", "--quiet", shell.root, clone] },
        { ...shell, bare: true },
      ),
    ];
    if (cases[0]?.outcome !== "passed") return cases;
    // The harder install: npm may be set to run no install scripts. This checkout itself was installed with them.
    const withoutScripts = { ...inClone, env: { ...shell.env, npm_config_ignore_scripts: "true" } };
    cases.push(
      await asCase(
        {
          name: "install without scripts and run",
          run: ["npm", "run", "--silent", "decisions"],
        },
        withoutScripts,
      ),
    );
    cases.push(
      await asCase(
        { name: "no file changed", run: ["git", "diff", "--exit-code", "--stat"] },
        inClone,
      ),
    );
    return cases;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `bare` programs run with the PATH a stranger has, without this checkout's tools. */
type Execution = Shell & { bare?: boolean };

interface Run {
  code: number;
  output: string;
}

/** Output kept for the report; the terminal gets all of it. */
const KEPT_CHARS = 20_000;

function execute([program, ...rest]: readonly string[], shell: Execution): Promise<Run> {
  const { promise, resolve } = Promise.withResolvers<Run>();
  // Its own group, so that a hanging stage is killed with everything it started.
  const child = spawn(program ?? "", rest, {
    cwd: shell.root,
    env: environment(shell),
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let output = "";
  const keep = (stream: NodeJS.WriteStream) => (chunk: Buffer) => {
    stream.write(chunk);
    output = (output + chunk.toString("utf8")).slice(-KEPT_CHARS);
  };
  child.stdout.on("data", keep(process.stdout));
  child.stderr.on("data", keep(process.stderr));
  const timer = setTimeout(() => {
    process.stdout.write(`${program} hung and was killed\n`);
    kill(child.pid, "SIGKILL");
  }, shell.deadline - Date.now());
  let interrupted = false;
  const stop = (): void => {
    interrupted = true;
    kill(child.pid, "SIGTERM");
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  const end = (code: number, text: string): void => {
    clearTimeout(timer);
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
    resolve({ code, output: output + text });
  };
  child.on("error", (error) => {
    process.stdout.write(`${program}: ${error.message}\n`);
    end(1, error.message);
  });
  child.on("close", (code) => {
    if (interrupted) process.exit(EXIT.interrupted);
    end(code ?? 1, "");
  });
  return promise;
}

function kill(pid: number | undefined, signal: "SIGTERM" | "SIGKILL"): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group ended between the decision and the signal: that is what was wanted.
  }
}

function environment(shell: Execution): NodeJS.ProcessEnv {
  const path = (process.env["PATH"] ?? "")
    .split(delimiter)
    .filter((entry) => !entry.includes("node_modules"));
  const own = [dirname(process.execPath), join(shell.root, "node_modules/.bin")];
  const { NODE_ENV: _, npm_execpath: __, npm_node_execpath: ___, ...rest } = process.env;
  return {
    ...rest,
    ...shell.env,
    PATH: (shell.bare === true ? path : [...own, ...path]).join(delimiter),
  };
}
