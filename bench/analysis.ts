/** `analysis`: one 50 MiB CI log; the analyzer in Node beside ripgrep and Drain, and through the API inside workerd. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { cloneProduct } from "./clone.ts";
import { forkSide } from "./fork.ts";
import type { Bench, Facts, OpenBench, OpenSide, Part, Sample, Side } from "./model.ts";
import { DRAIN } from "./peers/drain-tree.ts";
import { ripgrepVersion } from "./peers/ripgrep.ts";
import { jsonOf, launchProduct, type Product } from "./product.ts";
import { FULL, type LogFacts, PATTERNS, SMALL, writeSyntheticLog } from "./synthetic-log.ts";
import { withWorkerdCost } from "./workerd-process.ts";

export const analysis: Bench = {
  id: "analysis",
  title: "the cause of a failed job in a 50 MiB log",
  published: [],
  open: async ({ smoke }) => openAnalysis(smoke),
};

async function openAnalysis(smoke: boolean): Promise<OpenBench> {
  const folder = mkdtempSync(join(tmpdir(), "edgewright-bench-log-"));
  const path = join(folder, "job.log");
  const log: Log = { path, facts: writeSyntheticLog(path, smoke ? SMALL : FULL) };
  const control = cloneProduct({ [ANALYZE]: nullAnalyzer() });
  const close = async (): Promise<void> => {
    control.remove();
    rmSync(folder, { recursive: true, force: true });
  };
  return { parts: [inNode(log), inWorkerd(log, control.root)], close };
}

interface Log {
  readonly path: string;
  readonly facts: LogFacts;
}

/** The file that the control run replaces. */
const ANALYZE = "workers/platform/analyses/rules/analyze.ts";

/** The source of null-analyze.ts with its imports as they read from the place of analyze.ts. */
const nullAnalyzer = (): string =>
  readFileSync(join(import.meta.dirname, "null-analyze.ts"), "utf8").replace(
    "../workers/platform/analyses/",
    "../",
  );

function inNode(log: Log): Part {
  const { bytes, lines, longestLine } = log.facts;
  const size = `${bytes.toLocaleString("en-US")} bytes, ${lines.toLocaleString("en-US")} lines`;
  return {
    id: "in Node",
    workload: `${size}, the longest ${longestLine.toLocaleString("en-US")} bytes; ripgrep only counts lines with one of ${PATTERNS.length} patterns.`,
    measures: [
      { id: "cpu", unit: "s", better: "lower" },
      { id: "elapsed", unit: "s", better: "lower" },
    ],
    sides: [analyzer(log), ripgrep(log), drain(log, "plain"), drain(log, "masks")],
    goals: [
      { text: "at most 0.7 s of CPU", measure: "cpu", side: "edgewright", atMost: 0.7 },
      {
        text: "at most 5 x ripgrep's CPU time",
        measure: "cpu",
        side: "edgewright",
        timesBetterThan: "ripgrep",
        atLeast: 0.2,
      },
      {
        text: "at least 10 x less CPU time than a Drain tree with masks",
        measure: "cpu",
        side: "edgewright",
        timesBetterThan: "drain-masks",
        atLeast: 10,
      },
    ],
  };
}

const Outcome = z.object({
  elapsedMs: z.number(),
  counted: z.record(z.string(), z.union([z.string(), z.number()])),
});

/** Opens a module of bench/ on the log; `judge` says what is wrong with a round's counts, or null. */
async function openOn(
  log: Log,
  options: { module: string; variant: string; judge: (counted: Facts) => string | null },
): Promise<OpenSide> {
  const { path, facts } = log;
  const forked = await forkSide(options.module, {
    path,
    bytes: facts.bytes,
    variant: options.variant,
  });
  const round = async (): Promise<Sample> => {
    const reply = await forked.round();
    const { elapsedMs, counted } = Outcome.parse(reply.value);
    return {
      values: { cpu: cpuOf(reply.cpuSeconds), elapsed: elapsedMs / 1_000 },
      cpuSeconds: reply.cpuSeconds,
      proof: counted,
      wrong: options.judge(counted),
    };
  };
  return { version: forked.version, round, close: () => forked.close() };
}

/** This bench judges CPU time; it cannot run where the system does not count it. */
function cpuOf(seconds: number | null): number {
  if (seconds === null)
    throw new Error("the CPU time of a process cannot be read here: there is no /proc");
  return seconds;
}

function analyzer(log: Log): Side {
  const judge = (counted: Facts): string | null => wrongResult(log.facts, counted);
  const open = () => openOn(log, { module: "analyzer-side.ts", variant: "", judge });
  return {
    id: "edgewright",
    label: "Edgewright's analyzer",
    ours: true,
    settings: { read_bytes: 65_536 },
    open,
  };
}

/** What a result must say about the synthetic log: its size, the two failed tests, the failure's lines on top [BH4]. */
function wrongResult(
  { bytes, lines, failedTests, failure }: LogFacts,
  counted: Facts,
): string | null {
  if (counted["bytes"] !== bytes || counted["lines"] !== lines)
    return `inexact: ${JSON.stringify(counted)}`;
  const names = String(counted["failedTests"]).split(" ");
  if (
    names.length !== failedTests.length ||
    !failedTests.every((name) => names.some((found) => found.includes(name)))
  ) {
    return `wrong failed tests: ${names.join(", ")}`;
  }
  const overlaps = Number(counted["first"]) <= failure[1] && Number(counted["last"]) >= failure[0];
  return overlaps
    ? null
    : `the top block is at lines ${counted["first"]} to ${counted["last"]}, not in the failure`;
}

