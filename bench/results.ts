/** Reads and writes `bench/results/<id>.json` and keeps the table of bench/README.md equal to them. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BenchResult } from "./model.ts";
import { withTable } from "./table.ts";

const HERE = import.meta.dirname;
const RESULTS = join(HERE, "results");
const README = join(HERE, "README.md");

/** The benches in the order in which the README shows them; each has a script of that name. */
export const BENCH_IDS = ["start", "api", "limiter", "analysis", "engine-fanout"] as const;
export type BenchId = (typeof BENCH_IDS)[number];

/** Every stored result, in the order of BENCH_IDS. Throws on a file that does not parse. */
export function readResults(): readonly BenchResult[] {
  return BENCH_IDS.map((id) => join(RESULTS, `${id}.json`))
    .filter((file) => existsSync(file))
    .map((file) => BenchResult.parse(JSON.parse(readFileSync(file, "utf8"))));
}

/** Stores one result and rewrites the table. */
export function writeResult(result: BenchResult): void {
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(join(RESULTS, `${result.id}.json`), `${JSON.stringify(result, null, 1)}\n`);
  writeTable();
}

export const readReadme = (): string => readFileSync(README, "utf8");

/** The README as it must read for the results of now [BH7]. */
export const expectedReadme = (): string => withTable(readReadme(), readResults());

export const writeTable = (): void => writeFileSync(README, expectedReadme());
