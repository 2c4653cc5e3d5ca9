/** What must hold after every turn (s) and once all has settled (q). Names are those of engine.md section 13. */
import type { Head, RunRow, TaskRow } from "../../durable-objects/dispatcher/machine/state.ts";
import { outputEventId } from "../../durable-objects/dispatcher/machine/keys.ts";
import type { Event } from "../../durable-objects/dispatcher/machine/step.ts";
import type { Turned } from "../../durable-objects/dispatcher/machine/turn.ts";
import type { MemoryStore } from "./memory-store.ts";
import { outputsOf, type World } from "./world.ts";

const TERMINAL: ReadonlySet<TaskRow["state"]> = new Set<TaskRow["state"]>([
  "succeeded",
  "canceled",
]);
const OPEN: ReadonlySet<TaskRow["state"]> = new Set<TaskRow["state"]>([
  "ready",
  "queued",
  "leased",
  "canceling",
]);

/** The past of each row. Rows are replaced, never changed, so keeping them is keeping the past. */
interface Before {
  head: Head;
  readonly cursors: Map<number, number>;
  readonly tasks: Map<number, TaskRow>;
  readonly runs: Map<number, RunRow>;
}

/** Watches one world; violations are collected, not thrown, so that the trace goes on to its end. */
export class Watch {
  readonly #world: World;
  readonly #store: MemoryStore;
  readonly #bad: string[];
  #before: Before;

  constructor(world: World, store: MemoryStore) {
    this.#world = world;
    this.#store = store;
    this.#bad = world.violations;
    this.#before = { head: store.head(), cursors: new Map(), tasks: new Map(), runs: new Map() };
  }

  /** The invariants of each step. */
  afterTurn(event: Event, turned: Turned): void {
    this.#growing();
    for (const task of this.#store.tasks.values()) {
      const old = this.#before.tasks.get(task.tid);
      if (old === task) continue;
      this.#before.tasks.set(task.tid, task);
      if (!turned.ok) this.#fail("L2", `${event.type} was refused and changed a task`);
      this.#changed(event, old, task);
    }
    for (const run of this.#store.runs.values()) this.#runs(event, run);
    this.#leases();
  }

  #changed(event: Event, old: TaskRow | undefined, task: TaskRow): void {
    const { tid, state } = task;
    const instance = this.#store.instances.get(task.inst);
    if (instance !== undefined && task.attempt - task.base > instance.maxAttempts)
      this.#fail("T5", `task ${String(tid)} made ${String(task.attempt)} attempts`);
    if (old === undefined) return;
    if (TERMINAL.has(old.state))
      this.#fail("T2", `task ${String(tid)} left ${old.state} for ${state}`);
    if (task.attempt > old.attempt + 1) this.#fail("T5", `task ${String(tid)} skipped an attempt`);
    if (event.type === "results.reported" && old.state === "leased" && state === "succeeded")
      this.#committed(task, event.request.fence);
  }

