/**
 * Runs the commands of the guides: every fence marked `sh run` in README.md and docs/, in this checkout.
 * `node test/docs/run.ts [--junit FILE]`; each fence is one test case.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Case, writeJunit } from "../../local/junit.ts";

const ROOT = join(import.meta.dirname, "../..");
const TIMEOUT_MS = 60_000;

const pages = [
  "README.md",
  ...readdirSync(join(ROOT, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];
const fences = pages.flatMap((page) =>
  [...readFileSync(join(ROOT, page), "utf8").matchAll(/^```sh run\n([\s\S]*?)^```$/gm)].map(
    (match) => ({
      page,
      commands: match[1] ?? "",
    }),
  ),
);

const cases = fences.map(({ page, commands }): Case => {
  const started = performance.now();
  const run = spawnSync("bash", ["-euc", commands], {
    cwd: ROOT,
    encoding: "utf8",
    timeout: TIMEOUT_MS,
  });
  const seconds = (performance.now() - started) / 1000;
  const passed = run.status === 0;
  const name = `${page}: ${commands.trim().split("\n")[0] ?? ""}`;
  console.log(`${passed ? "ok" : "FAILED"} ${name} (${seconds.toFixed(1)} s)`);
  if (!passed) console.log(run.stdout + run.stderr);
  return { name, outcome: passed ? "passed" : "failed", seconds, output: run.stdout + run.stderr };
});

const at = process.argv.indexOf("--junit");
const file = at === -1 ? undefined : process.argv[at + 1];
if (file !== undefined) writeJunit(file, "docs", cases);
process.exit(cases.length > 0 && cases.every((one) => one.outcome === "passed") ? 0 : 1);
