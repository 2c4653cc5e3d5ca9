/** The dispatcher of one DAG: a thin shell. It parses, takes a turn, answers, and sends what the outbox holds. */
import { DurableObject } from "cloudflare:workers";
import type { z } from "zod";
import { workerLog, type Log } from "../../workers/platform/adapters/log.ts";
import type { DagConfig } from "../../workers/platform/dags/model.ts";
import { SYSTEM_DAGS } from "../../workers/platform/dags/rules.ts";
import { done, refuse, type Refused, type Result } from "../../workers/platform/model.ts";
import type { RunStatus } from "../../workers/platform/tasks/model.ts";
import { dispatcherName, leasePolicy } from "../../workers/platform/tasks/rules.ts";
import { runnerOf } from "../../workers/platform/tasks/service.ts";
import { alarmFor } from "./machine/alarm.ts";
import { configHash, datasetOf } from "./machine/append.ts";
import { holds, type World } from "./machine/lease.ts";
import { ALARM_FAILED_MS, OUTBOX_GRACE_MS } from "./machine/limits.ts";
import type { Answer } from "./machine/state.ts";
import type { Event } from "./machine/step.ts";
import { type Deed, turn } from "./machine/turn.ts";
import {
  AwaitRequest,
  type Assignment,
  type Backlog,
  type DispatcherApi,
  EmitRequest,
  type Emitted,
  EnvelopeRequest,
  type Fetched,
  type Held,
  HoldsRequest,
  type NodeCounts,
  ObjectRequest,
  RenewRequest,
  type Renewed,
  ReportRequest,
  RunRequest,
  type RunView,
  TaskRequest,
  type TaskView,
  TasksRequest,
} from "./model.ts";
import { Outbox } from "./object/outbox.ts";
import { Waiters } from "./object/waiters.ts";
import { databaseOf } from "./store/storage.ts";
import { SqliteStore } from "./store/sqlite.ts";
import { stateOf } from "./store/schema.ts";

type Named = { readonly org_id: string; readonly dag_id: string };

