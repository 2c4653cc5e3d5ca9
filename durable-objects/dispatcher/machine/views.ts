/** Runs and tasks as the outside sees them. */
import type { RunView, TaskView } from "../model.ts";
import type { Instance, OutboxRow, RunRow, TaskRow, Used } from "./state.ts";

export const runView = (run: RunRow): RunView => ({
  run_id: run.runId,
  status: run.status,
  mode: run.mode,
  subject: run.subject,
  total: run.total,
  succeeded: run.succeeded,
  failed: run.failed,
  canceled: run.canceled,
  open: run.open,
  attempts: run.attempts,
  work_ms: run.workMs,
  created_at: run.createdAt,
  ended_at: run.endedAt,
  change: run.change,
});

export const taskView = (
  task: TaskRow,
  runId: string,
  instance: Pick<Instance, "nodeId" | "operator" | "n" | "maxAttempts">,
): TaskView => ({
  tid: task.tid,
  task_id: task.id,
  run_id: runId,
  node_id: instance.nodeId,
  operator: `${instance.operator}@${String(instance.n)}`,
  state: task.state,
  attempt: task.attempt,
  max_attempts: task.base + instance.maxAttempts,
  created_at: task.createdAt,
  updated_at: task.updatedAt,
  not_before: task.notBefore,
  error: task.error,
  change: task.change,
});

/** Usage that outbox items carry. An item keeps its number until it was taken, so what comes again is known [US10]. */
export const usedBy = (
  items: readonly OutboxRow[],
  incarnation: number,
): readonly (Used & { readonly id: string })[] =>
  items.flatMap(({ id, body }) =>
    body.kind === "mirror" && body.used !== undefined
      ? [{ id: `${String(incarnation)}.${String(id)}`, ...body.used }]
      : [],
  );
