/** The dispatcher's rules, each as one guarantee, played over the in-memory store. */
import { describe, expect, test } from "vitest";
import { DagConfig } from "../../../workers/platform/dags/model.ts";
import { MemoryStore } from "../../../test/simulation/memory-store.ts";
import { type Assignment, ENVELOPE_TASKS_MAX, type TaskReport } from "../model.ts";
import { alarmFor } from "./alarm.ts";
import { hashKey, outputEventId, sourceEventId } from "./keys.ts";
import { backoffMs } from "./lease.ts";
import {
  ALARM_LATE_MS,
  BACKLOG_MAX,
  DIRECT_LEASE_MS,
  ENVELOPE_TASKS_MIN,
  ENVELOPES_IN_FLIGHT_MAX,
  OUTBOX_GRACE_MS,
  RESEND_MS,
  RETRY_AFTER_MS_MAX,
} from "./limits.ts";
import type { Event } from "./step.ts";
import { type Deed, turn, type Turned } from "./turn.ts";

const ORG = "00000000-0000-7000-8000-000000000001";
const START = 1_800_000_000_000;
const POLICY = { leaseMs: 60_000, heartbeatMs: 20_000 };

const dagWith = (nodes: readonly object[]) =>
  DagConfig.parse({
    schema: "edgewright/dag/v1",
    dag: "sys.t",
    sources: [{ id: "in", emits: "sys.t.in" }],
    nodes,
  });
const work = {
  id: "work",
  runtime: "builtin",
  operator: "t.work",
  n: 1,
  input: "sys.t.in",
  outputs: ["sys.t.out"],
  retry: { max_attempts: 3 },
};
const tail = { id: "tail", runtime: "builtin", operator: "t.tail", n: 1, input: "sys.t.out" };
const LINE = dagWith([work, tail]);
const SINGLE = dagWith([work]);

/** A dispatcher in maps, with its own clock. */
class Bench {
  readonly store = new MemoryStore();
  now = START;
  deeds: Deed[] = [];
  chance = 0.5;

  constructor(config: DagConfig = SINGLE) {
    this.take({ type: "dag.configured", orgId: ORG, config });
  }

  take(event: Event): Turned {
    const turned = turn(this.store, event, {
      now: this.now,
      rng: { next: () => this.chance },
      policy: POLICY,
    });
    if (turned.ok) this.deeds.push(...turned.deeds);
    return turned;
  }

  emit(
    dedups: readonly string[],
    options: { lane?: "direct" | "queue"; mode?: "live" | "backfill" } = {},
  ): Turned {
    const { lane = "queue", mode = "live" } = options;
    const events = dedups.map((dedup) => ({
      dedup,
      partition: "_",
      payload: JSON.stringify({ dedup }),
    }));
    return this.take({
      type: "events.emitted",
      datasetId: "sys.t.in",
      request: {
        v: 1,
        org_id: ORG,
        dag_id: "sys.t",
        source_id: "in",
        lane,
        mode,
        request_id: "t",
        subject: null,
        events,
      },
    });
  }

  fetch(envelope: number): Assignment | null {
    const turned = this.take({ type: "envelope.fetched", envelope });
    return turned.ok && turned.answer.kind === "assigned" ? turned.answer.assignment : null;
  }

  /** Fetches the newest queued envelope; fails the test when there is none. */
  lease(): Assignment {
    const queued = [...this.store.envelopes.values()]
      .filter((envelope) => envelope.state === "queued")
      .at(-1);
    const assignment = this.fetch(queued?.id ?? -1);
    if (assignment === null) throw new Error("nothing to lease");
    return assignment;
  }

  report(assignment: Assignment, results: readonly TaskReport[], fence = assignment.fence): Turned {
    const { org_id, dag_id, envelope_id } = assignment;
    return this.take({
      type: "results.reported",
      request: { v: 1, org_id, dag_id, envelope_id, fence, results: [...results], last: true },
    });
  }

