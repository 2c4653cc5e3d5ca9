/** How the rest of the platform speaks to a dispatcher: requests, answers and the RPC interface (`v: 1`). */
import { z } from "zod";
import type { Result } from "../../workers/platform/model.ts";
import {
  PAYLOAD_BYTES_MAX,
  type RunStatus,
  type TaskError,
  type TaskState,
} from "../../workers/platform/tasks/model.ts";

/** Most tasks in one envelope. */
export const ENVELOPE_TASKS_MAX = 64;
/** Most bytes of outputs in one report; a longer one is sent in parts [Q2]. */
export const REPORT_BYTES_MAX = 1024 * 1024;
/** Longest wait for a run [Q8]. */
export const AWAIT_MS_MAX = 25_000;

const Common = { v: z.literal(1), org_id: z.uuid(), dag_id: z.string() };
/** A fence is a 64-bit number on the wire, so it travels as text [L1]. */
const Fence = z.string().regex(/^\d{1,16}$/);

/** What a queue message says; the truth is in the dispatcher [Q1]. */
export const Hint = z.strictObject({
  v: z.literal(1),
  dispatcher: z.strictObject({ org_id: z.uuid(), dag_id: z.string().max(150) }),
  envelope_id: z.int().positive(),
  n: z.int().positive(),
});
export type Hint = z.infer<typeof Hint>;

export const EmitRequest = z.strictObject({
  ...Common,
  source_id: z.string(),
  lane: z.enum(["direct", "queue"]),
  mode: z.enum(["live", "backfill"]),
  request_id: z.string().max(128),
  /** W3C Trace Context of the request that caused it. */
  traceparent: z.string().max(128).nullable().optional(),
  subject: z.string().max(128).nullable(),
  events: z
    .array(
      z.strictObject({
        dedup: z.string().min(1).max(256),
        partition: z.string().min(1).max(128),
        /** JSON text. */
        payload: z.string().max(PAYLOAD_BYTES_MAX),
      }),
    )
    .min(1)
    .max(500),
});
export type EmitRequest = z.infer<typeof EmitRequest>;

export const EnvelopeRequest = z.strictObject({ ...Common, envelope_id: z.int().positive() });
export type EnvelopeRequest = z.infer<typeof EnvelopeRequest>;

export const RenewRequest = EnvelopeRequest.extend({ fence: Fence });
export type RenewRequest = z.infer<typeof RenewRequest>;

const Output = z.strictObject({
  dataset_id: z.string(),
  partition: z.string().min(1).max(128),
  /** JSON text. */
  payload: z.string(),
});

const Reported = {
  tid: z.int().positive(),
  /** How long the attempt took. */
  ms: z.int().min(0).optional(),
};

export const TaskReport = z.discriminatedUnion("ok", [
  z.strictObject({ ...Reported, ok: z.literal(true), outputs: z.array(Output) }),
  z.strictObject({
    ...Reported,
    ok: z.literal(false),
    code: z.string().max(64),
    message: z.string().max(2_048),
    retryable: z.boolean(),
    retry_after_ms: z.int().min(0).optional(),
  }),
]);
export type TaskReport = z.infer<typeof TaskReport>;

export const ReportRequest = RenewRequest.extend({
  results: z.array(TaskReport).max(ENVELOPE_TASKS_MAX),
  /** False while further parts of the same report follow. */
  last: z.boolean(),
});
export type ReportRequest = z.infer<typeof ReportRequest>;

export const RunRequest = z.strictObject({ ...Common, run_id: z.string() });
export type RunRequest = z.infer<typeof RunRequest>;

export const AwaitRequest = RunRequest.extend({ deadline_ms: z.int().min(0).max(AWAIT_MS_MAX) });
export type AwaitRequest = z.infer<typeof AwaitRequest>;

export const TaskRequest = z.strictObject({ ...Common, task_id: z.string() });
export type TaskRequest = z.infer<typeof TaskRequest>;

/** Asks whether a worker that names a task and a fence still holds its lease. */
export const HoldsRequest = TaskRequest.extend({ fence: Fence });
export type HoldsRequest = z.infer<typeof HoldsRequest>;

export const TasksRequest = z.strictObject({
  ...Common,
  run_id: z.string().nullable(),
  state: z.string().nullable(),
  /** Tasks before this change number and task number; 0 starts at the newest. */
  before: z.int().min(0),
  limit: z.int().min(1).max(500),
});
export type TasksRequest = z.infer<typeof TasksRequest>;

