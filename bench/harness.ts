/** Measures all sides of a part in one run: a warm-up each, then alternating rounds, each proved exact. */
import { homedir, tmpdir } from "node:os";
import { stripVTControlCharacters } from "node:util";
import type {
  Difference,
  Goal,
  GoalOutcome,
  OpenSide,
  Part,
  PartResult,
  Row,
  Sample,
  Side,
} from "./model.ts";
import { laps, roundsAfter, summarize, timesBetter } from "./statistics.ts";

/** The clock and the voice of a run; tests bring their own. */
export interface RunOptions {
  /** One round without warm-up: proves exactness, measures nothing worth keeping. */
  readonly smoke: boolean;
  readonly monotoneMs: () => number;
  readonly note: (line: string) => void;
}

type MeasurableSide = Extract<Side, { settings: unknown }>;

/** Characters kept of why a side failed. */
const MESSAGE_CHARS_MAX = 400;

interface Running {
  readonly side: MeasurableSide;
  readonly open: OpenSide;
  readonly samples: Map<number, Sample>;
  rounds: number;
  wrong: string | null;
}

/**
 * Runs every side of a part and returns its rows in the part's order.
 *
 * A side that cannot be opened becomes "not available", one inexact round voids its row and ends its rounds [BH4].
 * Sides are all open during the whole run, so a ratio compares the same minutes of the same machine [BH2] [BH3].
 */
export async function measurePart(part: Part, options: RunOptions): Promise<PartResult> {
  const missing = new Map<string, Row>();
  const running: Running[] = [];
  try {
    for (const side of part.sides) await openSide(side, { running, missing, options });
    for (const each of running) await warmUp(each, options);
    await alternate(running, options);
  } finally {
    for (const each of running) await each.open.close();
  }
  const measured = new Map(running.map((each) => [each.side.id, rowOf(each, part)]));
  const rows = part.sides.flatMap((side) => measured.get(side.id) ?? missing.get(side.id) ?? []);
  for (const difference of part.differences ?? [])
    rows.push(differenceRow(difference, running, part));
  const goals = part.goals.map((goal) => judge(goal, rows, part));
  return { id: part.id, workload: part.workload, measures: [...part.measures], rows, goals };
}

interface Opening {
  readonly running: Running[];
  readonly missing: Map<string, Row>;
  readonly options: RunOptions;
}

async function openSide(side: Side, { running, missing, options }: Opening): Promise<void> {
  const absent = (status: "not available" | "not measured", reason: string): void => {
    options.note(`  ${side.label}: ${status}, ${reason}`);
    missing.set(side.id, { status, side: side.id, label: side.label, ours: side.ours, reason });
  };
  if ("missing" in side) return absent(side.missing, side.reason);
  try {
    running.push({ side, open: await side.open(), samples: new Map(), rounds: 1, wrong: null });
  } catch (error) {
    if (side.ours) throw error;
    absent("not available", messageOf(error));
  }
}

async function warmUp(each: Running, options: RunOptions): Promise<void> {
  if (options.smoke) return;
  const from = options.monotoneMs();
  await round(each);
  each.rounds = roundsAfter((options.monotoneMs() - from) / 1_000);
}

/** A round that throws voids its row like a wrong count; the reason is kept in the row [BH4]. */
async function round(each: Running): Promise<Sample | null> {
  try {
    const sample = await each.open.round();
    each.wrong = sample.wrong;
    return sample;
  } catch (error) {
    each.wrong = messageOf(error);
    return null;
  }
}

async function alternate(running: readonly Running[], options: RunOptions): Promise<void> {
  if (running.length === 0) return;
  for (const [lap, order] of laps(running.map((each) => each.rounds)).entries()) {
    for (const index of order) await measureOnce(running[index], lap, options);
  }
}

async function measureOnce(
  each: Running | undefined,
  lap: number,
  options: RunOptions,
): Promise<void> {
  if (each === undefined || each.wrong !== null) return;
  const sample = await round(each);
  if (sample !== null) each.samples.set(lap, sample);
  const values = Object.entries(sample?.values ?? {}).map(
    ([id, value]) => `${id} ${value.toPrecision(4)}`,
  );
  options.note(`  lap ${lap + 1} ${each.side.label}: ${each.wrong ?? values.join(", ")}`);
}