export class Dispatcher extends DurableObject<Env> implements DispatcherApi {
  readonly #store: SqliteStore;
  readonly #policy: World["policy"];
  readonly #waiters = new Waiters();
  readonly #outbox: Outbox;
  readonly #log: Log;
  /** The alarm as far as this instance knows; undefined until it looked. */
  #alarmAt: number | null | undefined;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#store = new SqliteStore(databaseOf(ctx.storage));
    this.#policy = leasePolicy(env.LEASE_MS, env.HEARTBEAT_MS);
    this.#log = workerLog(env.VERSION, () => Date.now(), { part: "dispatcher" });
    this.#outbox = new Outbox({
      store: this.#store,
      log: this.#log,
      env: () => this.env,
      settled: (type, ids) => void this.#turn({ type, ids }),
    });
  }

  async emit(request: EmitRequest): Promise<Result<Emitted>> {
    const entered = await this.#enter(EmitRequest, request);
    if (!entered.ok) return entered;
    const dataset = datasetOf(entered.value.config, request.source_id);
    if (!dataset.ok) return dataset;
    const unknown = this.#store.head().run === 0;
    const emitted = this.#take(
      { type: "events.emitted", request: entered.value.request, datasetId: dataset.value },
      "emitted",
    );
    if (!emitted.ok) return emitted;
    // The first event of a dispatcher waits for Postgres to learn of it: a restart wakes only those it knows [C10].
    if (unknown) await this.#outbox.mirrorOnce();
    return done({ run_ids: emitted.value.runIds, duplicates: emitted.value.duplicates });
  }

  async fetchEnvelope(request: EnvelopeRequest): Promise<Result<Fetched>> {
    const entered = await this.#enter(EnvelopeRequest, request);
    if (!entered.ok) return entered;
    const turned = this.#turn({
      type: "envelope.fetched",
      envelope: entered.value.request.envelope_id,
    });
    if (!turned.ok) return turned;
    return done(turned.answer.kind === "assigned" ? turned.answer : { kind: "gone" });
  }

  async renew(request: RenewRequest): Promise<Result<Renewed>> {
    const entered = await this.#enter(RenewRequest, request);
    if (!entered.ok) return entered;
    const { envelope_id: envelope, fence } = entered.value.request;
    const renewed = this.#take({ type: "lease.renewed", envelope, fence }, "renewed");
    return renewed.ok
      ? done({ lease_ms: renewed.value.leaseMs, canceled: renewed.value.canceled })
      : renewed;
  }

  async report(request: ReportRequest): Promise<Result<null>> {
    const entered = await this.#enter(ReportRequest, request);
    return entered.ok
      ? this.#do({ type: "results.reported", request: entered.value.request })
      : entered;
  }

  /** Waits in memory only: an eviction, like a crowd, makes the caller look again later [Q8]. */
  async awaitRun(request: AwaitRequest): Promise<Result<RunStatus | "pending">> {
    const entered = await this.#enter(AwaitRequest, request);
    if (!entered.ok) return entered;
    const { run_id: runId, deadline_ms: deadlineMs } = entered.value.request;
    const run = this.#store.runView(runId);
    if (run === null) return refuse("not_found");
    if (run.status !== "running") return done(run.status);
    return done(await this.#waiters.wait(runId, deadlineMs));
  }

  async cancelRun(request: RunRequest): Promise<Result<null>> {
    const entered = await this.#enter(RunRequest, request);
    return entered.ok
      ? this.#do({ type: "run.canceled", runId: entered.value.request.run_id })
      : entered;
  }

  async cancelTask(request: TaskRequest): Promise<Result<null>> {
    const entered = await this.#enter(TaskRequest, request);
    return entered.ok
      ? this.#do({ type: "task.canceled", taskId: entered.value.request.task_id })
      : entered;
  }

  async retryTask(request: TaskRequest): Promise<Result<null>> {
    const entered = await this.#enter(TaskRequest, request);
    return entered.ok
      ? this.#do({ type: "task.retried", taskId: entered.value.request.task_id })
      : entered;
  }

  async run(request: RunRequest): Promise<Result<RunView>> {
    const entered = await this.#enter(RunRequest, request);
    if (!entered.ok) return entered;
    const run = this.#store.runView(entered.value.request.run_id);
    return run === null ? refuse("not_found") : done(run);
  }

  async counts(request: RunRequest): Promise<Result<readonly NodeCounts[]>> {
    const entered = await this.#enter(RunRequest, request);
    return entered.ok ? done(this.#store.counts(entered.value.request.run_id)) : entered;
  }

  async task(request: TaskRequest): Promise<Result<TaskView>> {
    const entered = await this.#enter(TaskRequest, request);
    if (!entered.ok) return entered;
    const task = this.#store.taskView(entered.value.request.task_id);
    return task === null ? refuse("not_found") : done(task);
  }

  async holds(request: HoldsRequest): Promise<Result<Held>> {
    const entered = await this.#enter(HoldsRequest, request);
    if (!entered.ok) return entered;
    const { task_id: taskId, fence } = entered.value.request;
    const [task] = this.#store.load({ taskId }).tasks;
    if (task === undefined) return refuse("not_found");
    return holds(
      this.#store.load({ envelope: task.envelope }),
      { tid: task.tid, fence },
      Date.now(),
    );
  }

  async tasks(request: TasksRequest): Promise<Result<readonly TaskView[]>> {
    const entered = await this.#enter(TasksRequest, request);
    if (!entered.ok) return entered;
    const { run_id: runId, state, before, limit } = entered.value.request;
    return done(
      this.#store.taskViews({
        runId,
        state: stateOf(state),
        before: before === 0 ? Number.MAX_SAFE_INTEGER : before,
        limit,
      }),
    );
  }

  async wake(request: ObjectRequest): Promise<Result<Backlog>> {
    const entered = await this.#enter(ObjectRequest, request);
    if (!entered.ok) return entered;
    const woken = this.#do({ type: "object.woken" });
    return woken.ok ? done(this.#backlog()) : woken;
  }

  async backlog(request: ObjectRequest): Promise<Result<Backlog>> {
    const entered = await this.#enter(ObjectRequest, request);
    return entered.ok ? done(this.#backlog()) : entered;
  }

  /** The organization is deleted for good: nothing of it stays here, and nothing rings any more [TN8]. */
  async erase(request: ObjectRequest): Promise<Result<null>> {
    const { org_id: orgId, dag_id: dagId } = ObjectRequest.parse(request);
    if (this.ctx.id.name !== undefined && this.ctx.id.name !== dispatcherName(orgId, dagId))
      return refuse("not_found");
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
    this.#alarmAt = null;
    this.#store.startOver();
    return done(null);
  }

  /** Time has come for something; what it is stands in the state alone [L4]. Sending goes on after it returns. */
  override async alarm(): Promise<void> {
    this.#alarmAt = null;
    try {
      this.#turn({ type: "clock.ticked" });
    } catch (bug) {
      // What is overdue stays so: armed for the next millisecond, a failing turn would spin.
      await this.#arm(ALARM_FAILED_MS);
      throw bug;
    }
    await this.#arm();
  }

  /** Checks whom the call is for, takes up a changed configuration, and re-arms a lost alarm. */
  async #enter<S extends z.ZodType<Named>>(
    schema: S,
    request: unknown,
  ): Promise<Result<{ request: z.infer<S>; config: DagConfig }>> {
    const parsed = schema.safeParse(request);
    // Two versions of the code meet for minutes during a deploy; the caller tries again.
    if (!parsed.success)
      return refuse("unavailable", {
        detail: "The dispatcher runs another version of this call.",
        retryAfterS: 1,
      });
    const { org_id: orgId, dag_id: dagId } = parsed.data;
    const config = SYSTEM_DAGS.get(dagId);
    if (config === undefined) return refuse("not_found", { detail: "There is no such DAG." });
    if (this.ctx.id.name !== undefined && this.ctx.id.name !== dispatcherName(orgId, dagId))
      return refuse("not_found");
    if (this.#alarmAt === undefined) await this.#lookAtAlarm();
    if (this.#store.head().configHash !== hashOf(config))
      this.#turn({ type: "dag.configured", orgId, config });
    return done({ request: parsed.data, config });
  }

  async #lookAtAlarm(): Promise<void> {
    this.#alarmAt = await this.ctx.storage.getAlarm();
    await this.#arm();
  }

  #do(event: Event): Result<null> {
    const turned = this.#turn(event);
    return turned.ok ? done(null) : turned;
  }

  #take<K extends Answer["kind"]>(event: Event, kind: K): Result<Extract<Answer, { kind: K }>> {
    const turned = this.#turn(event);
    if (!turned.ok) return turned;
    if (turned.answer.kind !== kind)
      throw new TypeError(`${event.type} answered ${turned.answer.kind}`);
    return done(turned.answer as Extract<Answer, { kind: K }>);
  }

  /** Commits, arms, and only then sends: a crash repeats, it never loses. */
  #turn(event: Event): { ok: true; answer: Answer } | Refused {
    const turned = turn(this.#store, event, {
      now: Date.now(),
      rng: { next: Math.random },
      policy: this.#policy,
    });
    if (!turned.ok) return turned;
    void this.#arm();
    for (const deed of turned.deeds) this.#perform(deed);
    if (event.type !== "outbox.sent" && event.type !== "outbox.refused") {
      this.ctx.waitUntil(this.#outbox.send());
      this.ctx.waitUntil(this.#outbox.mirror());
    }
    return turned;
  }

  #perform(deed: Deed): void {
    if (deed.kind === "invoke") this.ctx.waitUntil(this.#invoke(deed.assignment));
    else this.#waiters.ended(deed.runId, deed.status);
  }

  /** Hands direct tasks to the Runner; its return is the report, and a lost one costs the lease [Q7]. */
  async #invoke(assignment: Assignment): Promise<void> {
    const { org_id, dag_id, envelope_id, fence } = assignment;
    const beat = setInterval(
      () => this.#turn({ type: "lease.renewed", envelope: envelope_id, fence }),
      assignment.heartbeat_ms,
    );
    try {
      const results = await runnerOf(this.ctx.exports).perform(assignment);
      this.#turn({
        type: "results.reported",
        request: { v: 1, org_id, dag_id, envelope_id, fence, results, last: true },
      });
    } catch (error) {
      this.#log.warn("the direct lane lost a reply; its lease will end", {
        envelope_id,
        error: String(error),
      });
    } finally {
      clearInterval(beat);
    }
  }

  #backlog(): Backlog {
    const { open, unpassed } = this.#store.head();
    return { open_tasks: open, open_outbox: this.#store.outboxSize(), unpassed };
  }

  /** Keeps the one alarm at or before the first instant at which something is due. */
  async #arm(overdueMs = this.#outbox.flying ? OUTBOX_GRACE_MS : 1): Promise<void> {
    const now = Date.now();
    const at = alarmFor(this.#alarmAt ?? null, this.#store.nextWake(), now, overdueMs);
    if (at === null) return;
    this.#alarmAt = at;
    await this.ctx.storage.setAlarm(Math.max(at, now + 1));
  }
}

const hashes = new WeakMap<DagConfig, string>();

function hashOf(config: DagConfig): string {
  const known = hashes.get(config);
  if (known !== undefined) return known;
  const made = configHash(config);
  hashes.set(config, made);
  return made;
}
