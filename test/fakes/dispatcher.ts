/** A dispatcher that runs a DAG's operators one after the other, as soon as it is asked to wait for the run. */
import { SYSTEM_DAGS } from "../../workers/platform/dags/rules.ts";
import { logTo } from "../../workers/platform/adapters/log.ts";
import type { Sql } from "../../workers/platform/adapters/sql.ts";
import type { OperatorOutcome } from "../../workers/platform/tasks/model.ts";
import type { Operator } from "../../workers/platform/tasks/service.ts";
import type { JsonValue } from "../../workers/platform/model.ts";

interface Emitted {
  readonly org_id: string;
  readonly dag_id: string;
  readonly lane: string;
  readonly events: readonly { readonly dedup: string; readonly payload: string }[];
}

export interface FakeEngine {
  readonly namespace: DurableObjectNamespace;
  /** Lane of each run that was started, in order. */
  readonly lanes: string[];
  /** Runs everything that was emitted and has not run yet. */
  settle(): Promise<OperatorOutcome[]>;
  /** Forgets a run that was emitted, as if its tasks had failed. */
  drop(runId: string): void;
  /** While true, emits are refused as when the backlog is full. */
  full: boolean;
}

export interface EnginePorts {
  readonly env: () => Env;
  readonly sql: () => Sql;
  readonly now: () => number;
  readonly operators: readonly Operator[];
}

export function fakeEngine(ports: EnginePorts): FakeEngine {
  const waiting = new Map<string, Emitted>();
  const ended = new Map<string, "succeeded" | "failed">();
  const engine: FakeEngine = {
    namespace: {
      idFromName: (name: string) => name,
      get: () => stub,
    } as unknown as DurableObjectNamespace,
    lanes: [],
    full: false,
    drop: (runId) => {
      waiting.delete(runId);
      ended.set(runId, "failed");
    },
    settle: async () => {
      const outcomes: OperatorOutcome[] = [];
      for (const runId of waiting.keys()) outcomes.push(...(await run(runId)));
      return outcomes;
    },
  };
  const stub = {
    emit: async (request: Emitted) => {
      if (engine.full) return { ok: false, refusal: { code: "backlog_full" } };
      const runId = `run-${request.events[0]?.dedup}`;
      if (!waiting.has(runId) && !ended.has(runId)) {
        waiting.set(runId, request);
        engine.lanes.push(request.lane);
      }
      return { ok: true, value: { run_ids: [runId], duplicates: ended.has(runId) ? 1 : 0 } };
    },
    run: async () => ({ ok: false, refusal: { code: "not_found" } }),
    awaitRun: async ({ run_id }: { run_id: string }) => {
      if (waiting.has(run_id)) await run(run_id);
      return { ok: true, value: ended.get(run_id) ?? "running" };
    },
  };

  async function run(runId: string): Promise<OperatorOutcome[]> {
    const request = waiting.get(runId);
    if (request === undefined) return [];
    waiting.delete(runId);
    const outcomes: OperatorOutcome[] = [];
    let payloads: JsonValue[] = request.events.map((event) => JSON.parse(event.payload));
    for (const node of SYSTEM_DAGS.get(request.dag_id)?.nodes ?? []) {
      const operator = ports.operators.find(({ name }) => name === node.operator);
      if (operator === undefined) throw new Error(`no operator ${node.operator}`);
      const next: JsonValue[] = [];
      for (const payload of payloads) {
        const outcome = await operator.run(context(), taskOf(request, node.id, runId, payload));
        outcomes.push(outcome);
        if (outcome.ok) next.push(...outcome.outputs.map((output) => output.payload));
      }
      payloads = next;
    }
    ended.set(runId, outcomes.every((outcome) => outcome.ok) ? "succeeded" : "failed");
    return outcomes;
  }

  const context = () => ({
    env: ports.env(),
    sql: ports.sql(),
    now: ports.now,
    signal: new AbortController().signal,
    log: logTo(() => {}, {}, ports.now),
  });
  return engine;
}

const taskOf = (request: Emitted, nodeId: string, runId: string, payload: JsonValue) => ({
  task_id: `${runId}-${nodeId}`,
  attempt: 1,
  run_id: runId,
  org_id: request.org_id,
  dag_id: request.dag_id,
  node_id: nodeId,
  mode: "live" as const,
  event: {
    dataset_id: "sys.analyses.logs",
    partition: "_",
    rev: 1,
    kind: "append" as const,
    payload,
  },
  config: null,
  idempotency_key: `${runId}-${nodeId}`,
});