function rowOf(each: Running, part: Part): Row {
  const { side, open, wrong } = each;
  const name = { side: side.id, label: side.label, ours: side.ours };
  const samples = [...each.samples.values()];
  const [first] = samples;
  if (wrong !== null) return { status: "void", ...name, reason: wrong };
  if (first === undefined) return { status: "void", ...name, reason: "no round was measured" };
  const values = Object.fromEntries(
    part.measures.map(({ id }) => [id, summaryOf(samples.map((sample) => valueOf(sample, id)))]),
  );
  const cpu = samples.flatMap((sample) => sample.cpuSeconds ?? []);
  return {
    status: "measured",
    ...name,
    version: open.version,
    settings: side.settings,
    rounds: samples.length,
    values,
    cpu_s: cpu.length === samples.length ? summaryOf(cpu) : null,
    proof: first.proof,
  };
}

function differenceRow(difference: Difference, running: readonly Running[], part: Part): Row {
  const name = { side: difference.id, label: difference.label, ours: difference.ours };
  const minuend = running.find((each) => each.side.id === difference.minuend);
  const subtrahend = running.find((each) => each.side.id === difference.subtrahend);
  const wrong = minuend?.wrong ?? subtrahend?.wrong;
  const pairs = [...(minuend?.samples ?? [])].flatMap(([lap, sample]) => {
    const control = subtrahend?.samples.get(lap);
    return control === undefined ? [] : [{ sample, control }];
  });
  if (pairs.length === 0 || typeof wrong === "string") {
    return { status: "void", ...name, reason: wrong ?? "one of its two rows was not measured" };
  }
  const values = Object.fromEntries(
    part.measures.map(({ id }) => [
      id,
      summaryOf(pairs.map((pair) => valueOf(pair.sample, id) - valueOf(pair.control, id))),
    ]),
  );
  const proof = { minus: difference.subtrahend, pairs: pairs.length };
  return {
    status: "measured",
    ...name,
    version: "",
    settings: {},
    rounds: pairs.length,
    values,
    cpu_s: null,
    proof,
  };
}

function judge(goal: Goal, rows: readonly Row[], part: Part): GoalOutcome {
  const better = part.measures.find(({ id }) => id === goal.measure)?.better;
  const own = medianOf(rows, goal.side, goal.measure);
  const other =
    goal.timesBetterThan === undefined ? 1 : medianOf(rows, goal.timesBetterThan, goal.measure);
  if (better === undefined || own === null || other === null)
    return { text: goal.text, value: null, met: null };
  const value = goal.timesBetterThan === undefined ? own : timesBetter(own, other, better);
  const met = value <= (goal.atMost ?? Infinity) && value >= (goal.atLeast ?? -Infinity);
  return { text: goal.text, value, met };
}

function medianOf(rows: readonly Row[], side: string, measure: string): number | null {
  const row = rows.find((each) => each.side === side);
  return row?.status === "measured" ? (row.values[measure]?.median ?? null) : null;
}

function valueOf(sample: Sample, measure: string): number {
  const value = sample.values[measure];
  if (value === undefined) throw new Error(`A side did not bring its measure "${measure}".`);
  return value;
}

const summaryOf = (samples: readonly number[]) => ({
  ...summarize(samples),
  samples: [...samples],
});

/** One line, as it stands in a table cell, without colours and paths; the end of a long message says most. */
function messageOf(error: unknown): string {
  const text = stripVTControlCharacters(error instanceof Error ? error.message : String(error));
  const places = text.replaceAll(tmpdir(), "<tmp>").replaceAll(homedir(), "<home>");
  const line = places
    .trim()
    .split(/\s*\n\s*/)
    .join(" / ");
  return line.length <= MESSAGE_CHARS_MAX ? line : `... ${line.slice(-MESSAGE_CHARS_MAX)}`;
}