function ripgrep(log: Log): Side {
  const name = { id: "ripgrep", label: `ripgrep, ${PATTERNS.length} patterns`, ours: false };
  if (ripgrepVersion() === null)
    return { ...name, missing: "not available", reason: "there is no rg on the PATH" };
  const wanted = log.facts.matchingLines;
  const judge = (counted: Facts) =>
    counted["matchingLines"] === wanted
      ? null
      : `inexact: ${counted["matchingLines"]} lines, the generator counted ${wanted}`;
  return {
    ...name,
    settings: { options: "--no-config --count" },
    open: () => openOn(log, { module: "peers/ripgrep.ts", variant: "", judge }),
  };
}

function drain(log: Log, variant: "plain" | "masks"): Side {
  const { lines } = log.facts;
  const judge = (counted: Facts) =>
    counted["lines"] === lines && counted["held"] === lines
      ? null
      : `inexact: ${JSON.stringify(counted)}`;
  return {
    id: variant === "plain" ? "drain" : "drain-masks",
    label: variant === "plain" ? "Drain tree (our code)" : "Drain tree (our code) with masks",
    ours: false,
    settings: { ...DRAIN, masks: variant === "masks" },
    open: () => openOn(log, { module: "peers/drain.ts", variant, judge }),
  };
}

function inWorkerd(log: Log, controlRoot: string): Part {
  return {
    id: "through the API",
    workload:
      "the same log uploaded to the running product and analyzed inside workerd; the control is the same commit with an " +
      "analyzer that reads every byte and finds nothing, because R2 is simulated inside workerd too.",
    measures: [
      { id: "cpu", unit: "s", better: "lower" },
      { id: "memory", unit: "MB", better: "lower" },
      { id: "elapsed", unit: "s", better: "lower" },
    ],
    sides: [throughApi(log, "full"), throughApi(log, "control", controlRoot)],
    differences: [
      {
        id: "net",
        label: "Edgewright minus control",
        ours: true,
        minuend: "full",
        subtrahend: "control",
      },
    ],
    goals: [
      {
        text: "at most 1.0 s of CPU in workerd beyond the control (0.7 s is the final goal)",
        measure: "cpu",
        side: "net",
        atMost: 1,
      },
      { text: "at most 64 MB beyond the control", measure: "memory", side: "net", atMost: 64 },
    ],
  };
}

function throughApi(log: Log, id: "full" | "control", root?: string): Side {
  const label = id === "full" ? "Edgewright" : "control: null analyzer";
  const open = async (): Promise<OpenSide> => {
    const product = await launchProduct(root === undefined ? {} : { root });
    const body = readFileSync(log.path);
    return {
      version: product.version,
      round: () => analyzeOnce(product, body, log, id),
      close: () => product.stop(),
    };
  };
  return { id, label, ours: true, settings: {}, open };
}

async function analyzeOnce(
  product: Product,
  body: Buffer,
  log: Log,
  id: "full" | "control",
): Promise<Sample> {
  const from = performance.now();
  const { value, cost } = await withWorkerdCost(product.pid, () => uploadAndWait(product, body));
  const elapsed = (performance.now() - from) / 1_000;
  await product.call(`/analyses/${value.id}`, { method: "DELETE" });
  const proof = factsOf(value);
  const wrong = id === "full" ? wrongResult(log.facts, proof) : wrongSize(log.facts, proof);
  return {
    values: { cpu: cost.cpuSeconds, memory: cost.grownMb, elapsed },
    cpuSeconds: cost.cpuSeconds,
    proof,
    wrong,
  };
}

/** The control reads every byte; it counts no lines. */
const wrongSize = ({ bytes }: LogFacts, proof: Facts): string | null =>
  proof["bytes"] === bytes ? null : `inexact: ${JSON.stringify(proof)}`;

const Analysis = z.object({
  id: z.string(),
  status: z.enum(["pending", "processing", "completed", "failed"]),
  error: z.object({ code: z.string() }).nullish(),
  result: z
    .object({
      lines: z.number(),
      bytes: z.number(),
      failed_tests: z.array(z.object({ name: z.string() })),
      blocks: z.array(z.object({ start_line: z.number(), end_line: z.number() })),
    })
    .nullish(),
});
type Analysis = z.infer<typeof Analysis>;

/** Time between two looks at a pending analysis; each look costs workerd about 2 ms. */
const POLL_MS = 100;
const ANALYSIS_MS = 60_000;

async function uploadAndWait(product: Product, body: Buffer): Promise<Analysis> {
  const answer = await product.call("/analyses?name=bench", {
    method: "POST",
    headers: { "content-type": "text/plain" },
    body: new Uint8Array(body),
  });
  const { id } = z.object({ id: z.string() }).parse(await jsonOf(answer));
  for (const end = performance.now() + ANALYSIS_MS; performance.now() < end; await sleep(POLL_MS)) {
    const found = Analysis.parse(await jsonOf(await product.call(`/analyses/${id}`)));
    if (found.status === "failed")
      throw new Error(`The analysis failed: ${found.error?.code ?? "without a code"}.`);
    if (found.status === "completed") return found;
  }
  throw new Error(`The analysis was not done within ${ANALYSIS_MS / 1_000} s.`);
}

function factsOf({ result }: Analysis): Facts {
  if (!result) return {};
  const [top] = result.blocks;
  const failedTests = result.failed_tests.map(({ name }) => name).join(" ");
  return {
    lines: result.lines,
    bytes: result.bytes,
    failedTests,
    first: top?.start_line ?? 0,
    last: top?.end_line ?? 0,
  };
}
