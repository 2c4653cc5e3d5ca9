/** Runs and tasks as the outside sees them. */
import type { RunView, TaskView } from "../model.ts";
import type { Instance, RunRow, TaskRow } from "./state.ts";

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
