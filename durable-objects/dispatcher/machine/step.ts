/** The dispatcher's decisions: event and slice in, changes and effects out. Pure: time, chance and state are arguments. */
import { unreachable } from "../../../workers/platform/model.ts";
import type { DagConfig } from "../../../workers/platform/dags/model.ts";
import type { EmitRequest, ReportRequest } from "../model.ts";
import { advance } from "./advance.ts";
import { configure, emit, emittedIds } from "./append.ts";
import { cancelRun, cancelTask, reap, retryTask, sent, unsent, wake } from "./control.ts";
import { fetch, renew, report, type World } from "./lease.ts";
import { ADVANCE_EVENTS_MAX, ENVELOPES_IN_FLIGHT_MAX, READY_MAX, RESEND_MS } from "./limits.ts";
import { ENVELOPE_TASKS_MAX } from "../model.ts";
import type { Head, Needs, Slice, Step } from "./state.ts";

export type Event =
  | { readonly type: "dag.configured"; readonly orgId: string; readonly config: DagConfig }
  | { readonly type: "events.emitted"; readonly request: EmitRequest; readonly datasetId: string }
  | { readonly type: "log.advanced" }
  | { readonly type: "envelope.fetched"; readonly envelope: number }
  | { readonly type: "lease.renewed"; readonly envelope: number; readonly fence: string }
  | { readonly type: "results.reported"; readonly request: ReportRequest }
  | { readonly type: "clock.ticked" }
  | { readonly type: "object.woken" }
  | { readonly type: "task.canceled" | "task.retried"; readonly taskId: string }
  | { readonly type: "run.canceled"; readonly runId: string }
  | { readonly type: "outbox.sent" | "outbox.refused"; readonly ids: readonly number[] };

/** The rows `event` names. */
export function needsOf(event: Event, head: Head, world: World): Needs {
  const { now } = world;
  switch (event.type) {
    case "dag.configured":
      return {};
    case "events.emitted":
      return { eventIds: emittedIds(event.request) };
    case "log.advanced":
      return {
        advance: {
          now,
          events: head.ready < READY_MAX ? ADVANCE_EVENTS_MAX : 0,
          tasks: Math.max(0, ENVELOPES_IN_FLIGHT_MAX - head.inFlight) * ENVELOPE_TASKS_MAX,
        },
      };
    case "envelope.fetched":
    case "lease.renewed":
      return { envelope: event.envelope };
    case "results.reported":
      return { envelope: event.request.envelope_id };
    case "clock.ticked":
      return { overdue: { now, sentBefore: now - RESEND_MS } };
    case "object.woken":
      return { queued: true };
    case "task.canceled":
    case "task.retried":
      return { taskId: event.taskId };
    case "run.canceled":
      return { runId: event.runId };
    case "outbox.sent":
      return {};
    case "outbox.refused":
      return { outboxIds: event.ids };
    default:
      return unreachable(event);
  }
}

/** One transition. A refusal changes nothing. */
export function step(slice: Slice, event: Event, world: World): Step {
  switch (event.type) {
    case "dag.configured":
      return configure(slice, event.orgId, event.config, world.now);
    case "events.emitted":
      return emit(slice, event.request, event.datasetId, world.now);
    case "log.advanced":
      return advance(slice, world);
    case "envelope.fetched":
      return fetch(slice, world);
    case "lease.renewed":
      return renew(slice, event.fence, world);
    case "results.reported":
      return report(slice, event.request, world);
    case "clock.ticked":
      return reap(slice, world);
    case "object.woken":
      return wake(slice, world);
    case "task.canceled":
      return cancelTask(slice, world);
    case "task.retried":
      return retryTask(slice, world);
    case "run.canceled":
      return cancelRun(slice, world);
    case "outbox.sent":
      return sent(slice, event.ids, world);
    case "outbox.refused":
      return unsent(slice, world);
    default:
      return unreachable(event);
  }
}