  succeed(
    assignment: Assignment,
    outputs: readonly { dataset_id: string; partition: string; payload: string }[] = [],
  ): Turned {
    return this.report(
      assignment,
      assignment.tasks.map(({ tid }) => ({ tid, ok: true, outputs: [...outputs] })),
    );
  }

  fail(assignment: Assignment, failure: { retryable: boolean; retry_after_ms?: number }): Turned {
    return this.report(
      assignment,
      assignment.tasks.map(({ tid }) => ({
        tid,
        ok: false,
        code: "broke",
        message: "it broke",
        ...failure,
      })),
    );
  }

  tick(laterMs: number): Turned {
    this.now += laterMs;
    return this.take({ type: "clock.ticked" });
  }

  states(): string[] {
    return [...this.store.tasks.values()].map((task) => task.state);
  }

  task(tid = 1) {
    const task = this.store.tasks.get(tid);
    if (task === undefined) throw new Error(`no task ${String(tid)}`);
    return task;
  }

  sends(): number[] {
    return this.store
      .outbox("send", Number.MAX_SAFE_INTEGER, 1_000)
      .flatMap(({ body }) => (body.kind === "send" ? [body.envelope] : []));
  }

  /** The queue took every message. */
  acknowledge(): void {
    const items = this.store.outbox("send", Number.MAX_SAFE_INTEGER, 1_000);
    this.take({ type: "outbox.sent", ids: items.map((item) => item.id) });
  }

  run() {
    const [run] = this.store.runs.values();
    if (run === undefined) throw new Error("no run");
    return run;
  }
}

const out = (payload = "{}") => ({ dataset_id: "sys.t.out", partition: "_", payload });
const refusalOf = (turned: Turned): string | null => (turned.ok ? null : turned.refusal.code);

