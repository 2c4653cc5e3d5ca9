/** Sends what the outbox holds: messages to the queue, rows to Postgres. What is not acknowledged stays [E7]. */
import type { Log } from "../../../workers/platform/adapters/log.ts";
import { sqlFrom } from "../../../workers/platform/adapters/postgres.ts";
import { DELIVERIES_DAG } from "../../../workers/platform/dags/rules.ts";
import { Fault } from "../../../workers/platform/model.ts";
import { mirrorRuns, recordTaskUsage } from "../../../workers/platform/tasks/service.ts";
import type { OutboxRow, Store } from "../machine/state.ts";
import { usedBy } from "../machine/views.ts";
import type { Hint } from "../model.ts";

/** Messages per call of a queue (Queues limits). */
const SEND_BATCH_MAX = 100;
/** Outbox items and tasks mirrored in one transaction. */
const MIRROR_ITEMS_MAX = 500;
const MIRROR_TASKS_MAX = 4_000;
/** Pause between two mirror transactions, so that a burst of changes becomes few writes. */
const MIRROR_PAUSE_MS = 200;

interface Shell {
  readonly store: Store;
  readonly log: Log;
  /** Asked each time: tests give an object another environment. */
  env(): Env;
  /** Stores that the items were taken, or that they were not. */
  settled(type: "outbox.sent" | "outbox.refused", ids: readonly number[]): void;
}

export class Outbox {
  readonly #shell: Shell;
  #sending: Promise<void> | null = null;
  #mirroring: Promise<void> | null = null;

  constructor(shell: Shell) {
    this.#shell = shell;
  }

  /** Whether something is being sent right now. */
  get flying(): boolean {
    return this.#sending !== null || this.#mirroring !== null;
  }

  /** One flight at a time; it ends when no message is due. */
  send(): Promise<void> {
    this.#sending ??= this.#sendAll().finally(() => (this.#sending = null));
    return this.#sending;
  }

  /** One flight at a time; it ends when Postgres knows everything, or is not reachable. */
  mirror(): Promise<void> {
    this.#mirroring ??= this.#mirrorAll().finally(() => (this.#mirroring = null));
    return this.#mirroring;
  }

  async #sendAll(): Promise<void> {
    const { store } = this.#shell;
    for (;;) {
      const items = store.outbox("send", Date.now(), SEND_BATCH_MAX);
      if (items.length === 0) return;
      const failure = await failureOf(() => this.#queue().sendBatch(this.#messages(items)));
      this.#settle(items, failure);
      // What is left has its time in the alarm: a queue that refuses is not asked again at once [E7].
      if (failure !== null) return;
    }
  }

  /** Deliveries have a queue of their own: a backlog of tasks holds up no message to the outside [Q16]. */
  #queue(): Queue {
    const { TASKS, DELIVERIES } = this.#shell.env();
    return this.#shell.store.head().dagId === DELIVERIES_DAG ? DELIVERIES : TASKS;
  }

  #messages(items: readonly OutboxRow[]): { body: Hint }[] {
    const { orgId: org_id, dagId: dag_id } = this.#shell.store.head();
    return items.flatMap(({ body }) => {
      if (body.kind !== "send") return [];
      const { envelope: envelope_id, n } = body;
      return [{ body: { v: 1, dispatcher: { org_id, dag_id }, envelope_id, n } }];
    });
  }

  async #mirrorAll(): Promise<void> {
    for (;;) {
      const told = await this.mirrorOnce();
      if (told === "nothing") return;
      await scheduler.wait(MIRROR_PAUSE_MS);
      if (told === "refused") return;
    }
  }

  /** Tells Postgres what is due, one batch of it. */
  async mirrorOnce(): Promise<"nothing" | "told" | "refused"> {
    const { store } = this.#shell;
    const items = upTo(MIRROR_TASKS_MAX, store.outbox("mirror", Date.now(), MIRROR_ITEMS_MAX));
    if (items.length === 0) return "nothing";
    return (await this.#tell(items)) ? "told" : "refused";
  }

  /** A statement that Postgres refuses is cut in halves, so that one row it cannot take holds up no other. */
  async #tell(items: readonly OutboxRow[]): Promise<boolean> {
    const failure = await failureOf(() => this.#mirror(items));
    if (failure === null || failure instanceof Fault || items.length === 1) {
      this.#settle(items, failure);
      return failure === null;
    }
    const middle = items.length >>> 1;
    const first = await this.#tell(items.slice(0, middle));
    return (await this.#tell(items.slice(middle))) && first;
  }

  async #mirror(items: readonly OutboxRow[]): Promise<void> {
    const { store } = this.#shell;
    const bodies = items.flatMap(({ body }) => (body.kind === "mirror" ? [body] : []));
    const rows = store.mirrored(
      [...new Set(bodies.flatMap((body) => body.runs))],
      [...new Set(bodies.flatMap((body) => body.tids))],
    );
    const { orgId, dagId, incarnation, open, unpassed, change } = store.head();
    // Once told, these items want no waking any more; counted in, no dispatcher would ever look idle to the cron [L5].
    const nextWake = store.nextWake(items.map((item) => item.id));
    const head = { backlog: open + unpassed, nextWake, change };
    await mirrorRuns(sqlFrom(this.#shell.env()), { orgId, dagId, ...rows, head });
    await recordTaskUsage(
      this.#shell.env(),
      { org: orgId, dag: dagId },
      usedBy(items, incarnation),
    );
  }

  #settle(items: readonly OutboxRow[], failure: Error | null): void {
    const ids = items.map((item) => item.id);
    if (failure !== null)
      this.#shell.log.warn("the outbox keeps what was not taken", {
        kind: items[0]?.body.kind ?? null,
        error: String(failure),
        items: ids.length,
      });
    this.#shell.settled(failure === null ? "outbox.sent" : "outbox.refused", ids);
  }
}

/** What went wrong, or null. */
const failureOf = (send: () => Promise<unknown>): Promise<Error | null> =>
  send().then(
    () => null,
    (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
  );

/** The first items that name at most `tasks` tasks, at least one item. */
function upTo(tasks: number, items: readonly OutboxRow[]): readonly OutboxRow[] {
  let named = 0;
  const end = items.findIndex(({ body }, index) => {
    named += body.kind === "mirror" ? body.tids.length : 0;
    return index > 0 && named > tasks;
  });
  return end === -1 ? items : items.slice(0, end);
}
