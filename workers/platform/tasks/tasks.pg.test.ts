/** Runs and tasks over a real Postgres: what dispatchers mirror, what the routes answer, who may see it. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SqliteStore } from "../../../durable-objects/dispatcher/store/sqlite.ts";
import { turn } from "../../../durable-objects/dispatcher/machine/turn.ts";
import type { Event } from "../../../durable-objects/dispatcher/machine/step.ts";
import type {
  Assignment,
  DispatcherApi,
  RunView,
} from "../../../durable-objects/dispatcher/model.ts";
import { nodeDatabase } from "../../../test/simulation/node-sqlite.ts";
import {
  launcher,
  openPlatform,
  post,
  setUp,
  type SignedIn,
  type TestPlatform,
} from "../../../test/platform.ts";
import { SYSTEM_DAGS } from "../dags/rules.ts";
import { done, refuse } from "../model.ts";
import { dispatcherName, PLATFORM_ORG_ID } from "./rules.ts";
import { emitSource, mirrorRuns, wakeAll, wakeOverdue } from "./service.ts";
import { listHeads } from "./store.ts";

let platform: TestPlatform;
let owner: SignedIn;
const objects = new Map<string, InProcess>();

beforeAll(async () => {
  const DISPATCHER = { idFromName: (name: string) => name, get: (name: string) => objectOf(name) };
  platform = await openPlatform({ DISPATCHER });
  owner = await setUp(platform);
});
afterAll(async () => {
  await platform?.close();
});

/** The dispatcher's machine and store in this process; its outbox is drained when a test says so. */
class InProcess {
  readonly store = new SqliteStore(nodeDatabase());
  readonly orgId: string;
  readonly dagId: string;
  woken = 0;

  constructor(name: string) {
    const [orgId = "", , dagId = ""] = name.split("/");
    [this.orgId, this.dagId] = [orgId, dagId];
    const config = SYSTEM_DAGS.get(dagId);
    if (config !== undefined) this.take({ type: "dag.configured", orgId, config });
  }

  take(event: Event) {
    return turn(this.store, event, {
      now: platform.clock.now,
      rng: { next: () => 0.5 },
      policy: { leaseMs: 60_000, heartbeatMs: 20_000 },
    });
  }

  #do(event: Event) {
    const turned = this.take(event);
    return Promise.resolve(turned.ok ? done(null) : turned);
  }

  api(): Partial<DispatcherApi> {
    const found = <T>(value: T | null) =>
      Promise.resolve(value === null ? refuse("not_found") : done(value));
    return {
      emit: (request) => {
        const source = SYSTEM_DAGS.get(this.dagId)?.sources.find(
          (entry) => entry.id === request.source_id,
        );
        if (source === undefined) return Promise.resolve(refuse("not_found"));
        const turned = this.take({ type: "events.emitted", request, datasetId: source.emits });
        if (!turned.ok) return Promise.resolve(turned);
        const { answer } = turned;
        return Promise.resolve(
          answer.kind === "emitted"
            ? done({ run_ids: answer.runIds, duplicates: answer.duplicates })
            : refuse("internal"),
        );
      },
      run: ({ run_id }) => found(this.store.runView(run_id)),
      task: ({ task_id }) => found(this.store.taskView(task_id)),
      tasks: ({ run_id: runId, state, before, limit }) =>
        found(
          this.store.taskViews({
            runId,
            state: state === null ? null : (state as "ready"),
            before: before === 0 ? Number.MAX_SAFE_INTEGER : before,
            limit,
          }),
        ),
      counts: ({ run_id }) => found(this.store.counts(run_id)),
      cancelRun: ({ run_id }) => this.#do({ type: "run.canceled", runId: run_id }),
      cancelTask: ({ task_id }) => this.#do({ type: "task.canceled", taskId: task_id }),
      retryTask: ({ task_id }) => this.#do({ type: "task.retried", taskId: task_id }),
      backlog: () =>
        found({
          open_tasks: this.store.head().open,
          open_outbox: this.store.outboxSize(),
          unpassed: 0,
        }),
      wake: () => {
        this.woken += 1;
        return found({ open_tasks: 0, open_outbox: 0, unpassed: 0 });
      },
      awaitRun: ({ run_id }) => found(this.store.runView(run_id)?.status ?? null),
    };
  }

  lease(): Assignment {
    for (;;) {
      const [item] = this.store.outbox("send", Number.MAX_SAFE_INTEGER, 1);
      if (item?.body.kind !== "send") throw new Error("nothing to lease");
      this.take({ type: "outbox.sent", ids: [item.id] });
      const turned = this.take({ type: "envelope.fetched", envelope: item.body.envelope });
      if (turned.ok && turned.answer.kind === "assigned") return turned.answer.assignment;
    }
  }

  end(
    ok: boolean,
    outputs: { dataset_id: string; partition: string; payload: string }[] = [],
    message = "gone",
  ): void {
    const { org_id, dag_id, envelope_id, fence, tasks } = this.lease();
    const results = tasks.map(({ tid }) =>
      ok
        ? { tid, ok: true as const, outputs }
        : { tid, ok: false as const, code: "log_missing", message, retryable: false },
    );
    this.take({
      type: "results.reported",
      request: { v: 1, org_id, dag_id, envelope_id, fence, results, last: true },
    });
  }

  async mirror(): Promise<void> {
    const items = this.store.outbox("mirror", Number.MAX_SAFE_INTEGER, 100);
    const bodies = items.flatMap(({ body }) => (body.kind === "mirror" ? [body] : []));
    const rows = this.store.mirrored(
      bodies.flatMap((body) => body.runs),
      bodies.flatMap((body) => body.tids),
    );
    const { open, unpassed, change } = this.store.head();
    const ids = items.map((item) => item.id);
    const head = { backlog: open + unpassed, nextWake: this.store.nextWake(ids), change };
    await mirrorRuns(platform.sql, { orgId: this.orgId, dagId: this.dagId, ...rows, head });
    this.take({ type: "outbox.sent", ids });
  }
}