describe("log", () => {
  test("[E1] a repeated source event answers with the first run and appends nothing", () => {
    const bench = new Bench();
    const first = bench.emit(["a"]);
    const again = bench.emit(["a", "a", "b"]);
    expect(first.ok && first.answer.kind === "emitted" && first.answer.runIds).toHaveLength(1);
    expect(again.ok && again.answer.kind === "emitted" && again.answer).toMatchObject({
      duplicates: 2,
    });
    expect(bench.store.events.size).toBe(2);
    expect(bench.store.tasks.size).toBe(2);
  });

  test("[E2] an event is named by its source and key, an output by its task and place", () => {
    const bench = new Bench();
    bench.emit(["a"]);
    expect([...bench.store.eventIds.keys()]).toEqual([sourceEventId("in", "a")]);
    const assignment = bench.lease();
    bench.succeed(assignment, [out(), out()]);
    const [task] = assignment.tasks;
    const ids = [0, 1].map((index) =>
      outputEventId(task?.task_id ?? "", { datasetId: "sys.t.out", partition: "_", index }),
    );
    expect([...bench.store.eventIds.keys()].slice(1)).toEqual(ids);
    expect(hashKey("a-b", "c")).not.toBe(hashKey("a", "b-c"));
    expect(hashKey("x")).toMatch(/^[a-z2-7]{26}$/);
  });

  test("[E4] a crash while tasks are stored moves no cursor", () => {
    const crashes = { now: false };
    const store = new MemoryStore(() => {
      if (crashes.now) throw new Error("crash");
    });
    const world = { now: START, rng: { next: () => 0 }, policy: POLICY };
    turn(store, { type: "dag.configured", orgId: ORG, config: SINGLE }, world);
    crashes.now = true;
    const request = {
      v: 1 as const,
      org_id: ORG,
      dag_id: "sys.t",
      source_id: "in",
      lane: "queue" as const,
      mode: "live" as const,
      request_id: "t",
      subject: null,
      events: [{ dedup: "a", partition: "_", payload: "{}" }],
    };
    expect(() =>
      turn(store, { type: "events.emitted", datasetId: "sys.t.in", request }, world),
    ).toThrow("crash");
    expect([
      store.events.size,
      store.tasks.size,
      store.head().seq,
      [...store.cursors.values()],
    ]).toEqual([0, 0, 0, [0]]);
  });

  test("[E6] a task has the mode of its event, whatever the DAG does", () => {
    const bench = new Bench(LINE);
    bench.emit(["a"], { mode: "backfill" });
    bench.succeed(bench.lease(), [out()]);
    expect([...bench.store.tasks.values()].map((task) => task.mode)).toEqual([
      "backfill",
      "backfill",
    ]);
  });

  test("[E7] an outbox item stays until it is acknowledged, and a refused one waits 1, 2, 4 ... 60 s", () => {
    const bench = new Bench();
    bench.emit(["a"]);
    const [item] = bench.store.outbox("send", bench.now, 10);
    const id = item?.id ?? 0;
    const waits = Array.from({ length: 8 }, () => {
      bench.take({ type: "outbox.refused", ids: [id] });
      return (bench.store.items.get(id)?.notBefore ?? 0) - bench.now;
    });
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    bench.take({ type: "outbox.sent", ids: [id] });
    expect(bench.sends()).toEqual([]);
  });

  test("[E9] everything an event causes belongs to its run", () => {
    const bench = new Bench(LINE);
    bench.emit(["a", "b"]);
    expect(bench.store.runs.size).toBe(2);
    bench.succeed(bench.lease(), [out()]);
    const runs = new Map([...bench.store.events.values()].map((event) => [event.seq, event.run]));
    expect(
      [...bench.store.tasks.values()].every((task) => task.run === runs.get(task.eventSeq)),
    ).toBe(true);
  });

  test("[V14] events before a deploy keep the old digest, events after it get the new one", () => {
    const bench = new Bench();
    bench.emit(["a"]);
    bench.take({ type: "dag.configured", orgId: ORG, config: dagWith([{ ...work, n: 2 }]) });
    bench.emit(["b"]);
    expect(bench.lease().operator).toEqual({ name: "t.work", n: 2 });
    expect(bench.fetch(1)?.operator).toEqual({ name: "t.work", n: 1 });
    expect(bench.store.tasks.size).toBe(2);
  });

  test("[V14] a node's retries and timeout are no digest: changed, they bind its tasks at once", () => {
    const bench = new Bench();
    bench.emit(["a"]);
    const changed = { ...work, timeout_s: 7, retry: { max_attempts: 9 } };
    bench.take({ type: "dag.configured", orgId: ORG, config: dagWith([changed]) });
    expect(bench.lease().timeout_ms).toBe(7_000);
    expect(bench.store.instances.size).toBe(1);
    expect(bench.store.taskView(bench.task().id)?.max_attempts).toBe(9);
  });
});

