/** Works on the tasks of one envelope, a few at a time; whatever an operator does, each task gets an outcome. */
import { z } from "zod";
import { RUNNER_CONCURRENCY } from "../../../../durable-objects/dispatcher/machine/limits.ts";
import {
  type AssignedTask,
  type Assignment,
  REPORT_BYTES_MAX,
  TaskReport,
} from "../../../../durable-objects/dispatcher/model.ts";
import type { JsonValue } from "../../model.ts";
import { type OperatorOutcome, type OperatorTask, PAYLOAD_BYTES_MAX } from "../model.ts";
import type { Operator, OperatorContext } from "../service.ts";

type Ports = Omit<OperatorContext, "signal">;

const MESSAGE_CHARS_MAX = 2_048;

/**
 * Runs every task; never throws.
 *
 * @param stop aborts all of them: the lease is lost
 * @param running filled with the controllers of the tasks that have not ended, so that single ones can be canceled:
 *   one at work is aborted, one that waits never starts
 */
export async function work(
  ports: Ports,
  registry: readonly Operator[],
  assignment: Assignment,
  stop: AbortController,
  running: Map<number, AbortController> = new Map(),
): Promise<TaskReport[]> {
  const { name, n } = assignment.operator;
  const operator = registry.find((entry) => entry.name === name && entry.n === n);
  if (operator === undefined)
    return assignment.tasks.map((task) => unknownOperator(task, `${name}@${String(n)}`));
  const config = JSON.parse(assignment.config) as JsonValue;
  for (const { tid } of assignment.tasks) running.set(tid, new AbortController());
  const waiting = [...assignment.tasks];
  const results: TaskReport[] = [];
  const lane = async (): Promise<void> => {
    for (
      let task = waiting.shift();
      task !== undefined && !stop.signal.aborted;
      task = waiting.shift()
    ) {
      const own = running.get(task.tid) ?? new AbortController();
      const signal = AbortSignal.any([stop.signal, own.signal]);
      const from = ports.now();
      const outcome = own.signal.aborted
        ? CANCELED
        : await attempt({ ports, operator, assignment, config, task, signal, own });
      running.delete(task.tid);
      const ms = Math.max(0, Math.round(ports.now() - from));
      results.push({ ...reportOf(task, outcome), ms });
    }
  };
  await Promise.all(Array.from({ length: Math.min(RUNNER_CONCURRENCY, waiting.length) }, lane));
  return results;
}

/** The dispatcher knows the task as canceling and takes any answer for its end. */
const CANCELED: OperatorOutcome = {
  ok: false,
  code: "task_canceled",
  message: "The task was canceled before it started.",
  retryable: false,
};

interface Attempt {
  readonly ports: Ports;
  readonly operator: Operator;
  readonly assignment: Assignment;
  readonly config: JsonValue;
  readonly task: AssignedTask;
  readonly signal: AbortSignal;
  readonly own: AbortController;
}

/** One attempt, ended by its timeout even if the operator ignores the signal [L6]. */
async function attempt(given: Attempt): Promise<OperatorOutcome> {
  const { ports, operator, assignment, signal, own } = given;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<OperatorOutcome>((resolve) => {
    timer = setTimeout(() => {
      own.abort(new Error("task_timeout"));
      resolve({
        ok: false,
        code: "task_timeout",
        message: `The task ran longer than ${String(assignment.timeout_ms)} ms.`,
        retryable: true,
      });
    }, assignment.timeout_ms);
  });
  try {
    return await Promise.race([operator.run({ ...ports, signal }, taskOf(given)), timeout]);
  } catch (error) {
    ports.log.warn("operator threw", {
      operator: operator.name,
      task_id: given.task.task_id,
      request_id: given.task.request_id,
      trace_id: given.task.traceparent?.slice(3, 35),
      error: String(error),
    });
    return { ok: false, code: "operator_threw", message: cut(String(error)), retryable: true };
  } finally {
    if (timer !== undefined) clearTimeout(timer);
  }
}

function taskOf({ assignment, config, task }: Attempt): OperatorTask {
  const { org_id, dag_id, node_id, mode } = assignment;
  const { task_id, attempt: count, run_id, dataset_id, partition, rev } = task;
  const { request_id = "", traceparent = null } = task;
  const payload = JSON.parse(task.payload) as JsonValue;
  return {
    task_id,
    attempt: count,
    run_id,
    request_id,
    traceparent,
    org_id,
    dag_id,
    node_id,
    mode,
    config,
    idempotency_key: task_id,
    event: { dataset_id, partition, rev, kind: "append", payload },
  };
}

/** An operator may answer anything: what has another shape fails its task alone, for its neighbors share the report [T3]. */
function reportOf({ tid }: AssignedTask, outcome: OperatorOutcome): TaskReport {
  try {
    return TaskReport.parse(outcome.ok ? success(tid, outcome) : failure(tid, outcome));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    const message = cut(`The operator's answer cannot be taken: ${reason}`);
    return { tid, ok: false, code: "outcome_invalid", message, retryable: false };
  }
}

function failure(tid: number, outcome: Extract<OperatorOutcome, { ok: false }>): TaskReport {
  const { code, message, retryable, retry_after_ms } = outcome;
  const delay = retry_after_ms === undefined ? {} : { retry_after_ms };
  return { tid, ok: false, code, message: cut(message), retryable, ...delay };
}

function success(tid: number, outcome: Extract<OperatorOutcome, { ok: true }>): TaskReport {
  const outputs = outcome.outputs.map(({ dataset_id, partition, payload }) => ({
    dataset_id,
    partition,
    payload: JSON.stringify(payload),
  }));
  const sizes = outputs.map(({ payload }) => payload.length);
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  const largest = sizes.reduce((max, size) => Math.max(max, size), 0);
  if (bytes > REPORT_BYTES_MAX || largest > PAYLOAD_BYTES_MAX) {
    const message = `The task put out ${String(bytes)} bytes, ${String(largest)} in one event; ${String(REPORT_BYTES_MAX)} and ${String(PAYLOAD_BYTES_MAX)} are the limits. Store the data and name it.`;
    return { tid, ok: false, code: "payload_too_large", message, retryable: false };
  }
  return { tid, ok: true, outputs };
}

/** During a deploy a new dispatcher may meet an old Worker for minutes, so this is tried again. */
const unknownOperator = (task: AssignedTask, digest: string): TaskReport => ({
  tid: task.tid,
  ok: false,
  code: "operator_unknown",
  message: `This version of the platform has no operator ${digest}.`,
  retryable: true,
});

const cut = (text: string): string => text.slice(0, MESSAGE_CHARS_MAX);
