/** The operators of the self-test (sys.probe, sys.chain): they measure the engine and show that nothing is lost. */
import { z } from "zod";
import { ENVELOPE_TASKS_MAX } from "../../../durable-objects/dispatcher/model.ts";
import type { JsonValue } from "../model.ts";
import type { OperatorOutcome, OperatorOutput } from "./model.ts";
import { PROBE_EVENTS_MAX } from "./rules.ts";
import type { Operator } from "./service.ts";

const ProbeStart = z.strictObject({
  events: z.int().min(1).max(PROBE_EVENTS_MAX),
  /** Bytes added to each unit. */
  payload_bytes: z.int().min(0).max(8_192),
  /** Whether each result is collected by a task of its own. */
  collect: z.boolean(),
  /** The longest a unit takes. */
  work_ms: z.int().min(0).max(10_000).default(0),
});

const ProbeUnit = z.object({ i: z.int(), c: z.literal(1).optional(), ms: z.int().optional() });

/** Units of one envelope take alike, neighboring envelopes differ: so reports come one after the other. */
const workMs = (i: number, longest: number): number =>
  Math.ceil((longest * ((Math.floor(i / ENVELOPE_TASKS_MAX) % 8) + 1)) / 8);
const Hops = z.object({ hops: z.int() });
const HopConfig = z.object({ output: z.string() });

const output = (dataset_id: string, payload: JsonValue): OperatorOutput => ({
  dataset_id,
  partition: "_",
  payload,
});
const succeeded = (outputs: readonly OperatorOutput[]): Promise<OperatorOutcome> =>
  Promise.resolve({ ok: true, outputs });

const spread: Operator = {
  name: "probe.spread",
  n: 1,
  run: (_context, task) => {
    const start = ProbeStart.parse(task.event.payload);
    const padding = start.payload_bytes === 0 ? {} : { x: "x".repeat(start.payload_bytes) };
    const collect = start.collect ? { c: 1 } : {};
    const timed = (i: number) => (start.work_ms === 0 ? {} : { ms: workMs(i, start.work_ms) });
    return succeeded(
      Array.from({ length: start.events }, (_, i) =>
        output("sys.probe.units", { i, ...collect, ...timed(i), ...padding }),
      ),
    );
  },
};

const workOn: Operator = {
  name: "probe.work",
  n: 1,
  run: async (_context, task) => {
    const unit = ProbeUnit.parse(task.event.payload);
    if (unit.ms !== undefined) await scheduler.wait(unit.ms);
    return succeeded(unit.c === 1 ? [output("sys.probe.results", { i: unit.i })] : []);
  },
};

const collect: Operator = { name: "probe.collect", n: 1, run: () => succeeded([]) };

const hop: Operator = {
  name: "probe.hop",
  n: 1,
  run: (_context, task) => {
    const { hops } = Hops.parse(task.event.payload);
    const { output: next } = HopConfig.parse(task.config);
    return succeeded(hops > 1 ? [output(next, { hops: hops - 1 })] : []);
  },
};

export const probeOperators: readonly Operator[] = [spread, workOn, collect, hop];