function inProcess(name: string): InProcess {
  const known = objects.get(name);
  if (known !== undefined) return known;
  const made = new InProcess(name);
  objects.set(name, made);
  return made;
}

/** Rejecting once, as a dispatcher that is restarting. */
let unreachable = false;
let broken = "";
const objectOf = (name: string) =>
  unreachable || name === broken
    ? new Proxy({}, { get: () => () => Promise.reject(new Error("restarting")) })
    : inProcess(name).api();
const analyses = () => inProcess(dispatcherName(owner.orgId, "sys.analyses"));

async function emit(dedup: string): Promise<string> {
  const emitted = await emitSource(platform.env, {
    org_id: owner.orgId,
    dag_id: "sys.analyses",
    source_id: "logs",
    dedup,
    payload: { dedup },
    subject: `analysis:${dedup}`,
    request_id: "test",
  });
  if (!emitted.ok) throw new Error(emitted.refusal.code);
  platform.clock.now += 1_000;
  return emitted.value.run_id;
}

const get = async (path: string, who: SignedIn = owner) => {
  const answer = await who.send(path);
  // A test reads what it asserts.
  return {
    status: answer.status,
    body: (await answer.json()) as Record<string, unknown> & {
      items: Record<string, unknown>[];
      next_cursor: string | null;
      items_tasks: { id: string; state: string }[];
    },
  };
};

describe("mirror", () => {
  test("[Q14] a row is replaced by a greater change number only, whatever the order of arrival", async () => {
    const view = (change: number, status: RunView["status"]): RunView => ({
      run_id: "m".repeat(26),
      status,
      mode: "live",
      subject: null,
      total: change,
      succeeded: 0,
      failed: 0,
      canceled: 0,
      open: 0,
      attempts: 0,
      work_ms: 0,
      created_at: 0,
      ended_at: status === "running" ? null : 1_000,
      change,
    });
    const tell = (change: number, status: RunView["status"]) =>
      mirrorRuns(platform.sql, {
        orgId: owner.orgId,
        dagId: "sys.probe",
        runs: [view(change, status)],
        tasks: [],
        head: { backlog: change, nextWake: change, change },
      });
    await tell(5, "succeeded");
    await tell(3, "running");
    await tell(5, "failed");
    const { body } = await get("/api/v1/runs?dag=sys.probe");
    expect(body.items).toMatchObject([
      { id: "m".repeat(26), status: "succeeded", tasks: { total: 5 } },
    ]);
    expect(await listHeads(platform.sql, owner.orgId)).toEqual([
      { dagId: "sys.probe", backlog: 5, nextWake: 5 },
    ]);
  });

  test("[Q14] text that Postgres cannot hold does not keep a task out of it", async () => {
    while (analyses().store.head().open > 0) analyses().end(true);
    const id = await emit("odd-text");
    analyses().end(false, [], "nul \0 and half a pair \ud83d");
    await analyses().mirror();
    const { body } = await get("/api/v1/tasks?state=failed");
    expect(body.items.find((task) => task["run_id"] === id)).toMatchObject({
      error: { message: "nul \ufffd and half a pair \ufffd" },
    });
  });

  test("[L5] Postgres knows of a dispatcher that is done that it wants no waking", async () => {
    while (analyses().store.head().open > 0) analyses().end(true);
    await analyses().mirror();
    const head = await listHeads(platform.sql, owner.orgId);
    expect(head.find(({ dagId }) => dagId === "sys.analyses")).toEqual({
      dagId: "sys.analyses",
      backlog: 0,
      nextWake: null,
    });
  });

  test("another organization sees no run, task or dispatcher", async () => {
    await emit("secret");
    await analyses().mirror();
    for (const table of ["runs", "task_history", "dispatcher_heads"]) {
      const rows = await platform.sql.transaction({ org: PLATFORM_ORG_ID }, (tx) =>
        tx.query(`select * from platform.${table}`),
      );
      expect(rows).toEqual([]);
    }
  });
});

