/** Every limit of the dispatcher: names, units, sources, and the relations between them. */
import { assert } from "../../../workers/platform/model.ts";
import { ENVELOPE_TASKS_MAX } from "../model.ts";

/** Lease times come from the configuration; the rest is fixed. */
export interface Policy {
  readonly leaseMs: number;
  readonly heartbeatMs: number;
}

/** A worker may miss two heartbeats before its lease ends [L3]. */
export const HEARTBEATS_PER_LEASE = 3;
export const DIRECT_LEASE_MS = 15_000;
export const DIRECT_HEARTBEAT_MS = 5_000;
assert(
  DIRECT_LEASE_MS >= HEARTBEATS_PER_LEASE * DIRECT_HEARTBEAT_MS,
  "a direct lease outlives two lost heartbeats",
);

/** A queued envelope that nobody fetched for this long is sent again [Q6]. */
export const RESEND_MS = 60_000;
/** Envelopes queued or leased at once; what exceeds them waits in `ready` [Q10]. */
export const ENVELOPES_IN_FLIGHT_MAX = 200;
/** Direct envelopes at once: a Worker may hold six connections open while it waits (Workers limits) [Q7]. */
export const DIRECT_IN_FLIGHT_MAX = 6;
/** Cursors wait while this many tasks are ready: rows of the log wait, not tasks [Q10]. */
export const READY_MAX = 10_000;
/** Events one transition passes; a turn makes several. */
export const ADVANCE_EVENTS_MAX = 5_000;
/** Events and open tasks one dispatcher accepts [Q11]. */
export const BACKLOG_MAX = 5_000_000;

/** Small envelopes spread a small backlog of open tasks over workers, large ones save calls for a large backlog. */
export const ENVELOPE_TASKS_MIN = 16;
export const LARGE_BACKLOG_TASKS = 800;
/** Sizes for tasks that lost one lease, and more than one: a task that kills its worker ends up alone [T12]. */
export const LOST_ONCE_TASKS = 8;
export const LOST_AGAIN_TASKS = 1;
assert(
  LOST_ONCE_TASKS < ENVELOPE_TASKS_MIN && ENVELOPE_TASKS_MIN < ENVELOPE_TASKS_MAX,
  "suspects travel in smaller company",
);

/** Tasks of one envelope that a Runner works on at once. */
export const RUNNER_CONCURRENCY = 8;

/** An outbox item is tried again after 1, 2, 4 ... 60 s [E7]. */
export const OUTBOX_RETRY_MS_MIN = 1_000;
export const OUTBOX_RETRY_MS_MAX = 60_000;
/** The shell sends at once; the alarm looks after what it left behind this much later. */
export const OUTBOX_GRACE_MS = 1_000;

/** Waits for one object's runs at once; more are answered `pending` [Q8]. */
export const WAITERS_MAX = 64;

/** An alarm rings late when the object is busy; one later than this is lost [L5]. */
export const ALARM_LATE_MS = 5_000;
/** The longest delay a worker may ask for, a day like the longest of a schedule [T4]. */
export const RETRY_AFTER_MS_MAX = 86_400_000;
/** When the alarm's own turn failed, it is tried again after this long. */
export const ALARM_FAILED_MS = 10_000;
