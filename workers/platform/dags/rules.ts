/** The platform's own DAGs. They live in code; a change takes effect at an event boundary [V14]. */
import { RETRY_SCHEDULE_S } from "../alerts/rules.ts";
import { DagConfig } from "./model.ts";

/** Hops of the probe chain, the longest line of nodes one DAG is measured with. */
export const PROBE_HOPS_MAX = 400;

/** A CI log becomes units, units become located failures, those become a report (engine.md section 6). */
const analyses = DagConfig.parse({
  schema: "edgewright/dag/v1",
  dag: "sys.analyses",
  sources: [{ id: "logs", emits: "sys.analyses.logs" }],
  nodes: [
    {
      id: "split",
      runtime: "builtin",
      operator: "analyses.split",
      n: 1,
      input: "sys.analyses.logs",
      outputs: ["sys.analyses.units"],
    },
    {
      id: "locate",
      runtime: "builtin",
      operator: "analyses.locate",
      n: 1,
      input: "sys.analyses.units",
      outputs: ["sys.analyses.results"],
    },
    {
      id: "report",
      runtime: "builtin",
      operator: "analyses.report",
      n: 1,
      input: "sys.analyses.results",
      outputs: ["sys.analyses.reports"],
    },
  ],
});

export const DELIVERIES_DAG = "sys.deliveries";
/** More leases than attempts: a worker that dies in a call uses up one of these, not one of the receiver's [WH3]. */
const DELIVERY_LEASES_MAX = 15;

/** A request becomes deliveries, one per endpoint that wants it; each is sent until it arrives (engine.md section 11). */
const deliveries = DagConfig.parse({
  schema: "edgewright/dag/v1",
  dag: DELIVERIES_DAG,
  sources: [{ id: "requests", emits: "sys.deliveries.requests" }],
  nodes: [
    {
      id: "route",
      runtime: "builtin",
      operator: "deliveries.route",
      n: 1,
      input: "sys.deliveries.requests",
      outputs: ["sys.deliveries.sends"],
    },
    {
      id: "send",
      runtime: "builtin",
      operator: "deliveries.send",
      n: 1,
      input: "sys.deliveries.sends",
      retry: { max_attempts: DELIVERY_LEASES_MAX, schedule_s: RETRY_SCHEDULE_S },
      timeout_s: 60,
    },
  ],
});

/** The self-test: one start spreads into units, each is worked on, and each result may be collected. */
const probe = DagConfig.parse({
  schema: "edgewright/dag/v1",
  dag: "sys.probe",
  sources: [{ id: "starts", emits: "sys.probe.starts" }],
  nodes: [
    {
      id: "spread",
      runtime: "builtin",
      operator: "probe.spread",
      n: 1,
      input: "sys.probe.starts",
      outputs: ["sys.probe.units"],
    },
    {
      id: "work",
      runtime: "builtin",
      operator: "probe.work",
      n: 1,
      input: "sys.probe.units",
      outputs: ["sys.probe.results"],
    },
    {
      id: "collect",
      runtime: "builtin",
      operator: "probe.collect",
      n: 1,
      input: "sys.probe.results",
    },
  ],
});

const hopDataset = (hop: number): string => `sys.chain.hop${String(hop)}`;

/** The self-test of a long line: each hop passes its event on until `hops` are done. */
const chain = DagConfig.parse({
  schema: "edgewright/dag/v1",
  dag: "sys.chain",
  sources: [{ id: "starts", emits: hopDataset(0) }],
  nodes: Array.from({ length: PROBE_HOPS_MAX }, (_, hop) => ({
    id: `hop${String(hop + 1)}`,
    runtime: "builtin",
    operator: "probe.hop",
    n: 1,
    input: hopDataset(hop),
    outputs: [hopDataset(hop + 1)],
    config: { output: hopDataset(hop + 1) },
  })),
});

/** Every DAG of the platform by its id. */
export const SYSTEM_DAGS: ReadonlyMap<string, DagConfig> = new Map(
  [analyses, deliveries, probe, chain].map((config) => [config.dag, config]),
);
