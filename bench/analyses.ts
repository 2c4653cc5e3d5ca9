/** Accuracy on labelled sets: `node bench/analyses.ts --set DIR`. Prints numbers only; sets are never committed. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { grep, mean, ours, readCases, type Score, scoreOne, tail } from "./analyses/blocks.ts";

/** Finds the set inside DIR (an archive unpacks into a folder of its own) and scores it by its kind. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { set: { type: "string" }, units: { type: "boolean" } },
  });
  if (values.set === undefined || !existsSync(values.set)) {
    process.stderr.write(
      "usage: node bench/analyses.ts --set DIR [--units]\nDIR holds an unpacked set: LogChunks, CiDiff, BugSwarm or errorformat.\n",
    );
    return 2;
  }
  const dir = setIn(values.set);
  if (existsSync(join(dir, "expect.jsonl"))) return runOther("./analyses/tests.ts", dir);
  if (readdirSync(dir).some((name) => name.endsWith(".ok")))
    return runOther("./analyses/diagnostics.ts", dir);
  return blocks(dir, values.units === true);
}

function setIn(dir: string): string {
  const names = readdirSync(dir);
  const [only] = names;
  const nested = names.length === 1 && only !== undefined ? join(dir, only) : dir;
  return statSync(nested).isDirectory() ? nested : dir;
}

/** The parsers' own scores live in files of their own; each exports `main(dir)`. */
async function runOther(path: string, dir: string): Promise<number> {
  const { main: run }: { main(dir: string): Promise<number> | number } = await import(path);
  return run(dir);
}

async function blocks(dir: string, perUnit: boolean): Promise<number> {
  const cases = readCases(dir);
  if (cases === null) {
    process.stderr.write(
      `${dir} holds no known set: no labels.jsonl, groundtruth, expect.jsonl or *.ok files.\n`,
    );
    return 2;
  }
  const scores: Record<string, Score[]> = { edgewright: [], "tail 100": [], "grep +-3": [] };
  const units = new Map<string, Score[]>();
  for (const item of cases) {
    const bytes = readFileSync(item.path);
    const score = scoreOne(await ours(bytes), item.label);
    scores["edgewright"]?.push(score);
    scores["tail 100"]?.push(scoreOne(tail(bytes), item.label, Infinity));
    scores["grep +-3"]?.push(scoreOne(grep(bytes), item.label, Infinity));
    (units.get(item.unit) ?? units.set(item.unit, []).get(item.unit))?.push(score);
  }
  if (perUnit) for (const [unit, list] of units) print(unit, mean(list));
  for (const [name, list] of Object.entries(scores)) print(name, mean(list));
  return 0;
}

function print(name: string, score: Score): void {
  const share = (value: number): string => value.toFixed(3);
  process.stdout.write(
    `${name.padEnd(36)} logs ${score.logs}  P ${share(score.precision)}  R ${share(score.recall)}  F1 ${share(score.f1)}  ` +
      `hit@1 ${share(score.hit1)}  hit@3 ${share(score.hit3)}  lines ${score.shown.toFixed(1)}  ` +
      `high ${share(score.highShare)} (hit@1 ${share(score.highHit1)})\n`,
  );
}

process.exitCode = await main();
