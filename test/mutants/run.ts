/**
 * Runs every mutant of this folder and expects its named tests to fail.
 * `node test/mutants/run.ts [id...]` prints a table; `--junit FILE` also writes one test case per mutant.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { type Case, writeJunit } from "../../local/junit.ts";
import { applyMutant, type Mutant, parseMutant } from "./mutant.ts";

const ROOT = join(import.meta.dirname, "../..");

/**
 * Seeds per machine while a mutant lives: a guard that needs more than these to be missed is watched too thinly.
 * Two files share them, and a mutant names one.
 */
const SIM_SEEDS = "800";
/** A mutant may turn a loop endless; its tests then count as failed. */
const TIMEOUT_MS = 120_000;

interface Verdict extends Case {
  id: string;
  guard: string;
}

async function main(): Promise<number> {
  const { ids, junit } = parseArguments(process.argv.slice(2));
  const mutants = ids.map(read);
  const verdicts = await inParallel(mutants, Math.min(2, availableParallelism()), judge);
  const ratchet = ids.length === allIds().length ? [ratchetCase(ids.length)] : [];
  const cases: Case[] = [...verdicts, ...ratchet];
  if (junit !== null) writeJunit(junit, "mutants", cases);
  for (const one of verdicts) {
    const mark = one.outcome === "passed" ? "killed  " : "SURVIVED";
    console.log(
      `${mark}  ${one.id.padEnd(28)} ${one.seconds.toFixed(1).padStart(5)} s  ${one.guard}`,
    );
    if (one.outcome === "failed") console.log(indent(one.output ?? ""));
  }
  const killed = verdicts.filter((one) => one.outcome === "passed").length;
  console.log(`guards killed: ${killed} of ${verdicts.length}`);
  return cases.every((one) => one.outcome === "passed") ? 0 : 1;
}

function parseArguments(args: readonly string[]): { ids: string[]; junit: string | null } {
  const at = args.indexOf("--junit");
  const junit = at === -1 ? null : (args[at + 1] ?? null);
  const named = args.filter((_, index) => at === -1 || (index !== at && index !== at + 1));
  return { ids: named.length > 0 ? [...named] : allIds(), junit };
}

const allIds = (): string[] =>
  readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith(".json"))
    .map((name) => basename(name, ".json"))
    .toSorted();

/** Reads a mutant and tries it on its file, so that a stale one stops the run before any test starts. */
function read(id: string): Mutant {
  const mutant = parseMutant(id, readFileSync(join(import.meta.dirname, `${id}.json`), "utf8"));
  applyMutant(mutant, readFileSync(join(ROOT, mutant.file), "utf8"));
  return mutant;
}

/** Killed means: each named test file ran and at least one of the named tests in it failed. */
async function judge(mutant: Mutant): Promise<Verdict> {
  const started = performance.now();
  const survivors: string[] = [];
  for (const named of mutant.tests) {
    const [file = "", title] = named.split("#");
    const result = await runTests(mutant.id, file, title);
    if (!result.failed) survivors.push(`${named} did not notice it\n${result.output}`);
  }
  return {
    id: mutant.id,
    name: mutant.id,
    guard: mutant.guard ?? mutant.file,
    outcome: survivors.length === 0 ? "passed" : "failed",
    seconds: (performance.now() - started) / 1000,
    output: survivors.join("\n"),
  };
}

async function runTests(
  id: string,
  file: string,
  title: string | undefined,
): Promise<{ failed: boolean; output: string }> {
  const folder = mkdtempSync(join(tmpdir(), "mutant-"));
  const report = join(folder, "report.json");
  try {
    const args = [
      "run",
      file,
      "--reporter=json",
      `--outputFile=${report}`,
      "--maxWorkers=1",
      "--bail=1",
    ];
    if (title !== undefined) args.push("-t", escapeRegExp(title));
    const { output, timedOut } = await vitest(args, {
      MUTANT: id,
      SIM_SEEDS: process.env["SIM_SEEDS"] ?? SIM_SEEDS,
    });
    return { failed: timedOut || failedTests(report) > 0, output };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Failed tests, not failed files: a mutant that does not even load proves nothing about the guard. */
function failedTests(report: string): number {
  const parsed: unknown = JSON.parse(readFileSync(report, "utf8"));
  if (typeof parsed !== "object" || parsed === null || !("numFailedTests" in parsed)) return 0;
  return typeof parsed.numFailedTests === "number" ? parsed.numFailedTests : 0;
}

function vitest(
  args: readonly string[],
  env: Record<string, string>,
): Promise<{ output: string; timedOut: boolean }> {
  const { promise, resolve } = Promise.withResolvers<{ output: string; timedOut: boolean }>();
  const child = spawn(process.execPath, [join(ROOT, "node_modules/vitest/vitest.mjs"), ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let timedOut = false;
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString("utf8")).slice(-4_000);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill("SIGKILL");
  }, TIMEOUT_MS);
  child.on("close", () => {
    clearTimeout(timer);
    resolve({ output, timedOut });
  });
  return promise;
}

/** The number of mutants may only rise. */
function ratchetCase(count: number): Case {
  const ratchet: unknown = JSON.parse(
    readFileSync(join(ROOT, "test/architecture/ratchet.json"), "utf8"),
  );
  const least =
    typeof ratchet === "object" && ratchet !== null && "mutants" in ratchet
      ? Number(ratchet.mutants)
      : NaN;
  const ok = count >= least;
  const output = `there are ${count} mutants, at least ${least} are expected (test/architecture/ratchet.json)`;
  if (!ok) console.log(output);
  return {
    name: "the number of mutants never falls",
    outcome: ok ? "passed" : "failed",
    seconds: 0,
    output,
  };
}

async function inParallel<T, R>(
  items: readonly T[],
  width: number,
  run: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      const item = items[index];
      if (item !== undefined) results[index] = await run(item);
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
  return results;
}

const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
const indent = (text: string): string => text.replaceAll(/^/gm, "    ");

process.exit(await main());
