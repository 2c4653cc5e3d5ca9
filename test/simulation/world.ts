/** A dispatcher with everything around it, on one scheduler: queue, workers, Postgres, alarm, clock, operators, and their faults. */
import { alarmFor } from "../../durable-objects/dispatcher/machine/alarm.ts";
import { configHash, datasetOf } from "../../durable-objects/dispatcher/machine/append.ts";
import { OUTBOX_GRACE_MS } from "../../durable-objects/dispatcher/machine/limits.ts";
import type { Store } from "../../durable-objects/dispatcher/machine/state.ts";
import type { Event } from "../../durable-objects/dispatcher/machine/step.ts";
import { turn, type Turned } from "../../durable-objects/dispatcher/machine/turn.ts";
import type {
  Assignment,
  RunView,
  TaskReport,
  TaskView,
} from "../../durable-objects/dispatcher/model.ts";
import { DagConfig } from "../../workers/platform/dags/model.ts";
import { Faults } from "./faults.ts";
import { Random } from "./random.ts";

export const ORG = "00000000-0000-7000-8000-00000000beef";
const POLICY = { leaseMs: 60_000, heartbeatMs: 20_000 };
const DECADE_MS = 1_800_000_000_000;
const HOUR_MS = 3_600_000;
/** How often the cron looks after objects whose alarm is overdue [L5]. */
const CRON_MS = 300_000;

/** A diamond with a tail: two consumers of one dataset, and a node that fans out. */
const dagOf = (n: number): DagConfig =>
  DagConfig.parse({
    schema: "edgewright/dag/v1",
    dag: "sys.sim",
    sources: [{ id: "in", emits: "sys.sim.in" }],
    nodes: [
      {
        id: "left",
        runtime: "builtin",
        operator: "sim.left",
        n,
        input: "sys.sim.in",
        outputs: ["sys.sim.left"],
        retry: { max_attempts: 4, cap_s: 60 },
      },
      {
        id: "right",
        runtime: "builtin",
        operator: "sim.right",
        n: 1,
        input: "sys.sim.in",
        outputs: ["sys.sim.right", "sys.sim.side"],
        timeout_s: 30,
      },
      {
        id: "tail",
        runtime: "builtin",
        operator: "sim.tail",
        n: 1,
        input: "sys.sim.left",
        retry: { max_attempts: 3, cap_s: 5, schedule_s: [1, 2] },
      },
    ],
  });

const DAG = dagOf(1);
const NEXT_DAG = dagOf(2);
const HASHES = new Map([DAG, NEXT_DAG].map((config) => [config, configHash(config)]));

/** Thrown where the object dies: its memory is gone, its storage is as it was before the transaction. */
export class Crash extends Error {}

/** Made once: a stack trace for each of thousands of crashes would cost more than the simulation. */
const DURING_COMMIT = new Crash("during commit");

interface Scheduled {
  readonly at: number;
  readonly order: number;
  readonly label: string;
  readonly run: () => void;
}

export class World {
  readonly random: Random;
  readonly faults: Faults;
  readonly store: Store;
  readonly trace: string[] = [];
  readonly violations: string[] = [];
  /** Postgres: the newest mirrored row of each run and task. */
  readonly mirror = { runs: new Map<string, RunView>(), tasks: new Map<string, TaskView>() };
  readonly executions = new Map<string, number>();
  /** Fence of the latest lease that covers a task. */
  readonly leases = new Map<number, string>();
  /** Runs and tasks somebody asked to cancel, with an answer of ok. */
  readonly canceledRuns = new Set<string>();
  now = DECADE_MS;
  #skew = 0;
  #order = 0;
  readonly #agenda: Scheduled[] = [];
  /** The alarm as storage holds it; the object's own idea of it is `#believed`. */
  #alarm: number | null = null;
  #alarmToken = 0;
  #believed: number | null | undefined = undefined;
  #sending = false;
  #mirroring = false;
  #life = 0;
  #trace = 0;
  readonly #onTurn: (event: Event, turned: Turned) => void;
  readonly #keep: boolean;

  constructor(given: {
    seed: bigint;
    store: (crash: () => void) => Store;
    keepTrace: boolean;
    onTurn: (event: Event, turned: Turned) => void;
  }) {
    this.random = new Random(given.seed);
    this.faults = new Faults(this.random);
    this.#onTurn = given.onTurn;
    this.#keep = given.keepTrace;
    this.store = given.store(() => {
      if (this.faults.strikes("commit.crashed")) throw DURING_COMMIT;
    });
  }

