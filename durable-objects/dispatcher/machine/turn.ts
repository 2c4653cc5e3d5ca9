/** One turn of a dispatcher: a transition and everything that follows from it, in one transaction of the store. */
import type { Refused } from "../../../workers/platform/model.ts";
import type { RunStatus } from "../../../workers/platform/tasks/model.ts";
import type { Assignment } from "../model.ts";
import { assignmentOf, type World } from "./lease.ts";
import type { Answer, Effect, Step, Store } from "./state.ts";
import { needsOf, step, type Event } from "./step.ts";

/** What the shell does once the turn is committed. */
export type Deed =
  | { readonly kind: "invoke"; readonly assignment: Assignment }
  | { readonly kind: "ended"; readonly runId: string; readonly status: RunStatus };

export type Turned =
  | { readonly ok: true; readonly answer: Answer; readonly deeds: readonly Deed[] }
  | Refused;

/** After these no cursor can move and no task becomes sendable. */
const STILL: ReadonlySet<Event["type"]> = new Set<Event["type"]>([
  "lease.renewed",
  "outbox.sent",
  "outbox.refused",
]);

/** Applies `event`, then advances until nothing moves. Either all of it is stored, or none. */
export function turn(store: Store, event: Event, world: World): Turned {
  return store.transaction(() => {
    const first = apply(store, event, world);
    if (!first.ok) return first;
    const deeds = first.effects.map((effect) => deedOf(store, effect, world));
    if (!STILL.has(event.type) && first.answer.kind !== "assigned")
      deeds.push(...advanceAll(store, world));
    return { ok: true, answer: first.answer, deeds };
  });
}

function advanceAll(store: Store, world: World): Deed[] {
  const deeds: Deed[] = [];
  for (;;) {
    const event = { type: "log.advanced" } as const;
    const slice = store.load(needsOf(event, store.head(), world));
    if (slice.lags.length === 0 && slice.tasks.length === 0) return deeds;
    const next = step(slice, event, world);
    if (!next.ok) return deeds;
    store.apply(next.changes);
    deeds.push(...next.effects.map((effect) => deedOf(store, effect, world)));
  }
}

function apply(store: Store, event: Event, world: World): Step {
  const next = step(store.load(needsOf(event, store.head(), world)), event, world);
  if (next.ok) store.apply(next.changes);
  return next;
}

/** A direct envelope carries its tasks, which only the store knows in full [Q7]. */
function deedOf(store: Store, effect: Effect, world: World): Deed {
  if (effect.kind === "ended") return effect;
  return {
    kind: "invoke",
    assignment: assignmentOf(store.load({ envelope: effect.envelope }), world.policy),
  };
}