describe("tasks", () => {
  test("[T1] two consumers of one event get one task each, and advancing again makes no third", () => {
    const bench = new Bench(dagWith([work, { ...tail, input: "sys.t.in" }]));
    bench.emit(["a"]);
    bench.take({ type: "clock.ticked" });
    expect(bench.store.tasks.size).toBe(2);
    expect(new Set([...bench.store.tasks.values()].map((task) => task.id)).size).toBe(2);
  });

  test("[T2] what a canceled task reports is not stored", () => {
    const bench = new Bench();
    bench.emit(["a"]);
    const assignment = bench.lease();
    bench.take({ type: "task.canceled", taskId: bench.task().id });
    expect(bench.states()).toEqual(["canceling"]);
    bench.succeed(assignment, [out()]);
    expect(bench.states()).toEqual(["canceled"]);
    expect(bench.store.events.size).toBe(1);
    expect(bench.run().status).toBe("canceled");
  });

  test("[T2] a succeeded task can be neither canceled nor retried", () => {
    const bench = new Bench();
    bench.emit(["a"]);
    bench.succeed(bench.lease());
    expect(refusalOf(bench.take({ type: "task.canceled", taskId: bench.task().id }))).toBe(
      "task_state",
    );
    expect(refusalOf(bench.take({ type: "task.retried", taskId: bench.task().id }))).toBe(
      "task_state",
    );
    expect(refusalOf(bench.take({ type: "run.canceled", runId: bench.run().runId }))).toBe(
      "task_state",
    );
    expect(refusalOf(bench.take({ type: "task.canceled", taskId: "unknown" }))).toBe("not_found");
    expect(refusalOf(bench.take({ type: "run.canceled", runId: "unknown" }))).toBe("not_found");
  });

  test("[T2] canceling a run ends it at once; its waiting tasks never start", () => {
    const bench = new Bench();
    bench.emit(["a"]);
    bench.take({ type: "run.canceled", runId: bench.run().runId });
    expect(bench.run().status).toBe("canceled");
    expect(bench.fetch(1)).toBeNull();
    expect(bench.states()).toEqual(["canceled"]);
    expect(bench.store.head()).toMatchObject({ open: 0, ready: 0, inFlight: 0 });
  });

  test("[T3] outputs come with the success, once, however often it is reported", () => {
    const bench = new Bench(LINE);
    bench.emit(["a"]);
    const assignment = bench.lease();
    expect(bench.store.events.size).toBe(1);
    bench.succeed(assignment, [out()]);
    expect(refusalOf(bench.succeed(assignment, [out()]))).toBe("lease_lost");
    expect(bench.store.events.size).toBe(2);
    expect(bench.states()).toEqual(["succeeded", "queued"]);
  });

  test.each([
    [
      "undeclared",
      { dataset_id: "sys.t.foreign", partition: "_", payload: "{}" },
      "output_not_declared",
    ],
    ["oversized", out(JSON.stringify("x".repeat(17_000))), "payload_too_large"],
  ])("[T3] an %s output fails the task for good and nothing is stored", (_name, output, code) => {
    const bench = new Bench();
    bench.emit(["a"]);
    bench.succeed(bench.lease(), [out(), output]);
    expect(bench.task()).toMatchObject({ state: "failed", error: { code, retryable: false } });
    expect(bench.store.events.size).toBe(1);
  });

  test("[T4] the delay is random below min(cap, 2^attempt s), at least what the worker asks", () => {
    const at = (chance: number) => ({ next: () => chance });
    const free = { capS: 900, scheduleS: [] };
    expect(backoffMs(free, 3, at(0.5))).toBe(4_000);
    expect(backoffMs(free, 15, at(0.999_999))).toBe(899_999);
    expect(
      [1, 2, 3].map((attempt) => backoffMs({ capS: 900, scheduleS: [7, 9] }, attempt, at(0.5))),
    ).toEqual([7_000, 9_000, 9_000]);
    const bench = new Bench();
    bench.emit(["a"]);
    bench.fail(bench.lease(), { retryable: true, retry_after_ms: 30_000 });
    expect(bench.task()).toMatchObject({ state: "ready", notBefore: bench.now + 30_000 });
  });

  test("[T4] no worker delays a task by more than a day", () => {
    const bench = new Bench();
    bench.emit(["a"]);
    bench.fail(bench.lease(), { retryable: true, retry_after_ms: Number.MAX_SAFE_INTEGER });
    expect(bench.task().notBefore).toBe(bench.now + RETRY_AFTER_MS_MAX);
  });

  test("[T5] the attempt rises with the lease, so a task that always kills its worker fails in the end", () => {
    const bench = new Bench();
    bench.emit(["a"]);
    const attempts: number[] = [];
    for (let round = 0; round < 20 && bench.task().state !== "failed"; round += 1) {
      if (bench.task().state === "queued") attempts.push(bench.lease().tasks[0]?.attempt ?? 0);
      bench.tick(POLICY.leaseMs);
    }
    expect(attempts).toEqual([1, 2, 3]);
    expect(bench.task().error).toMatchObject({ code: "lease_lost" });
  });

  test("[T5] each attempt carries the same task id, by which effects dedupe", () => {
    const bench = new Bench();
    bench.emit(["a"]);
    const first = bench.lease();
    bench.fail(first, { retryable: true });
    bench.tick(10_000);
    const second = bench.lease();
    expect(second.tasks.map((task) => [task.task_id, task.attempt])).toEqual([
      [first.tasks[0]?.task_id, 2],
    ]);
  });

  test("[T8] a run ends once, after the last task its events cause", () => {
    const bench = new Bench(LINE);
    bench.emit(["a"]);
    bench.succeed(bench.lease(), [out()]);
    expect(bench.deeds).toEqual([]);
    bench.succeed(bench.lease());
    expect(bench.deeds).toEqual([{ kind: "ended", runId: bench.run().runId, status: "succeeded" }]);
  });

  test("[T8] retrying a failed task opens its run again, with a fresh budget", () => {
    const bench = new Bench();
    bench.emit(["a"]);
    bench.fail(bench.lease(), { retryable: false });
    expect(bench.run()).toMatchObject({ status: "failed", failed: 1, open: 0 });
    bench.take({ type: "task.retried", taskId: bench.task().id });
    expect(bench.run()).toMatchObject({ status: "running", failed: 0, open: 1, endedAt: null });
    for (let attempt = 0; attempt < 2; attempt += 1) {
      bench.fail(bench.lease(), { retryable: true });
      expect(bench.task().state).toBe("ready");
      bench.tick(20_000);
    }
    bench.succeed(bench.lease());
    expect(bench.run()).toMatchObject({ status: "succeeded", succeeded: 1 });
    expect(bench.task()).toMatchObject({ attempt: 4, base: 1 });
  });

  test("[T12] a task that kills its worker ends up alone, and its neighbors succeed", () => {
    const bench = new Bench();
    bench.emit(Array.from({ length: 16 }, (_, i) => String(i)));
    const killer = bench.task(5).id;
    const sizes: number[] = [];
    for (let round = 0; round < 40 && bench.store.head().open > 0; round += 1) {
      for (const envelope of bench.store.envelopes.values()) {
        const assignment = envelope.state === "queued" ? bench.fetch(envelope.id) : null;
        if (assignment === null) continue;
        sizes.push(assignment.tasks.length);
        if (!assignment.tasks.some((task) => task.task_id === killer)) bench.succeed(assignment);
      }
      bench.tick(POLICY.leaseMs);
    }
    expect(sizes.slice(0, 3)).toEqual([16, 8, 8]);
    expect(bench.states().filter((state) => state === "succeeded")).toHaveLength(15);
    expect(bench.task(5).state).toBe("failed");
  });
});

