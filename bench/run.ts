/** `npm run bench -- <id> [--smoke]`: measures one bench, or all, and stores what it found. */
import { installPeers } from "./install.ts";
import { measurePart } from "./harness.ts";
import { commit, load, machine } from "./machine.ts";
import type { Bench, BenchResult, PartResult } from "./model.ts";
import { BENCH_IDS, type BenchId, writeResult, writeTable } from "./results.ts";
import { renderResults } from "./table.ts";

/** Each bench is loaded only when it runs: one that cannot load must not stop the others. */
const BENCHES: Record<BenchId, () => Promise<Bench>> = {
  start: async () => (await import("./start.ts")).start,
  api: async () => (await import("./api.ts")).api,
  limiter: async () => (await import("./limiter.ts")).limiter,
  analysis: async () => (await import("./analysis.ts")).analysis,
  "engine-fanout": async () => (await import("./engine-fanout.ts")).engineFanout,
};

const USAGE = `usage: npm run bench -- <${BENCH_IDS.join(" | ")} | all | table> [--smoke]
  <id>     measures one bench, stores bench/results/<id>.json and rewrites the table of bench/README.md
  all      measures every bench
  table    rewrites the table from the stored results
  --smoke  tiny sizes, one round: only proves that every side is exact; without an id, all benches; stores nothing`;

/** Exit code: 0 measured and exact, 1 a row of ours was void or a bench failed, 2 wrong usage. */
async function main(args: readonly string[]): Promise<number> {
  const smoke = args.includes("--smoke");
  const [wanted = smoke ? "all" : "", ...more] = args.filter((arg) => arg !== "--smoke");
  if (wanted === "table" && more.length === 0) return (writeTable(), 0);
  const ids = wanted === "all" ? BENCH_IDS : BENCH_IDS.filter((id) => id === wanted);
  if (ids.length === 0 || more.length > 0) return (console.error(USAGE), 2);
  installPeers(note);
  let code = 0;
  for (const id of ids) code = Math.max(code, await runBench(id, smoke).catch(failed(id)));
  return code;
}

/** A bench that cannot be set up fails the run; the benches after it are still measured. */
const failed =
  (id: BenchId) =>
  (error: unknown): number => {
    note(
      `FAILED ${id}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    return 1;
  };

async function runBench(id: BenchId, smoke: boolean): Promise<number> {
  note(`${id}${smoke ? " (smoke: exactness only)" : ""}`);
  const bench = await BENCHES[id]();
  const before = load();
  const measuredAt = new Date().toISOString();
  const parts = await measureParts(bench, smoke);
  const result: BenchResult = {
    id,
    title: bench.title,
    measured_at: measuredAt,
    commit: commit(import.meta.dirname),
    machine: machine(),
    load_1m: { before, after: load() },
    parts,
    published: [...bench.published],
  };
  const voids = parts.flatMap((part) =>
    part.rows.flatMap((row) =>
      row.status === "void" ? [`VOID ${id} ${row.label}: ${row.reason}`] : [],
    ),
  );
  for (const line of voids) note(line);
  if (!smoke) {
    writeResult(result);
    console.log(renderResults([result]));
  }
  note(`${id}: ${voids.length === 0 ? "every measured side was exact" : `${voids.length} void`}`);
  return voids.length === 0 ? 0 : 1;
}

async function measureParts(bench: Bench, smoke: boolean): Promise<PartResult[]> {
  const open = await bench.open({ smoke });
  try {
    const parts: PartResult[] = [];
    for (const part of open.parts) {
      note(` ${part.id}`);
      parts.push(await measurePart(part, { smoke, monotoneMs: () => performance.now(), note }));
    }
    return parts;
  } finally {
    await open.close();
  }
}

function note(line: string): void {
  console.error(line);
}

process.exitCode = await main(process.argv.slice(2));