  /** T8: a run ends once; only an operator's retry opens it again. */
  #runs(event: Event, run: RunRow): void {
    const old = this.#before.runs.get(run.run);
    if (old === run) return;
    this.#before.runs.set(run.run, run);
    if (old === undefined || old.status === run.status || old.status === "running") return;
    if (event.type !== "task.retried" || run.status !== "running")
      this.#fail("T8", `run ${run.runId} left ${old.status} for ${run.status} by ${event.type}`);
  }

  /** N7s: cursors and counters only grow. */
  #growing(): void {
    const { cursors, head: old } = this.#before;
    for (const [inst, seq] of this.#store.cursors) {
      if ((cursors.get(inst) ?? 0) > seq) this.#fail("N7s", `cursor ${String(inst)} went back`);
      cursors.set(inst, seq);
    }
    const head = this.#store.head();
    this.#before.head = head;
    for (const name of ["seq", "tid", "fences", "change", "envelope", "outbox"] as const) {
      if (head[name] < old[name]) this.#fail("N7s", `${name} went back`);
    }
  }

  /** N4s: who commits holds the newest lease of the task. N12s: nothing canceled commits. */
  #committed(task: TaskRow, fence: string): void {
    const newest = this.#world.leases.get(task.tid);
    if (newest !== fence)
      this.#fail(
        "N4s",
        `task ${task.id} was committed with fence ${fence}, the lease is ${String(newest)}`,
      );
    const run = this.#store.runs.get(task.run);
    if (run !== undefined && this.#world.canceledRuns.has(run.runId))
      this.#fail("N12s", `task ${task.id} of a canceled run was committed`);
  }

  /** L1: a leased task sits in exactly one envelope, which is leased. */
  #leases(): void {
    for (const task of this.#store.tasks.values()) {
      if (task.state !== "leased" && task.state !== "canceling" && task.state !== "queued")
        continue;
      const envelope = this.#store.envelopes.get(task.envelope);
      if (envelope === undefined || !envelope.members.includes(task.tid))
        this.#fail("L1", `task ${String(task.tid)} is ${task.state} in no envelope`);
      else if ((envelope.state === "leased") !== (task.state !== "queued"))
        this.#fail(
          "L1",
          `task ${String(task.tid)} is ${task.state} in a ${envelope.state} envelope`,
        );
    }
  }

  /** The invariants of a settled world. */
  atRest(): void {
    const { tasks, events, instances, runs } = this.#store;
    const made = new Map<string, TaskRow>();
    for (const task of tasks.values()) {
      const key = `${String(task.inst)} ${String(task.eventSeq)}`;
      if (made.has(key)) this.#fail("N1s", `event ${key} has two tasks`);
      made.set(key, task);
      if (OPEN.has(task.state)) this.#fail("N2q", `task ${task.id} is ${task.state} at rest`);
      const event = events.get(task.eventSeq);
      if (event === undefined || instances.get(task.inst)?.input !== event.datasetId)
        this.#fail("N15q", `task ${task.id} has another input than its event`);
      else if (event.mode !== task.mode)
        this.#fail("E6", `task ${task.id} is ${task.mode}, its event ${event.mode}`);
      this.#outputs(task);
    }
    for (const instance of instances.values()) this.#everyEvent(instance.inst, made);
    for (const run of runs.values()) {
      if (run.status === "running")
        this.#fail("T8", `run ${run.runId} has nothing open and has not ended`);
      if (this.#world.canceledRuns.has(run.runId) && run.status !== "canceled")
        this.#fail("N12s", `run ${run.runId} was canceled and is ${run.status}`);
    }
    this.#counters();
    this.#mirror();
  }

  /** N1s from the other side: every event an active cursor passed has its task, unless its run was canceled before. */
  #everyEvent(inst: number, made: ReadonlyMap<string, TaskRow>): void {
    const instance = this.#store.instances.get(inst);
    if (instance === undefined) return;
    const first = this.#world.startOf(inst);
    for (const event of this.#store.events.values()) {
      if (
        event.datasetId !== instance.input ||
        event.seq <= first ||
        (instance.toSeq !== null && event.seq > instance.toSeq)
      )
        continue;
      if (made.has(`${String(inst)} ${String(event.seq)}`)) continue;
      if (this.#store.runs.get(event.run)?.status !== "canceled")
        this.#fail("N1s", `event ${String(event.seq)} has no task at ${instance.nodeId}`);
    }
  }

  /** N3s: what a task put out is in the log exactly if it succeeded, and exactly once. */
  #outputs(task: TaskRow): void {
    const nodeId = this.#store.instances.get(task.inst)?.nodeId ?? "";
    outputsOf(nodeId, task.id).forEach((output, index) => {
      const id = outputEventId(task.id, {
        datasetId: output.dataset_id,
        partition: output.partition,
        index,
      });
      const seq = this.#store.eventIds.get(id);
      if (task.state === "succeeded" && seq === undefined)
        this.#fail("N3s", `task ${task.id} succeeded without its output`);
      if (task.state !== "succeeded" && seq !== undefined)
        this.#fail("N3s", `task ${task.id} is ${task.state} and has an output`);
      if (seq !== undefined && this.#store.events.get(seq)?.payload !== output.payload)
        this.#fail("N3s", `task ${task.id} put out something else`);
    });
  }

  #counters(): void {
    const head = this.#store.head();
    const tasks = [...this.#store.tasks.values()];
    const expected = {
      open: tasks.filter((task) => OPEN.has(task.state)).length,
      ready: tasks.filter((task) => task.state === "ready").length,
      inFlight: this.#store.envelopes.size,
      unpassed: 0,
      direct: 0,
    };
    for (const [name, value] of Object.entries(expected)) {
      if (head[name as keyof typeof expected] !== value)
        this.#fail(
          "counters",
          `${name} is ${String(head[name as keyof typeof expected])}, not ${String(value)}`,
        );
    }
    for (const run of this.#store.runs.values()) {
      const own = tasks.filter((task) => task.run === run.run);
      const right =
        run.total === own.length &&
        run.failed === own.filter((task) => task.state === "failed").length &&
        run.succeeded === own.filter((task) => task.state === "succeeded").length;
      if (!right) this.#fail("counters", `run ${run.runId} counts wrongly`);
    }
  }

  /** C37: Postgres ends up knowing every run and every ended task as it is. */
  #mirror(): void {
    for (const run of this.#store.runs.values()) {
      const mirrored = this.#world.mirror.runs.get(run.runId);
      if (mirrored?.status !== run.status || mirrored.total !== run.total)
        this.#fail(
          "mirror",
          `run ${run.runId} is ${run.status}, Postgres has ${String(mirrored?.status)}`,
        );
    }
    for (const task of this.#store.tasks.values()) {
      if (this.#world.mirror.tasks.get(task.id)?.state !== task.state)
        this.#fail("mirror", `task ${task.id} is ${task.state}, Postgres has another state`);
    }
  }

  #fail(invariant: string, what: string): void {
    if (this.#bad.length < 20) this.#bad.push(`${invariant}: ${what}`);
  }
}