describe("leases", () => {
  test("[L1] a fence is text, carries the incarnation, and rises with every lease", () => {
    const bench = new Bench();
    bench.emit(["a"]);
    const first = bench.lease();
    bench.tick(POLICY.leaseMs);
    bench.tick(20_000);
    const second = bench.lease();
    expect([first.fence, second.fence]).toEqual([String(2 ** 32 + 1), String(2 ** 32 + 2)]);
  });

  test("[L2] a worker whose lease was given away cannot commit", () => {
    const bench = new Bench();
    bench.emit(["a"]);
    const zombie = bench.lease();
    bench.tick(POLICY.leaseMs);
    bench.tick(20_000);
    const owner = bench.lease();
    expect(refusalOf(bench.succeed(zombie, [out()]))).toBe("lease_lost");
    expect(bench.states()).toEqual(["leased"]);
    expect(bench.succeed(owner).ok).toBe(true);
  });

  test("[L2] a report or heartbeat with another fence is refused and changes nothing", () => {
    const bench = new Bench();
    bench.emit(["a"]);
    const assignment = bench.lease();
    const before = bench.store.head();
    const fence = String(Number(assignment.fence) + 1);
    expect(refusalOf(bench.report(assignment, [{ tid: 1, ok: true, outputs: [] }], fence))).toBe(
      "lease_lost",
    );
    expect(
      refusalOf(bench.take({ type: "lease.renewed", envelope: assignment.envelope_id, fence })),
    ).toBe("lease_lost");
    expect(bench.store.head()).toEqual(before);
  });

  test("[L3] heartbeats keep a lease alive, and a direct one is shorter", () => {
    const bench = new Bench();
    bench.emit(["a"]);
    const assignment = bench.lease();
    expect(assignment).toMatchObject({ lease_ms: 60_000, heartbeat_ms: 20_000 });
    for (let beat = 0; beat < 5; beat += 1) {
      bench.tick(40_000);
      expect(
        bench.take({
          type: "lease.renewed",
          envelope: assignment.envelope_id,
          fence: assignment.fence,
        }).ok,
      ).toBe(true);
    }
    expect(bench.states()).toEqual(["leased"]);
    bench.emit(["b"], { lane: "direct" });
    const [deed] = bench.deeds;
    expect(deed?.kind === "invoke" && deed.assignment).toMatchObject({
      lease_ms: DIRECT_LEASE_MS,
      heartbeat_ms: 5_000,
    });
  });

  test("[L4] the alarm is the earliest of what can become due, and clamped to the next millisecond", () => {
    const bench = new Bench();
    expect(bench.store.nextWake()).toBeNull();
    bench.emit(["a"]);
    expect(bench.store.nextWake()).toBe(bench.now + OUTBOX_GRACE_MS);
    const acknowledge = () =>
      bench.take({ type: "outbox.sent", ids: [...bench.store.items.keys()] });
    acknowledge();
    expect(bench.store.nextWake()).toBe(bench.now + RESEND_MS);
    const assignment = bench.lease();
    acknowledge();
    expect(bench.store.nextWake()).toBe(bench.now + POLICY.leaseMs);
    bench.fail(assignment, { retryable: true, retry_after_ms: 5_000 });
    acknowledge();
    expect(bench.store.nextWake()).toBe(bench.now + 5_000);
    expect(alarmFor(null, 10, 100)).toBe(101);
    expect(alarmFor(null, 100, 100)).toBe(101);
    expect(alarmFor(null, null, 100)).toBeNull();
    expect(alarmFor(null, 90, 100, 1_000)).toBe(1_100);
    expect(alarmFor(500, 90, 100, 1_000)).toBe(500);
  });

  test("[L5] an alarm that stands before the need is kept; a later, missing or lost one is set again", () => {
    expect(alarmFor(500, 600, 100)).toBeNull();
    expect(alarmFor(700, 600, 100)).toBe(600);
    expect(alarmFor(null, 600, 100)).toBe(600);
    expect(alarmFor(90, 90_000, 90 + ALARM_LATE_MS)).toBe(90_000);
    expect(alarmFor(90, 80, 90 + ALARM_LATE_MS)).toBe(91 + ALARM_LATE_MS);
  });

  test("[L5] an alarm that rings right now is left alone: moving it would cancel it", () => {
    expect(alarmFor(90, 600, 100)).toBeNull();
    expect(alarmFor(100, 95, 100)).toBeNull();
    expect(alarmFor(90, 50, 89 + ALARM_LATE_MS)).toBeNull();
  });

  test("[L6] heartbeats extend no lease past the node's timeout, and the attempt ends as task_timeout", () => {
    const bench = new Bench(dagWith([{ ...work, timeout_s: 60 }]));
    bench.emit(["a"]);
    const assignment = bench.lease();
    const beat = () =>
      refusalOf(
        bench.take({
          type: "lease.renewed",
          envelope: assignment.envelope_id,
          fence: assignment.fence,
        }),
      );
    bench.tick(50_000);
    expect(beat()).toBeNull();
    bench.tick(50_000);
    expect(beat()).toBeNull();
    bench.now += 20_000;
    expect(beat()).toBe("lease_lost");
    bench.tick(0);
    expect(bench.task()).toMatchObject({ state: "ready", error: { code: "task_timeout" } });
  });
});

