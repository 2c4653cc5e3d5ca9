/** What the dispatcher's machine reads and writes: rows, the slice a transition sees, the changes it asks for. */
import type { Instant, Refused } from "../../../workers/platform/model.ts";
import type {
  Lane,
  Mode,
  RunStatus,
  TaskError,
  TaskState,
} from "../../../workers/platform/tasks/model.ts";
import type { Assignment, NodeCounts, RunView, TaskView } from "../model.ts";

/** Chance is an argument. `next` is uniform in [0, 1). */
export interface Rng {
  next(): number;
}

/** One row per object: counters that only grow, and what is open. */
export interface Head {
  readonly orgId: string;
  readonly dagId: string;
  /** Hash of the active configuration; empty before the first. */
  readonly configHash: string;
  /** Raised before a restored backup is served, so that older fences stay dead [L7]. */
  readonly incarnation: number;
  /** Leases given out in this incarnation. */
  readonly fences: number;
  readonly seq: number;
  readonly tid: number;
  readonly run: number;
  readonly inst: number;
  readonly envelope: number;
  readonly outbox: number;
  /** Change number of the newest mirrored row [C37]. */
  readonly change: number;
  /** Envelopes queued or leased. */
  readonly inFlight: number;
  /** Envelopes of the direct lane among them. */
  readonly direct: number;
  /** Tasks that wait in `ready`. */
  readonly ready: number;
  /** Tasks in no terminal state and not `failed`. */
  readonly open: number;
  /** Pairs of an event and an instance whose cursor has not passed it. */
  readonly unpassed: number;
}

/** A node with one digest. A changed node is a new instance; the old one ends at `toSeq` [V14]. */
export interface Instance {
  readonly inst: number;
  readonly nodeId: string;
  readonly fp: string;
  readonly operator: string;
  readonly n: number;
  readonly input: string;
  readonly outputs: readonly string[];
  /** The node's configuration as JSON text. */
  readonly config: string;
  readonly maxAttempts: number;
  readonly capS: number;
  readonly scheduleS: readonly number[];
  readonly timeoutS: number;
  /** The last event this instance takes; null while it is active. */
  readonly toSeq: number | null;
}

export interface EventRow {
  readonly seq: number;
  readonly eventId: string;
  readonly datasetId: string;
  readonly partition: string;
  readonly mode: Mode;
  readonly lane: Lane;
  readonly run: number;
  /** JSON text, at most PAYLOAD_BYTES_MAX. */
  readonly payload: string;
  readonly at: Instant;
}

export interface RunRow {
  readonly run: number;
  readonly runId: string;
  readonly status: RunStatus;
  readonly mode: Mode;
  readonly lane: Lane;
  /** What the run is about, `analysis:<id>`; null when nothing names it. */
  readonly subject: string | null;
  readonly requestId: string;
  readonly traceparent: string | null;
  readonly total: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly canceled: number;
  readonly open: number;
  readonly unpassed: number;
  /** Attempts of its tasks that ended, and the time they took: what the run costs is made of these. */
  readonly attempts: number;
  readonly workMs: number;
  readonly createdAt: Instant;
  readonly endedAt: Instant | null;
  readonly change: number;
}

/** What attempts that ended in one transition used; counted once by the id of the outbox row that carries it [US10]. */
export interface Used {
  readonly tasks: number;
  readonly ms: number;
}

export interface TaskRow {
  readonly tid: number;
  readonly id: string;
  readonly inst: number;
  readonly eventSeq: number;
  readonly run: number;
  readonly mode: Mode;
  readonly lane: Lane;
  readonly state: TaskState;
  readonly attempt: number;
  /** Attempts made before the last operator retry; only those after it use up the budget. */
  readonly base: number;
  /** Leases lost in a row; such tasks travel in smaller envelopes [T12]. */
  readonly lost: number;
  /** The envelope that carries the task; 0 when none does. */
  readonly envelope: number;
  readonly notBefore: Instant;
  readonly error: TaskError | null;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
  readonly change: number;
}

/** Tasks of one instance, mode and lane that travel and are leased together. It is gone when they are done. */
export interface Envelope {
  readonly id: number;
  readonly inst: number;
  readonly mode: Mode;
  readonly lane: Lane;
  readonly members: readonly number[];
  readonly state: "queued" | "leased";
  /** 0 while queued. */
  readonly fence: number;
  readonly leaseUntil: Instant;
  /** Heartbeats extend no lease past this [L6]. */
  readonly hardUntil: Instant;
  readonly sentAt: Instant;
}

/** What leaves the object after the commit; kept until it is acknowledged [E7]. */
export type OutboxBody =
  | { readonly kind: "send"; readonly envelope: number; readonly n: number }
  | {
      readonly kind: "mirror";
      readonly tids: readonly number[];
      readonly runs: readonly number[];
      /** Absent when no attempt ended. */
      readonly used?: Used;
    };

