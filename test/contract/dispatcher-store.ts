/** What every store of a dispatcher promises; the simulator's maps and SQLite both pass it. */
import { describe, expect, test } from "vitest";
import { RESEND_MS } from "../../durable-objects/dispatcher/machine/limits.ts";
import type { Store } from "../../durable-objects/dispatcher/machine/state.ts";
import type { Event } from "../../durable-objects/dispatcher/machine/step.ts";
import { turn } from "../../durable-objects/dispatcher/machine/turn.ts";
import type { Assignment } from "../../durable-objects/dispatcher/model.ts";
import { DagConfig } from "../../workers/platform/dags/model.ts";

const ORG = "00000000-0000-7000-8000-000000000001";
const NOW = 1_800_000_000_000;
const DAG = DagConfig.parse({
  schema: "edgewright/dag/v1",
  dag: "sys.t",
  sources: [{ id: "in", emits: "sys.t.in" }],
  nodes: [
    {
      id: "work",
      runtime: "builtin",
      operator: "t.work",
      n: 1,
      input: "sys.t.in",
      outputs: ["sys.t.out"],
    },
    { id: "tail", runtime: "builtin", operator: "t.tail", n: 1, input: "sys.t.out" },
  ],
});

/** Strings that break careless quoting, JSON and Unicode handling. */
const HOSTILE = [
  "it's",
  '"quoted"',
  "back\\slash",
  "line\nbreak",
  "null\u0000byte",
  "snow ☃ 😀",
  "'; drop table tasks; --",
  "?1 :a @b $c",
];

const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