describe("queue, direct lane, waiting", () => {
  test("[Q1] an envelope has one instance, mode and lane", () => {
    const bench = new Bench(dagWith([work, { ...tail, input: "sys.t.in" }]));
    bench.emit(["a", "b"]);
    bench.emit(["c"], { mode: "backfill" });
    bench.emit(["d"], { lane: "direct" });
    const keys = [...bench.store.envelopes.values()].map(
      ({ inst, mode, lane, members }) =>
        `${String(inst)} ${mode} ${lane} ${String(members.length)}`,
    );
    expect(keys.toSorted()).toEqual([
      "1 backfill queue 1",
      "1 live direct 1",
      "1 live queue 2",
      "2 backfill queue 1",
      "2 live direct 1",
      "2 live queue 2",
    ]);
  });

  test("[Q2] one fetch leases every live member, a second one takes nothing", () => {
    const bench = new Bench();
    bench.emit(["a", "b", "c"]);
    bench.take({ type: "task.canceled", taskId: bench.task(2).id });
    const assignment = bench.fetch(1);
    expect(assignment?.tasks.map((task) => task.tid)).toEqual([1, 3]);
    expect(bench.fetch(1)).toBeNull();
    expect(bench.states()).toEqual(["leased", "canceled", "leased"]);
    if (assignment !== null) expect(bench.succeed(assignment).ok).toBe(true);
  });

  test("[Q2] a member without a result is tried again", () => {
    const bench = new Bench();
    bench.emit(["a", "b"]);
    const assignment = bench.lease();
    bench.report(assignment, [{ tid: 1, ok: true, outputs: [] }]);
    expect(bench.states()).toEqual(["succeeded", "ready"]);
    expect(bench.task(2).error).toMatchObject({ code: "no_result" });
  });

  test("[Q6] an envelope nobody fetched in 60 s is sent again, and not before", () => {
    const bench = new Bench();
    bench.emit(["a"]);
    bench.acknowledge();
    bench.tick(RESEND_MS - 1);
    expect(bench.sends()).toEqual([]);
    bench.tick(1);
    expect(bench.sends()).toEqual([1]);
    bench.acknowledge();
    bench.tick(RESEND_MS - 1);
    expect(bench.sends()).toEqual([]);
  });

  test("[Q6] while the queue refuses, the outbox holds one message per envelope, however long it takes", () => {
    const bench = new Bench();
    bench.emit(["a"]);
    for (let minute = 0; minute < 5; minute += 1) bench.tick(RESEND_MS);
    bench.take({ type: "object.woken" });
    expect(bench.sends()).toEqual([1]);
  });

  test("[Q7] direct tasks are leased at dispatch and handed over; beyond six envelopes they queue", () => {
    const bench = new Bench();
    for (let i = 0; i < 8; i += 1) bench.emit([`d${String(i)}`], { lane: "direct" });
    expect(bench.deeds.filter((deed) => deed.kind === "invoke")).toHaveLength(6);
    expect(bench.states()).toEqual([
      ...Array.from({ length: 6 }, () => "leased"),
      "queued",
      "queued",
    ]);
    expect(bench.sends()).toHaveLength(2);
    const [deed] = bench.deeds;
    if (deed?.kind !== "invoke") throw new Error("no hand-over");
    expect(deed.assignment.tasks).toMatchObject([
      { attempt: 1, payload: JSON.stringify({ dedup: "d0" }) },
    ]);
    bench.succeed(deed.assignment);
    expect(bench.store.head().direct).toBe(5);
  });

  test("[Q7] a lost reply of the direct lane costs its lease", () => {
    const bench = new Bench();
    bench.emit(["a"], { lane: "direct" });
    bench.tick(DIRECT_LEASE_MS);
    bench.tick(20_000);
    expect(bench.deeds.filter((deed) => deed.kind === "invoke")).toHaveLength(2);
    expect(bench.task()).toMatchObject({ state: "leased", attempt: 2 });
  });

  test("[Q10] at most 200 envelopes are in flight; the next ones follow as they end", () => {
    const bench = new Bench();
    for (let block = 0; block < 30; block += 1)
      bench.emit(Array.from({ length: 500 }, (_, i) => `${String(block)}.${String(i)}`));
    const head = bench.store.head();
    expect(head.inFlight).toBe(ENVELOPES_IN_FLIGHT_MAX);
    expect(head.ready).toBeLessThanOrEqual(10_500);
    expect(head.unpassed + head.open).toBe(15_000);
    expect(bench.store.tasks.size).toBe(head.open);
    expect(bench.states().filter((state) => state === "ready")).toHaveLength(head.ready);
    bench.succeed(bench.lease());
    expect(bench.store.head().inFlight).toBe(ENVELOPES_IN_FLIGHT_MAX);
  });

  test("[Q1] a large backlog travels in large envelopes, also what its reports cause", () => {
    const bench = new Bench(LINE);
    for (let block = 0; block < 4; block += 1)
      bench.emit(Array.from({ length: 500 }, (_, i) => `${String(block)}.${String(i)}`));
    bench.succeed(
      bench.lease(),
      Array.from({ length: 4 }, () => out()),
    );
    const [caused] = [...bench.store.envelopes.values()].filter(({ inst }) => inst === 2);
    expect(caused?.members).toHaveLength(ENVELOPE_TASKS_MAX);
    const small = new Bench(LINE);
    small.emit(Array.from({ length: 20 }, (_, i) => String(i)));
    expect(small.lease().tasks).toHaveLength(20 - ENVELOPE_TASKS_MIN);
  });

  test("[T2] a run that was canceled while its event waited gets no task", () => {
    const bench = new Bench();
    for (let block = 0; block < 48; block += 1)
      bench.emit(Array.from({ length: 500 }, (_, i) => `${String(block)}.${String(i)}`));
    const last = [...bench.store.runs.values()].at(-1);
    expect(last).toMatchObject({ total: 0, unpassed: 1 });
    bench.take({ type: "run.canceled", runId: last?.runId ?? "" });
    while (bench.store.head().unpassed > 0) bench.succeed(bench.lease());
    expect([...bench.store.runs.values()].at(-1)).toMatchObject({
      total: 0,
      unpassed: 0,
      status: "canceled",
    });
  });

  test("[Q11] a full backlog refuses new events", () => {
    const bench = new Bench();
    bench.emit(["a"]);
    const { head } = bench.store.load({});
    bench.store.apply({
      head: { ...head, open: BACKLOG_MAX },
      instances: [],
      cursors: [],
      events: [],
      runs: [],
      newTasks: [],
      tasks: [],
      envelopes: [],
      goneEnvelopes: [],
      outbox: [],
      goneOutbox: [],
    });
    expect(refusalOf(bench.emit(["b"]))).toBe("backlog_full");
  });

  test("[Q13] a woken dispatcher sends every queued envelope again, and no leased one", () => {
    const bench = new Bench();
    bench.emit(["a"]);
    bench.lease();
    bench.emit(["b"]);
    bench.take({ type: "outbox.sent", ids: [...bench.store.items.keys()] });
    bench.take({ type: "object.woken" });
    expect(bench.sends()).toEqual([2]);
  });

  test("[Q14] every change of a run or an ended task carries a greater number than the one before", () => {
    const bench = new Bench();
    bench.emit(["a"]);
    const changes = [bench.run().change];
    bench.fail(bench.lease(), { retryable: false });
    changes.push(bench.run().change, bench.task().change);
    bench.take({ type: "task.retried", taskId: bench.task().id });
    changes.push(bench.run().change, bench.task().change);
    expect(changes[1]).toBeGreaterThan(changes[0] ?? 0);
    expect(changes[3]).toBeGreaterThan(changes[1] ?? 0);
    expect(changes[4]).toBeGreaterThan(changes[2] ?? 0);
    const mirrored = bench.store
      .outbox("mirror", Number.MAX_SAFE_INTEGER, 100)
      .flatMap(({ body }) => (body.kind === "mirror" ? body.tids : []));
    expect(mirrored).toContain(1);
  });
});