export interface OutboxRow {
  readonly id: number;
  readonly body: OutboxBody;
  readonly notBefore: Instant;
  readonly tries: number;
}

/** Which rows a transition needs; the store loads exactly these. */
export interface Needs {
  /** Events that may be there already. */
  readonly eventIds?: readonly string[];
  /** An envelope with its live members and their events. */
  readonly envelope?: number;
  /** Envelopes whose lease or wait is over at this time; the waits of queued ones began before `sentBefore`. */
  readonly overdue?: { readonly now: Instant; readonly sentBefore: Instant };
  /** Events that cursors have not passed, and ready tasks that are due. */
  readonly advance?: { readonly now: Instant; readonly events: number; readonly tasks: number };
  /** One task by its id, with its run and envelope. */
  readonly taskId?: string;
  /** A run by its id with its open tasks and their envelopes. */
  readonly runId?: string;
  /** Every queued envelope, with the messages that wait in the outbox. */
  readonly queued?: true;
  /** Every instance's cursor. */
  readonly cursors?: true;
  readonly outboxIds?: readonly number[];
}

/** Events of one instance's input that lie behind its cursor, oldest first. */
export interface Lag {
  readonly inst: number;
  readonly events: readonly EventRow[];
}

export interface Slice {
  readonly head: Head;
  readonly instances: ReadonlyMap<number, Instance>;
  /** Event id -> where it was first appended. */
  readonly known: ReadonlyMap<string, { readonly seq: number; readonly runId: string }>;
  readonly envelopes: readonly Envelope[];
  readonly tasks: readonly TaskRow[];
  readonly events: ReadonlyMap<number, EventRow>;
  readonly runs: ReadonlyMap<number, RunRow>;
  readonly lags: readonly Lag[];
  readonly outbox: readonly OutboxRow[];
}

export interface Changes {
  readonly head: Head;
  readonly instances: readonly Instance[];
  readonly cursors: readonly { readonly inst: number; readonly seq: number }[];
  readonly events: readonly EventRow[];
  readonly runs: readonly RunRow[];
  readonly newTasks: readonly TaskRow[];
  readonly tasks: readonly TaskRow[];
  readonly envelopes: readonly Envelope[];
  readonly goneEnvelopes: readonly number[];
  readonly outbox: readonly OutboxRow[];
  readonly goneOutbox: readonly number[];
}

/** What the shell does in memory after the commit; losing one costs a lease or a wait, never a fact. */
export type Effect =
  /** Hand a direct envelope to the Runner. */
  | { readonly kind: "invoke"; readonly envelope: number }
  /** Answer those who wait for the run. */
  | { readonly kind: "ended"; readonly runId: string; readonly status: RunStatus };

export type Answer =
  | { readonly kind: "none" }
  | { readonly kind: "emitted"; readonly runIds: readonly string[]; readonly duplicates: number }
  | { readonly kind: "assigned"; readonly assignment: Assignment }
  /** The envelope is leased, done or empty: nothing to do for this message. */
  | { readonly kind: "gone" }
  | { readonly kind: "renewed"; readonly leaseMs: number; readonly canceled: readonly number[] };

export type Step =
  | {
      readonly ok: true;
      readonly changes: Changes;
      readonly effects: readonly Effect[];
      readonly answer: Answer;
    }
  | Refused;

/** What waits to be sent, of one kind. */
export type OutboxKind = OutboxBody["kind"];

/**
 * Where a dispatcher keeps its state. Two implementations pass one contract suite: SQLite, and memory for the simulator.
 * All calls are synchronous, so a transaction is atomic for everyone who looks.
 */
export interface Store {
  /** Runs `body`; when it throws, nothing of it stays. */
  transaction<T>(body: () => T): T;
  head(): Head;
  load(needs: Needs): Slice;
  apply(changes: Changes): void;
  /** Items due at `now`, oldest first. */
  outbox(kind: OutboxKind, now: Instant, limit: number): readonly OutboxRow[];
  outboxSize(): number;
  /** When something becomes due, whether or not anyone calls; null when nothing will [L4]. Outbox items `apart` count not. */
  nextWake(apart?: readonly number[]): Instant | null;
  runView(runId: string): RunView | null;
  /** Runs and tasks as Postgres mirrors them; unknown numbers are left out. */
  mirrored(
    runs: readonly number[],
    tids: readonly number[],
  ): { runs: readonly RunView[]; tasks: readonly TaskView[] };
  taskView(taskId: string): TaskView | null;
  /** Newest first, below task number `before`. */
  taskViews(filter: {
    runId: string | null;
    state: TaskState | null;
    before: number;
    limit: number;
  }): readonly TaskView[];
  counts(runId: string): readonly NodeCounts[];
}