  /** Plays the seed: some minutes with faults, then calm until everything has settled. @returns whether it settled */
  play(limits: { sources: number; steps: number }): boolean {
    this.#script(limits.sources);
    for (let step = 0; step < limits.steps && this.#next(); step += 1);
    this.faults.calm();
    this.note("calm");
    this.#poke();
    for (let step = 0; step < limits.steps * 10; step += 1) {
      if (this.settled()) return true;
      if (this.#next()) continue;
      this.now += CRON_MS;
      this.#poke();
    }
    return this.settled();
  }

  settled(): boolean {
    const { open, unpassed, inFlight } = this.store.head();
    return open === 0 && unpassed === 0 && inFlight === 0 && this.store.outboxSize() === 0;
  }

  clock(): number {
    return this.now + this.#skew;
  }

  note(line: string): void {
    for (let i = 0; i < line.length; i += 1)
      this.#trace = (Math.imul(this.#trace, 31) + line.charCodeAt(i)) | 0;
    if (this.#keep) this.trace.push(`${String(this.now - DECADE_MS).padStart(9)} ${line}`);
  }

  /** Equal for two plays of the same seed, or the simulation is not deterministic. */
  hash(): string {
    return (this.#trace >>> 0).toString(16);
  }

  /** The agenda is kept sorted, the next entry last. */
  #at(delayMs: number, label: string, run: () => void): void {
    this.#order += 1;
    const entry = { at: this.now + delayMs, order: this.#order, label, run };
    let [from, to] = [0, this.#agenda.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((this.#agenda[middle]?.at ?? 0) > entry.at) from = middle + 1;
      else to = middle;
    }
    this.#agenda.splice(from, 0, entry);
  }

  #next(): boolean {
    const first = this.#agenda.pop();
    if (first === undefined) return false;
    this.now = Math.max(this.now, first.at);
    this.note(first.label);
    first.run();
    if (this.faults.strikes("object.evicted")) this.#evict("idle");
    return true;
  }

  // ---- the script: what users and time do ------------------------------------------------------------------------

  #script(sources: number): void {
    for (let i = 0; i < sources; i += 1) {
      this.#at(this.random.int(0, 120_000), `source ${String(i)}`, () => this.#emit(i));
    }
    const actions = this.random.int(0, 6);
    for (let i = 0; i < actions; i += 1)
      this.#at(this.random.int(1_000, 400_000), "operator", () => this.#operate());
    if (this.random.chance(0.3))
      this.#at(this.random.int(1_000, 200_000), "deploy", () => (this.#config = NEXT_DAG));
    for (let i = 1; i < 20; i += 1) this.#at(i * CRON_MS, "cron", () => this.#poke());
    for (let i = 0; i < 5; i += 1)
      this.#at(this.random.int(0, 600_000), "clock", () => this.#jump());
  }

  #config = DAG;

  #emit(i: number, again = false): void {
    const events = Array.from({ length: 1 + (i % 3) }, (_, k) => ({
      dedup: `${String(i)}.${String(k)}`,
      partition: "_",
      payload: JSON.stringify({ i, k }),
    }));
    const request = {
      v: 1 as const,
      org_id: ORG,
      dag_id: DAG.dag,
      source_id: "in",
      lane: i % 4 === 3 ? ("direct" as const) : ("queue" as const),
      mode: i % 5 === 4 ? ("backfill" as const) : ("live" as const),
      request_id: "sim",
      subject: null,
      events,
    };
    const dataset = datasetOf(DAG, "in");
    const answer = this.#call({
      type: "events.emitted",
      request,
      datasetId: dataset.ok ? dataset.value : "",
    });
    // Without an answer the source sends again: that is why its key makes the event.
    if (answer === null) this.#at(1_000, `source ${String(i)} again`, () => this.#emit(i));
    else if (!again && this.faults.strikes("source.repeated"))
      this.#at(this.random.int(0, 90_000), `source ${String(i)} repeated`, () =>
        this.#emit(i, true),
      );
  }

  #operate(): void {
    const tasks = this.store.taskViews({
      runId: null,
      state: null,
      before: Number.MAX_SAFE_INTEGER,
      limit: 40,
    });
    if (tasks.length === 0) return;
    const task = this.random.pick(tasks);
    if (this.faults.strikes("run.canceled")) {
      if (this.#call({ type: "run.canceled", runId: task.run_id })?.ok === true)
        this.canceledRuns.add(task.run_id);
    }
    if (this.faults.strikes("task.canceled"))
      this.#call({ type: "task.canceled", taskId: task.task_id });
    const failed = tasks.find((entry) => entry.state === "failed");
    if (failed !== undefined && this.faults.strikes("task.retried"))
      this.#call({ type: "task.retried", taskId: failed.task_id });
  }

  #jump(): void {
    if (this.faults.strikes("clock.jumped_ahead")) this.#skew += this.random.int(1, HOUR_MS);
    if (this.faults.strikes("clock.jumped_back")) this.#skew -= this.random.int(1, HOUR_MS);
  }

  // ---- the object: the same few lines as the shell ---------------------------------------------------------------

  /** @returns null when the object died before it could answer */
  #call(event: Event): Turned | null {
    try {
      this.#enter();
      return this.#turn(event);
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      this.#evict("crash");
      return null;
    }
  }

  #enter(): void {
    if (this.#believed === undefined) {
      this.#believed = this.#alarm;
      this.#arm();
    }
    if (this.store.head().configHash !== HASHES.get(this.#config))
      this.#turn({ type: "dag.configured", orgId: ORG, config: this.#config });
  }

  #turn(event: Event): Turned {
    const turned = turn(this.store, event, { now: this.clock(), rng: this.random, policy: POLICY });
    this.note(`turn ${event.type} ${turned.ok ? turned.answer.kind : turned.refusal.code}`);
    for (const { inst, seq } of this.#newInstances()) this.#starts.set(inst, seq);
    this.#onTurn(event, turned);
    if (!turned.ok) return turned;
    this.#arm();
    for (const deed of turned.deeds) {
      if (deed.kind === "invoke") this.#invoke(deed.assignment);
    }
    if (!this.#sending) {
      this.#sending = true;
      this.#later(1, "send", () => this.#send());
    }
    if (!this.#mirroring) {
      this.#mirroring = true;
      this.#later(200, "mirror", () => this.#mirrorOnce());
    }
    return turned;
  }

  readonly #starts = new Map<number, number>();

  /** The event behind which an instance began. */
  startOf(inst: number): number {
    return this.#starts.get(inst) ?? 0;
  }

  *#newInstances(): Iterable<{ inst: number; seq: number }> {
    const { instances, head } = this.store.load({});
    if (instances.size === this.#starts.size) return;
    for (const inst of instances.keys()) if (!this.#starts.has(inst)) yield { inst, seq: head.seq };
  }

  /** Runs in this life of the object only. */
  #later(delayMs: number, label: string, run: () => void): void {
    const life = this.#life;
    this.#at(delayMs, label, () => {
      if (life !== this.#life) return;
      try {
        run();
      } catch (error) {
        if (!(error instanceof Crash)) throw error;
        this.#evict("crash");
      }
    });
  }

  #evict(why: string): void {
    this.note(`evicted ${why}`);
    this.#life += 1;
    this.#sending = false;
    this.#mirroring = false;
    this.#believed = undefined;
  }

  #arm(): void {
    const now = this.clock();
    // As the object does: what is being sent is not looked at again every millisecond.
    const overdueMs = this.#sending || this.#mirroring ? OUTBOX_GRACE_MS : 1;
    const at = alarmFor(this.#believed ?? null, this.store.nextWake(), now, overdueMs);
    if (at === null) return;
    this.#believed = at;
    this.#alarm = at;
    this.#alarmToken += 1;
    // The runtime loses an alarm set for the running millisecond (workerd#6866), and sometimes any other.
    if (at <= now || this.faults.strikes("alarm.lost")) return;
    const token = this.#alarmToken;
    const late = this.faults.strikes("alarm.late") ? this.random.int(1, 120_000) : 0;
    this.#at(at - now + late, "alarm", () => this.#ring(token));
    if (this.faults.strikes("alarm.double"))
      this.#at(at - now + late + 5, "alarm again", () => this.#ring(null));
  }

  #ring(token: number | null): void {
    if (token !== null && token !== this.#alarmToken) return;
    this.#alarm = null;
    this.#believed = null;
    this.#call({ type: "clock.ticked" });
    if (this.#believed === null) this.#arm();
  }

  /** The cron, or anyone else, calls: entering is enough to re-arm a lost alarm. */
  #poke(): void {
    if (this.#alarm !== null && this.#alarm < this.clock()) this.#believed = undefined;
    this.#call({ type: "object.woken" });
  }

  // ---- the queue ---------------------------------------------------------------------------------------------------

  #send(): void {
    this.#sending = false;
    const items = this.store.outbox("send", this.clock(), 5);
    if (items.length === 0) return;
    const ids = items.map((item) => item.id);
    if (this.faults.strikes("queue.refused")) {
      this.#turn({ type: "outbox.refused", ids });
      return;
    }
    for (const { body } of items) if (body.kind === "send") this.#message(body.envelope);
    // The messages are out; the object may die before it has noted that.
    if (this.faults.strikes("object.evicted")) this.#evict("after send");
    else this.#turn({ type: "outbox.sent", ids });
  }

  #queueEra = 0;

  #message(envelope: number): void {
    if (this.faults.strikes("queue.emptied")) this.#queueEra += 1;
    if (this.faults.strikes("message.dropped")) return;
    const copies = this.faults.strikes("message.duplicated") ? 2 : 1;
    for (let i = 0; i < copies; i += 1) {
      const delay = this.faults.strikes("message.delayed")
        ? this.random.int(0, 2 * HOUR_MS)
        : this.random.int(1, 50);
      const era = this.#queueEra;
      this.#at(delay, `message ${String(envelope)}`, () => {
        if (era === this.#queueEra) this.#consume(envelope);
      });
    }
  }

  // ---- workers -----------------------------------------------------------------------------------------------------

  #consume(envelope: number): void {
    if (this.faults.strikes("worker.crashed_before_fetch")) return;
    const fetched = this.#call({ type: "envelope.fetched", envelope });
    if (fetched?.ok !== true || fetched.answer.kind !== "assigned") return;
    this.#leasedNow(fetched.answer.assignment);
    if (this.faults.strikes("worker.crashed_after_fetch")) return;
    this.#work(fetched.answer.assignment);
  }

  #leasedNow(assignment: Assignment): void {
    for (const task of assignment.tasks) this.leases.set(task.tid, assignment.fence);
  }

  #work(assignment: Assignment): void {
    const poison = assignment.tasks.some((task) => this.#trait("task.poison", task.task_id, 40));
    for (const task of assignment.tasks)
      this.executions.set(task.task_id, (this.executions.get(task.task_id) ?? 0) + 1);
    if (poison) return; // It takes its whole worker down, every time.
    const takes = this.faults.strikes("worker.slow")
      ? this.random.int(50_000, 300_000)
      : this.random.int(1, 2_000);
    const state = { done: false, lost: false, canceled: new Set<number>() };
    this.#beat(assignment, state);
    this.#at(takes, `worked ${String(assignment.envelope_id)}`, () => {
      state.done = true;
      if (this.faults.strikes("worker.crashed_after_work")) return;
      this.#report(assignment, this.#results(assignment), 0);
    });
  }

  #beat(assignment: Assignment, state: { done: boolean; lost: boolean }): void {
    this.#at(assignment.heartbeat_ms, `heartbeat ${String(assignment.envelope_id)}`, () => {
      if (state.done || state.lost) return;
      if (!this.faults.strikes("heartbeat.lost")) {
        const renewed = this.#call({
          type: "lease.renewed",
          envelope: assignment.envelope_id,
          fence: assignment.fence,
        });
        if (renewed?.ok === false) state.lost = true;
      }
      this.#beat(assignment, state);
    });
  }

  #results(assignment: Assignment): TaskReport[] {
    return assignment.tasks.map((task) => {
      if (this.#trait("task.hopeless", task.task_id, 20))
        return { tid: task.tid, ok: false, code: "hopeless", message: "never", retryable: false };
      if (this.faults.strikes("task.flaky"))
        return {
          tid: task.tid,
          ok: false,
          code: "flaky",
          message: "try again",
          retryable: true,
          retry_after_ms: this.random.int(0, 3_000),
        };
      if (this.faults.strikes("outputs.foreign"))
        return {
          tid: task.tid,
          ok: true,
          outputs: [{ dataset_id: "sys.sim.foreign", partition: "_", payload: "{}" }],
        };
      return { tid: task.tid, ok: true, outputs: outputsOf(assignment.node_id, task.task_id) };
    });
  }

  #report(assignment: Assignment, results: TaskReport[], tries: number): void {
    const { org_id, dag_id, envelope_id, fence } = assignment;
    const half = results.length > 1 && this.random.chance(0.2) ? Math.floor(results.length / 2) : 0;
    const base = { v: 1 as const, org_id, dag_id, envelope_id, fence };
    if (half > 0)
      this.#call({
        type: "results.reported",
        request: { ...base, results: results.slice(0, half), last: false },
      });
    const answer = this.#call({
      type: "results.reported",
      request: { ...base, results: results.slice(half), last: true },
    });
    const again =
      answer === null ||
      this.faults.strikes("report.answer_lost") ||
      this.faults.strikes("report.repeated");
    if (again && tries < 4)
      this.#at(this.random.int(100, 5_000), `report again ${String(envelope_id)}`, () =>
        this.#report(assignment, results, tries + 1),
      );
  }

  /** The direct lane: the object calls, renews meanwhile, and takes the return for the report. */
  #invoke(assignment: Assignment): void {
    this.#leasedNow(assignment);
    const poison = assignment.tasks.some((task) => this.#trait("task.poison", task.task_id, 40));
    for (const task of assignment.tasks)
      this.executions.set(task.task_id, (this.executions.get(task.task_id) ?? 0) + 1);
    if (poison || this.faults.strikes("direct.reply_lost")) return;
    const { org_id, dag_id, envelope_id, fence } = assignment;
    const takes = this.random.int(1, 3_000);
    this.#later(takes, `direct ${String(envelope_id)}`, () => {
      this.#turn({
        type: "results.reported",
        request: {
          v: 1,
          org_id,
          dag_id,
          envelope_id,
          fence,
          results: this.#results(assignment),
          last: true,
        },
      });
    });
  }

  /** A property a task has for its whole life, in seeds that know the fault at all. */
  #trait(fault: "task.poison" | "task.hopeless", taskId: string, oneIn: number): boolean {
    if (!this.faults.knows(fault)) return false;
    const has = (taskId.charCodeAt(3) * 32 + taskId.charCodeAt(5)) % oneIn === 0;
    if (has) this.faults.meets(fault);
    return has;
  }

  // ---- Postgres ----------------------------------------------------------------------------------------------------

  #mirrorOnce(): void {
    this.#mirroring = false;
    const items = this.store.outbox("mirror", this.clock(), 8);
    if (items.length === 0) return;
    const ids = items.map((item) => item.id);
    const bodies = items.flatMap(({ body }) => (body.kind === "mirror" ? [body] : []));
    const rows = this.store.mirrored(
      bodies.flatMap((body) => body.runs),
      bodies.flatMap((body) => body.tids),
    );
    if (this.faults.strikes("mirror.refused")) {
      this.#turn({ type: "outbox.refused", ids });
      return;
    }
    for (const run of rows.runs)
      if ((this.mirror.runs.get(run.run_id)?.change ?? 0) < run.change)
        this.mirror.runs.set(run.run_id, run);
    for (const task of rows.tasks)
      if ((this.mirror.tasks.get(task.task_id)?.change ?? 0) < task.change)
        this.mirror.tasks.set(task.task_id, task);
    if (this.faults.strikes("mirror.answer_lost")) this.#turn({ type: "outbox.refused", ids });
    else this.#turn({ type: "outbox.sent", ids });
  }
}

/** What a task puts out: decided by the task alone, so that every attempt puts out the same. */
export function outputsOf(
  nodeId: string,
  taskId: string,
): { dataset_id: string; partition: string; payload: string }[] {
  const n = taskId.charCodeAt(0) % 3;
  if (nodeId === "left")
    return Array.from({ length: n }, (_, i) => ({
      dataset_id: "sys.sim.left",
      partition: "_",
      payload: JSON.stringify({ taskId, i }),
    }));
  if (nodeId === "right")
    return [
      { dataset_id: "sys.sim.right", partition: "_", payload: "{}" },
      { dataset_id: "sys.sim.side", partition: "_", payload: "{}" },
    ];
  return [];
}