export function dispatcherStoreContract(name: string, open: () => Store): void {
  describe(`dispatcher store: ${name}`, () => {
    test("a transaction that throws leaves nothing behind", () => {
      const { store, take } = opened();
      const before = [
        store.head(),
        store.outboxSize(),
        store.taskViews({ runId: null, state: null, before: 99, limit: 9 }),
      ];
      const failing = () =>
        store.transaction(() => {
          const { head } = store.load({});
          store.apply({
            head: { ...head, seq: head.seq + 5 },
            instances: [],
            cursors: [{ inst: 1, seq: 5 }],
            events: [],
            runs: [],
            newTasks: [],
            tasks: [],
            envelopes: [],
            goneEnvelopes: [],
            outbox: [
              { id: 900, body: { kind: "send", envelope: 1, n: 1 }, notBefore: 0, tries: 0 },
            ],
            goneOutbox: [],
          });
          throw new Error("no");
        });
      expect(failing).toThrow("no");
      expect([
        store.head(),
        store.outboxSize(),
        store.taskViews({ runId: null, state: null, before: 99, limit: 9 }),
      ]).toEqual(before);
      take(emitted(["after"]));
      expect(store.taskViews({ runId: null, state: null, before: 99, limit: 9 })).toHaveLength(1);
    });

    test("an event, its payload and its error text come back as they were", () => {
      const { store, take, lease } = opened();
      take(emitted(HOSTILE));
      const assignment = lease();
      expect(assignment.tasks.map((task) => JSON.parse(task.payload))).toEqual(
        HOSTILE.map((text) => ({ text })),
      );
      const { envelope_id, fence } = assignment;
      const results = assignment.tasks.map(({ tid }, i) => ({
        tid,
        ok: false as const,
        code: "broke",
        message: HOSTILE[i] ?? "",
        retryable: false,
      }));
      take({
        type: "results.reported",
        request: { v: 1, org_id: ORG, dag_id: "sys.t", envelope_id, fence, results, last: true },
      });
      const messages = store
        .taskViews({ runId: null, state: "failed", before: 99, limit: 99 })
        .map((task) => task.error?.message);
      expect(messages.toReversed()).toEqual(HOSTILE);
    });

    test.each([
      ["the trace", TRACE],
      ["no trace", null],
    ])("[AP9] a task carries the id and %s of the request that caused it", (_, traceparent) => {
      const { take, lease } = opened();
      take(emitted(["a"], { request_id: "req-4711", traceparent }));
      expect(lease().tasks).toMatchObject([{ request_id: "req-4711", traceparent }]);
    });

    test("a known event is found by its id, with its run", () => {
      const { store, take } = opened();
      take(emitted(["a"]));
      const [view] = store.taskViews({ runId: null, state: null, before: 99, limit: 1 });
      const { known } = store.load({ eventIds: ["unknown", ...eventIds(store)] });
      expect([...known.values()]).toEqual([{ seq: 1, runId: view?.run_id }]);
    });

    test("an envelope is loaded with the members that still travel in it, and their events and runs", () => {
      const { store, take } = opened();
      take(emitted(["a", "b"]));
      const second = store.taskViews({ runId: null, state: null, before: 99, limit: 1 })[0];
      take({ type: "task.canceled", taskId: second?.task_id ?? "" });
      const slice = store.load({ envelope: 1 });
      expect(slice.envelopes).toMatchObject([{ id: 1, members: [1, 2], state: "queued" }]);
      expect(slice.tasks.map((task) => task.tid)).toEqual([1]);
      expect([...slice.events.keys()]).toEqual([1]);
      expect([...slice.runs.keys()]).toEqual([1]);
      expect(store.load({ envelope: 77 })).toMatchObject({ envelopes: [], tasks: [] });
    });

    test("only overdue envelopes are loaded for the clock", () => {
      const { store, take, lease } = opened();
      take(emitted(["a"]));
      lease();
      take(emitted(["b"]));
      const overdue = (now: number) =>
        store
          .load({ overdue: { now, sentBefore: now - RESEND_MS } })
          .envelopes.map((envelope) => envelope.state);
      expect([overdue(NOW + 59_999), overdue(NOW + 60_000)]).toEqual([[], ["leased", "queued"]]);
    });

    test("outbox items come oldest first, of one kind, when due", () => {
      const { store, take } = opened();
      take(emitted(["a"]));
      take({ ...emitted(["b"]) });
      const ids = store.outbox("send", NOW, 10).map((row) => row.id);
      expect(ids).toEqual(ids.toSorted((a, b) => a - b));
      take({ type: "outbox.refused", ids: ids.slice(0, 1) });
      expect(store.outbox("send", NOW, 10).map((row) => row.id)).toEqual(ids.slice(1));
      expect(store.outbox("send", NOW + 1_000, 1).map((row) => [row.id, row.tries])).toEqual([
        [ids[0], 1],
      ]);
      take({ type: "outbox.sent", ids });
      expect(store.outbox("send", NOW + 99_999, 10)).toEqual([]);
      expect(store.outboxSize()).toBe(store.outbox("mirror", NOW, 100).length);
    });

    test("views filter by run and state, count by node, and answer null for the unknown", () => {
      const { store, take, lease } = opened();
      take(emitted(["a", "b", "c"]));
      const { envelope_id, fence, tasks } = lease();
      const [first] = tasks;
      const results = [
        {
          tid: first?.tid ?? 0,
          ok: true as const,
          outputs: [{ dataset_id: "sys.t.out", partition: "_", payload: "{}" }],
        },
      ];
      take({
        type: "results.reported",
        request: { v: 1, org_id: ORG, dag_id: "sys.t", envelope_id, fence, results, last: false },
      });
      const runId = first?.run_id ?? "";
      expect(
        store
          .counts(runId)
          .map((row) => [row.node_id, row.state, row.tasks, row.events])
          .toSorted((a, b) => String(a).localeCompare(String(b))),
      ).toEqual([
        ["tail", "queued", 1, 1],
        ["work", "succeeded", 1, 1],
      ]);
      expect(store.runView(runId)).toMatchObject({
        status: "running",
        total: 2,
        succeeded: 1,
        open: 1,
      });
      expect(
        store
          .taskViews({ runId, state: "succeeded", before: 99, limit: 9 })
          .map((task) => task.node_id),
      ).toEqual(["work"]);
      expect(
        store
          .taskViews({ runId: null, state: "leased", before: 3, limit: 9 })
          .map((task) => task.tid),
      ).toEqual([2]);
      expect(store.taskViews({ runId: "unknown", state: null, before: 99, limit: 9 })).toEqual([]);
      expect([
        store.runView("unknown"),
        store.taskView("unknown"),
        store.counts("unknown"),
      ]).toEqual([null, null, []]);
      expect(store.taskView(first?.task_id ?? "")).toMatchObject({
        state: "succeeded",
        operator: "t.work@1",
        max_attempts: 5,
      });
      expect(store.mirrored([1, 99], [1, 99])).toMatchObject({
        runs: [{ run_id: runId }],
        tasks: [{ tid: 1 }],
      });
    });
  });

  function opened() {
    const store = open();
    const take = (event: Event) => {
      const turned = turn(store, event, {
        now: NOW,
        rng: { next: () => 0.5 },
        policy: { leaseMs: 60_000, heartbeatMs: 20_000 },
      });
      if (!turned.ok) throw new Error(turned.refusal.code);
      return turned.answer;
    };
    const lease = (): Assignment => {
      const answer = take({ type: "envelope.fetched", envelope: 1 });
      if (answer.kind !== "assigned") throw new Error("nothing to lease");
      return answer.assignment;
    };
    take({ type: "dag.configured", orgId: ORG, config: DAG });
    return { store, take, lease };
  }
}

const emitted = (
  texts: readonly string[],
  origin: { request_id: string; traceparent?: string | null } = { request_id: "t" },
): Event => ({
  type: "events.emitted",
  datasetId: "sys.t.in",
  request: {
    v: 1,
    org_id: ORG,
    dag_id: "sys.t",
    source_id: "in",
    lane: "queue",
    mode: "live",
    ...origin,
    subject: null,
    events: texts.map((text) => ({
      dedup: text,
      partition: "_",
      payload: JSON.stringify({ text }),
    })),
  },
});

const eventIds = (store: Store): string[] =>
  [...store.load({ envelope: 1 }).events.values()].map((event) => event.eventId);
