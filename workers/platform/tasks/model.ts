/** The vocabulary of operators: what a task is, what an operator gets and what it may answer. */
import { z } from "zod";
import type { JsonValue } from "../model.ts";

/** Largest event payload that travels inline; larger data is put as an artifact and named [E3]. */
export const PAYLOAD_BYTES_MAX = 16 * 1024;

export type Mode = "live" | "backfill";
/** `direct` tasks are handed to the Runner at dispatch, `queue` tasks wait for a consumer [Q7]. */
export type Lane = "direct" | "queue";

export interface TaskEvent {
  readonly dataset_id: string;
  readonly partition: string;
  readonly rev: number;
  readonly kind: "append";
  readonly payload: JsonValue;
}

/** One event for one node. The same task may be run more than once; its id is the key by which effects dedupe. */
export interface OperatorTask {
  readonly task_id: string;
  readonly attempt: number;
  readonly run_id: string;
  /** Of the request that caused the run: logs and deliveries carry them on [AP9]. */
  readonly request_id?: string;
  readonly traceparent?: string | null;
  readonly org_id: string;
  readonly dag_id: string;
  readonly node_id: string;
  readonly mode: Mode;
  readonly event: TaskEvent;
  readonly config: JsonValue;
  /** Equals the task id: no attempt, worker or mode is part of it. */
  readonly idempotency_key: string;
}

/** One event to append to a declared output of the node; committed together with the task's success [T3]. */
export interface OperatorOutput {
  readonly dataset_id: string;
  readonly partition: string;
  /** At most PAYLOAD_BYTES_MAX as JSON. */
  readonly payload: JsonValue;
}

export type OperatorOutcome =
  | {
      readonly ok: true;
      readonly outputs: readonly OperatorOutput[];
      readonly metrics?: Readonly<Record<string, number>>;
    }
  | {
      readonly ok: false;
      /** lower_snake, stable: it is shown and filtered by. */
      readonly code: string;
      readonly message: string;
      readonly retryable: boolean;
      readonly retry_after_ms?: number;
    };

/** States of a task as the API shows them. Source: engine.md section 6. */
export const TaskState = z.enum([
  "ready",
  "queued",
  "leased",
  "canceling",
  "succeeded",
  "failed",
  "canceled",
]);
export type TaskState = z.infer<typeof TaskState>;

export const RunStatus = z.enum(["running", "succeeded", "failed", "canceled"]);
export type RunStatus = z.infer<typeof RunStatus>;

export const TaskError = z.strictObject({
  code: z.string(),
  message: z.string(),
  retryable: z.boolean(),
});
export type TaskError = z.infer<typeof TaskError>;

export const Task = z.strictObject({
  /** `{dag}~{shard}~{task}` [C37]. */
  id: z.string(),
  run_id: z.string(),
  dag_id: z.string(),
  node_id: z.string(),
  operator: z.string(),
  state: TaskState,
  attempt: z.int(),
  max_attempts: z.int(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
  not_before: z.iso.datetime().nullable(),
  error: TaskError.nullable(),
});
export type Task = z.infer<typeof Task>;

export const Run = z.strictObject({
  id: z.string(),
  dag_id: z.string(),
  status: RunStatus,
  mode: z.enum(["live", "backfill"]),
  subject: z.strictObject({ kind: z.literal("analysis"), id: z.string() }).nullable(),
  tasks: z.strictObject({ total: z.int(), succeeded: z.int(), failed: z.int(), open: z.int() }),
  created_at: z.iso.datetime(),
  ended_at: z.iso.datetime().nullable(),
  /** US dollars as decimal text: what its tasks cost so far. Null while nothing is known of it. */
  cost_usd: z.string().nullable(),
});
export type Run = z.infer<typeof Run>;

export const RunWithTasks = Run.extend({ items_tasks: z.array(Task) });
export type RunWithTasks = z.infer<typeof RunWithTasks>;