describe("routes", () => {
  test("a run is read with its tasks from its dispatcher, also before Postgres knows of it", async () => {
    const id = await emit("fresh");
    const { status, body } = await get(`/api/v1/runs/${id}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id,
      dag_id: "sys.analyses",
      status: "running",
      subject: { kind: "analysis", id: "fresh" },
      tasks: { total: 1, succeeded: 0, failed: 0, open: 1 },
      ended_at: null,
    });
    expect(body.items_tasks).toMatchObject([
      {
        run_id: id,
        node_id: "split",
        operator: "analyses.split@1",
        state: "queued",
        attempt: 0,
        max_attempts: 5,
        error: null,
      },
    ]);
    expect((await get(`/api/v1/runs/${"z".repeat(26)}`)).status).toBe(404);
    expect((await get("/api/v1/runs/short")).status).toBe(404);
  });

  test("runs are listed newest first, by DAG and status, in pages that lose and repeat nothing", async () => {
    const made: string[] = [];
    for (let i = 0; i < 5; i += 1) made.push(await emit(`page-${String(i)}`));
    await analyses().mirror();
    const seen: unknown[] = [];
    for (let path: string | null = "/api/v1/runs?dag=sys.analyses&limit=2"; path !== null;) {
      const { body }: Awaited<ReturnType<typeof get>> = await get(path);
      seen.push(...body.items.map((run) => run["id"]));
      path =
        body.next_cursor === null
          ? null
          : `/api/v1/runs?dag=sys.analyses&limit=2&cursor=${String(body.next_cursor)}`;
    }
    expect(seen.slice(0, 5)).toEqual(made.toReversed());
    expect(new Set(seen).size).toBe(seen.length);
    expect((await get("/api/v1/runs?status=canceled")).body.items).toEqual([]);
    expect((await get("/api/v1/runs?status=odd")).status).toBe(422);
  });

  test("a failed task is shown with its error, retried, and canceled", async () => {
    while (analyses().store.head().open > 0) analyses().end(true);
    const id = await emit("broken");
    analyses().end(false);
    await analyses().mirror();
    const failed = (await get(`/api/v1/tasks?run_id=${id}`)).body.items[0];
    expect(failed).toMatchObject({
      state: "failed",
      error: { code: "log_missing", message: "gone", retryable: false },
    });
    const [newest] = (await get("/api/v1/tasks?state=failed")).body.items;
    expect(newest).toMatchObject({ id: failed?.["id"] });
    const act = (action: string) =>
      owner.send(`/api/v1/tasks/${String(failed?.["id"])}/${action}`, { method: "POST" });
    expect((await act("cancel")).status).toBe(409);
    const retried = await act("retry");
    expect([retried.status, await retried.json()]).toMatchObject([
      202,
      { state: "queued", max_attempts: 6 },
    ]);
    expect((await get("/api/v1/tasks?state=queued")).body.items).toMatchObject([
      { id: failed?.["id"] },
    ]);
    const canceled = await act("cancel");
    expect([canceled.status, await canceled.json()]).toMatchObject([202, { state: "canceled" }]);
    expect((await get(`/api/v1/tasks/${String(failed?.["id"])}`)).body).toMatchObject({
      state: "canceled",
    });
    expect((await get("/api/v1/tasks/sys.analyses~0~short")).status).toBe(404);
    const known = objects.size;
    for (const dag of ["sys.none", "..%2F..", "%00", "a".repeat(100)]) {
      expect((await get(`/api/v1/tasks/${dag}~0~${"a".repeat(26)}`)).status).toBe(404);
      expect(
        (await owner.send(`/api/v1/tasks/${dag}~0~${"a".repeat(26)}/cancel`, { method: "POST" }))
          .status,
      ).toBe(404);
    }
    expect(objects.size, "a made-up DAG makes no object").toBe(known);
  });

  test("tasks of a run are paged in the order they were made", async () => {
    const id = await emit("many");
    analyses().end(
      true,
      Array.from({ length: 5 }, (_, i) => ({
        dataset_id: "sys.analyses.units",
        partition: String(i),
        payload: "{}",
      })),
    );
    const first = await get(`/api/v1/tasks?run_id=${id}&limit=4`);
    const second = await get(
      `/api/v1/tasks?run_id=${id}&limit=4&cursor=${String(first.body.next_cursor)}`,
    );
    const ids = [...first.body.items, ...second.body.items].map((task) => task["id"]);
    expect([
      first.body.items.length,
      second.body.items.length,
      new Set(ids).size,
      second.body.next_cursor,
    ]).toEqual([4, 2, 6, null]);
    expect((await get(`/api/v1/tasks?run_id=${id}&state=succeeded`)).body.items).toMatchObject([
      { node_id: "split" },
    ]);
    expect((await get(`/api/v1/tasks?run_id=${id}&cursor=x.y`)).status).toBe(400);
  });

  test("a running run is canceled once; an ended one refuses", async () => {
    const id = await emit("stopped");
    const cancel = () => owner.send(`/api/v1/runs/${id}/cancel`, { method: "POST" });
    const first = await cancel();
    expect([first.status, await first.json()]).toMatchObject([202, { status: "canceled" }]);
    const second = await cancel();
    expect([second.status, await second.json()]).toMatchObject([409, { code: "task_state" }]);
  });

  test("a dispatcher that is restarting answers 503, not 404", async () => {
    const id = await emit("later");
    unreachable = true;
    const { status, body } = await get(`/api/v1/runs/${id}`);
    unreachable = false;
    expect([status, body["code"]]).toEqual([503, "unavailable"]);
  });

  test("nobody reads or acts without a credential", async () => {
    for (const path of ["/api/v1/runs", "/api/v1/tasks", `/api/v1/runs/${"a".repeat(26)}`])
      expect((await platform.send(path)).status).toBe(401);
    expect(
      (await platform.send(`/api/v1/runs/${"a".repeat(26)}/cancel`, { method: "POST" })).status,
    ).toBe(401);
  });
});

describe("routes of the launcher", () => {
  test("[Q13] waking reaches every dispatcher that ever took an event; the cron only overdue ones", async () => {
    await analyses().mirror();
    const before = analyses().woken;
    expect(
      (await platform.send("/internal/v1/local/wake", { method: "POST", headers: launcher }))
        .status,
    ).toBe(204);
    expect(analyses().woken).toBe(before + 1);
    await wakeOverdue(platform.env, platform.sql, 0);
    expect(analyses().woken).toBe(before + 1);
    await wakeOverdue(platform.env, platform.sql, platform.clock.now + 600_000);
    expect(analyses().woken).toBe(before + 2);
  });

  test("[Q13] a dispatcher that cannot be reached keeps no other from waking", async () => {
    await inProcess(dispatcherName(owner.orgId, "sys.probe")).mirror();
    const before = inProcess(dispatcherName(owner.orgId, "sys.probe")).woken;
    broken = dispatcherName(owner.orgId, "sys.analyses");
    const waking = wakeAll(platform.env, platform.sql);
    await expect(waking).rejects.toThrow();
    broken = "";
    expect(inProcess(dispatcherName(owner.orgId, "sys.probe")).woken).toBe(before + 1);
  });

  test("idle tells what is open, and the self-test what it made", async () => {
    const idle = await platform.send("/internal/v1/local/idle", { headers: launcher });
    expect(await idle.json()).toMatchObject({ idle: false });
    const probe = await platform.send(
      "/internal/v1/local/probe",
      post({ events: 3, wait: false, dedup: "p" }, launcher),
    );
    expect([probe.status, await probe.json()]).toMatchObject([
      200,
      { status: "running", emitted: 3, succeeded: 0, lost: 0, doubled: 0, elapsed_ms: null },
    ]);
    expect(
      (await platform.send("/internal/v1/local/probe", post({ events: 0 }, launcher))).status,
    ).toBe(422);
  });

  test("without the launcher's token they answer 401", async () => {
    for (const path of ["/wake", "/probe"])
      expect((await platform.send(`/internal/v1/local${path}`, post({}))).status).toBe(401);
    expect((await platform.send("/internal/v1/local/idle")).status).toBe(401);
  });
});
