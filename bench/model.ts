/** The vocabulary of the benches, and the shape of `bench/results/<id>.json`. */
import { z } from "zod";

/** What is measured, in which unit, and which direction wins. */
export const Measure = z.strictObject({
  id: z.string(),
  unit: z.enum(["s", "ms", "MB", "req/s"]),
  better: z.enum(["lower", "higher"]),
});
export type Measure = z.infer<typeof Measure>;

/** Setting and version values are what a reader needs to repeat the run; never a host name or a path. */
export const Facts = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
export type Facts = z.infer<typeof Facts>;

const Samples = z.array(z.number()).min(1);
const Summary = z.strictObject({
  median: z.number(),
  min: z.number(),
  max: z.number(),
  samples: Samples,
});

/** One side of a comparison. Only `measured` rows carry numbers: a wrong count voids the row [BH4]. */
export const Row = z.discriminatedUnion("status", [
  z.strictObject({
    status: z.literal("measured"),
    side: z.string(),
    label: z.string(),
    ours: z.boolean(),
    version: z.string(),
    settings: Facts,
    rounds: z.int(),
    values: z.record(z.string(), Summary),
    cpu_s: Summary.nullable(),
    proof: Facts,
  }),
  z.strictObject({
    status: z.enum(["void", "not available", "not measured"]),
    side: z.string(),
    label: z.string(),
    ours: z.boolean(),
    reason: z.string(),
  }),
]);
export type Row = z.infer<typeof Row>;

/** A goal and how it went; `met` is null where a row it needs was not measured. */
export const GoalOutcome = z.strictObject({
  text: z.string(),
  value: z.number().nullable(),
  met: z.boolean().nullable(),
});
export type GoalOutcome = z.infer<typeof GoalOutcome>;

/** One workload measured on all its sides in the same run. */
export const PartResult = z.strictObject({
  id: z.string(),
  workload: z.string(),
  measures: z.array(Measure).min(1),
  rows: z.array(Row),
  goals: z.array(GoalOutcome),
});
export type PartResult = z.infer<typeof PartResult>;

export const Machine = z.strictObject({
  cpu: z.string(),
  cores: z.int(),
  memory_gib: z.number(),
  system: z.string(),
  node: z.string(),
  workerd: z.string(),
  /** Of the embedded server, which the product and the PostgreSQL peers both run on. */
  postgres: z.string(),
});
export type Machine = z.infer<typeof Machine>;

/** The content of `bench/results/<id>.json` [BH3] [BH7]. */
export const BenchResult = z.strictObject({
  id: z.string(),
  title: z.string(),
  measured_at: z.string(),
  commit: z.string(),
  machine: Machine,
  load_1m: z.strictObject({ before: z.number(), after: z.number() }),
  parts: z.array(PartResult),
  published: z.array(z.string()),
});
export type BenchResult = z.infer<typeof BenchResult>;

/** What one round of one side brought. */
export interface Sample {
  /** One number per measure id of the part. */
  readonly values: Readonly<Record<string, number>>;
  /** User and system time of every process of this side during the round; null where the system does not tell. */
  readonly cpuSeconds: number | null;
  /** The counts that prove the round exact. */
  readonly proof: Facts;
  /** Why the round is not exact, or null. */
  readonly wrong: string | null;
}

/** A side that is set up and warm to be measured. */
export interface OpenSide {
  readonly version: string;
  round(): Promise<Sample>;
  close(): Promise<void>;
}

interface SideName {
  readonly id: string;
  readonly label: string;
  readonly ours: boolean;
}
/** A side that can be measured, or the reason why it cannot [BH6]. */
export type Side =
  | (SideName & { readonly settings: Facts; open(): Promise<OpenSide> })
  | (SideName & { readonly missing: "not available" | "not measured"; readonly reason: string });

/** Row `id` = row `minuend` minus row `subtrahend`, lap by lap: what a control run does not explain. */
export interface Difference extends SideName {
  readonly minuend: string;
  readonly subtrahend: string;
}

/** `atMost`/`atLeast` bind the median of `side`; with `timesBetterThan` they bind the ratio to that row. */
export interface Goal {
  readonly text: string;
  readonly measure: string;
  readonly side: string;
  readonly timesBetterThan?: string;
  readonly atMost?: number;
  readonly atLeast?: number;
}

export interface Part {
  readonly id: string;
  readonly workload: string;
  readonly measures: readonly Measure[];
  readonly sides: readonly Side[];
  readonly differences?: readonly Difference[];
  readonly goals: readonly Goal[];
}

/** A bench that is set up: its parts, and how to take everything down again. */
export interface OpenBench {
  readonly parts: readonly Part[];
  close(): Promise<void>;
}

/** One script per published number. */
export interface Bench {
  readonly id: string;
  readonly title: string;
  /** Figures others published, with their hardware; printed beside the table and never used for a ratio [BH6]. */
  readonly published: readonly string[];
  open(options: { readonly smoke: boolean }): Promise<OpenBench>;
}