export const ObjectRequest = z.strictObject(Common);
export type ObjectRequest = z.infer<typeof ObjectRequest>;

/** Tasks of one leased envelope, and what their worker must know. Payloads and config are JSON text. */
export interface Assignment {
  readonly envelope_id: number;
  readonly fence: string;
  readonly lease_ms: number;
  readonly heartbeat_ms: number;
  /** Time each task has before it ends as task_timeout [L6]. */
  readonly timeout_ms: number;
  readonly org_id: string;
  readonly dag_id: string;
  readonly node_id: string;
  readonly mode: "live" | "backfill";
  readonly operator: { readonly name: string; readonly n: number };
  readonly config: string;
  readonly tasks: readonly AssignedTask[];
}

export interface AssignedTask {
  readonly tid: number;
  readonly task_id: string;
  readonly attempt: number;
  readonly run_id: string;
  /** Of the request that caused the run. */
  readonly request_id?: string;
  readonly traceparent?: string | null;
  readonly dataset_id: string;
  readonly partition: string;
  readonly rev: number;
  readonly payload: string;
}

export interface Emitted {
  readonly run_ids: readonly string[];
  readonly duplicates: number;
}

/** `gone`: the envelope is done, empty or leased to another worker. */
export type Fetched =
  | { readonly kind: "assigned"; readonly assignment: Assignment }
  | { readonly kind: "gone" };

export interface Renewed {
  readonly lease_ms: number;
  /** Members whose work must stop. */
  readonly canceled: readonly number[];
}

/** A lease that runs. */
export interface Held {
  readonly lease_ms: number;
}

/** A run as its dispatcher knows it; times in ms since 1970. */
export interface RunView {
  readonly run_id: string;
  readonly status: RunStatus;
  readonly mode: "live" | "backfill";
  readonly subject: string | null;
  readonly total: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly canceled: number;
  readonly open: number;
  readonly attempts: number;
  readonly work_ms: number;
  readonly created_at: number;
  readonly ended_at: number | null;
  readonly change: number;
}

export interface TaskView {
  readonly tid: number;
  readonly task_id: string;
  readonly run_id: string;
  readonly node_id: string;
  readonly operator: string;
  readonly state: TaskState;
  readonly attempt: number;
  readonly max_attempts: number;
  readonly created_at: number;
  readonly updated_at: number;
  readonly not_before: number;
  readonly error: TaskError | null;
  readonly change: number;
}

export interface NodeCounts {
  readonly node_id: string;
  readonly state: TaskState;
  readonly tasks: number;
  /** Distinct events behind those tasks: fewer than tasks means one was made twice. */
  readonly events: number;
}

export interface Backlog {
  readonly open_tasks: number;
  readonly open_outbox: number;
  /** Events some cursor has not passed. */
  readonly unpassed: number;
}

/**
 * The object's RPC interface. Every call names organization and DAG; a dispatcher answers only its own.
 * Refusals: not_found (foreign or unknown), unavailable (another version), lease_lost, task_state, backlog_full, payload_too_large.
 */
export interface DispatcherApi {
  emit(request: EmitRequest): Promise<Result<Emitted>>;
  fetchEnvelope(request: EnvelopeRequest): Promise<Result<Fetched>>;
  renew(request: RenewRequest): Promise<Result<Renewed>>;
  report(request: ReportRequest): Promise<Result<null>>;
  awaitRun(request: AwaitRequest): Promise<Result<RunStatus | "pending">>;
  cancelRun(request: RunRequest): Promise<Result<null>>;
  cancelTask(request: TaskRequest): Promise<Result<null>>;
  retryTask(request: TaskRequest): Promise<Result<null>>;
  run(request: RunRequest): Promise<Result<RunView>>;
  counts(request: RunRequest): Promise<Result<readonly NodeCounts[]>>;
  task(request: TaskRequest): Promise<Result<TaskView>>;
  /** Refuses `lease_lost` unless the fence is that of the task's running lease. Changes nothing. */
  holds(request: HoldsRequest): Promise<Result<Held>>;
  tasks(request: TasksRequest): Promise<Result<readonly TaskView[]>>;
  /** Sends every queued envelope again and re-arms the alarm [C10]. */
  wake(request: ObjectRequest): Promise<Result<Backlog>>;
  backlog(request: ObjectRequest): Promise<Result<Backlog>>;
  /** Forgets everything: the organization is deleted for good [TN8]. */
  erase(request: ObjectRequest): Promise<Result<null>>;
}
