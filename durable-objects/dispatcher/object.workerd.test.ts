/** The shell in workerd: storage, outbox, alarm, eviction, queue, direct lane, waiting. Postgres is a fake that can be down. */
import { env } from "cloudflare:workers";
import {
  evictDurableObject,
  listDurableObjectIds,
  reset,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Scope, Tx } from "../../workers/platform/adapters/sql.ts";
import { Fault } from "../../workers/platform/model.ts";
import { dispatcherName } from "../../workers/platform/tasks/rules.ts";
import { ALARM_FAILED_MS } from "./machine/limits.ts";
import type { Dispatcher } from "./object.ts";
import { limiterName, type LimiterApi } from "../limiter/model.ts";
import { AWAIT_MS_MAX, type DispatcherApi, type EmitRequest } from "./model.ts";

/** Takes what dispatchers mirror. A refused connection would do too, but the client's sockets reject where nobody listens. */
const postgres = vi.hoisted(() => ({
  down: false,
  /** A row Postgres cannot take, by its id. */
  refused: "",
  heads: [] as (string | null)[],
  rows: [] as { id: string; state?: string; status?: string; change: number }[],
}));
vi.mock(import("../../workers/platform/adapters/postgres.ts"), () => ({
  sqlFrom: () => ({
    transaction: <T>(_scope: Scope, body: (tx: Tx) => Promise<T>) => {
      if (postgres.down) return Promise.reject(new Fault("postgres", { retryable: true }));
      const query: Tx["query"] = (text, params = []) => {
        if (text.includes("dispatcher_heads")) {
          postgres.heads.push(params[2] === null ? null : String(params[2]));
          return Promise.resolve([]);
        }
        // What the limiter asks for: this organization has no limits.
        if (!/platform\.(?:runs|task_history)/.test(text)) return Promise.resolve([]);
        const rows = JSON.parse(String(params[0])) as typeof postgres.rows;
        if (rows.some((row) => row.id === postgres.refused))
          return Promise.reject(new Error("22P05: untranslatable character"));
        postgres.rows.push(...rows);
        return Promise.resolve([]);
      };
      return body(Object.assign(Object.create(null) as Tx, { query }));
    },
  }),
}));

const ORG = "00000000-0000-7000-8000-000000000001";
const DAG = "sys.probe";
const named = { v: 1, org_id: ORG, dag_id: DAG } as const;

const stub = () =>
  env.DISPATCHER.get(
    env.DISPATCHER.idFromName(dispatcherName(ORG, DAG)),
  ) as DurableObjectStub<Dispatcher>;
const dispatcher = () => stub() as unknown as DispatcherApi;

const start = (dedup: string, options: Partial<EmitRequest> = {}, events = 3): EmitRequest => ({
  ...named,
  source_id: "starts",
  lane: "queue",
  mode: "live",
  request_id: "test",
  subject: null,
  events: [
    { dedup, partition: "_", payload: JSON.stringify({ events, payload_bytes: 0, collect: true }) },
  ],
  ...options,
});

async function emitted(request: EmitRequest): Promise<string> {
  const answer = await dispatcher().emit(request);
  if (!answer.ok) throw new Error(answer.refusal.code);
  return answer.value.run_ids[0] ?? "";
}

const sql = <T>(query: string): Promise<T[]> =>
  runInDurableObject(stub(), (_object, state) => state.storage.sql.exec(query).toArray() as T[]);
const status = async (run_id: string, deadline_ms = 10_000) => {
  const answer = await dispatcher().awaitRun({ ...named, run_id, deadline_ms });
  return answer.ok ? answer.value : answer.refusal.code;
};

afterEach(async () => {
  await reset();
  postgres.down = false;
  postgres.refused = "";
  postgres.heads.length = 0;
  postgres.rows.length = 0;
});

describe("dispatcher object", () => {
  test("[E3] [Q4] an emitted event runs through queue, Runner and report to its end, each task once", async () => {
    const run_id = await emitted(start("a"));
    expect(await status(run_id)).toBe("succeeded");
    const counts = await dispatcher().counts({ ...named, run_id });
    expect(
      counts.ok &&
        counts.value
          .map((row) => [row.node_id, row.state, row.tasks, row.events])
          .toSorted((a, b) => String(a).localeCompare(String(b))),
    ).toEqual([
      ["collect", "succeeded", 3, 3],
      ["spread", "succeeded", 1, 1],
      ["work", "succeeded", 3, 3],
    ]);
  });

  test("[Q7] the direct lane needs no queue", async () => {
    const run_id = await emitted(start("direct", { lane: "direct" }));
    expect(await status(run_id)).toBe("succeeded");
    expect(await sql("select id from outbox where kind = 'send'")).toEqual([]);
  });

  test("[E1] sending a source event again answers with the same run", async () => {
    const first = await emitted(start("same"));
    const again = await dispatcher().emit(start("same"));
    expect(again).toEqual({ ok: true, value: { run_ids: [first], duplicates: 1 } });
    expect(await status(first)).toBe("succeeded");
  });

  test("[E3] what cannot be stored whole leaves no event, no task and no message", async () => {
    await emitted(start("before"));
    await status((await sql<{ run_id: string }>("select run_id from runs"))[0]?.run_id ?? "");
    await runInDurableObject(stub(), (_object, state) => {
      state.storage.sql.exec(
        "create trigger broken before insert on outbox when new.kind = 'send' begin select raise(abort, 'disk full'); end",
      );
    });
    const before = await sql(
      "select (select count(*) from events) as events, (select count(*) from tasks) as tasks, (select body from head) as head",
    );
    const refused = await runInDurableObject(stub(), (object) =>
      object.emit(start("broken")).then(() => "stored", String),
    );
    expect(refused).toContain("disk full");
    expect(
      await sql(
        "select (select count(*) from events) as events, (select count(*) from tasks) as tasks, (select body from head) as head",
      ),
    ).toEqual(before);
    await runInDurableObject(
      stub(),
      (_object, state) => void state.storage.sql.exec("drop trigger broken"),
    );
    expect(await status(await emitted(start("broken")))).toBe("succeeded");
  });

  test("[L4] [Q6] when the message is lost, the alarm is set and sends the envelope again", async () => {
    const run_id = await withoutQueue(() => emitted(start("lost")));
    const alarm = await runInDurableObject(stub(), (_object, state) => state.storage.getAlarm());
    expect(alarm).toBeGreaterThan(Date.now() - 5_000);
    await age(61_000);
    expect(await runDurableObjectAlarm(stub())).toBe(true);
    expect(await status(run_id)).toBe("succeeded");
  });

  test("[L5] an alarm whose turn fails is set again, but not at once", async () => {
    const run_id = await withoutQueue(() => emitted(start("failing")));
    await age(61_000);
    await runInDurableObject(stub(), (_object, state) => {
      state.storage.sql.exec(
        "create trigger broken before insert on outbox when new.kind = 'send' begin select raise(abort, 'disk full'); end",
      );
    });
    const [failed, alarm] = await runInDurableObject(stub(), async (object, state) => [
      await object.alarm().then(() => "", String),
      await state.storage.getAlarm(),
    ]);
    expect(failed).toContain("disk full");
    expect(Number(alarm) - Date.now()).toBeGreaterThan(ALARM_FAILED_MS / 2);
    await runInDurableObject(
      stub(),
      (_object, state) => void state.storage.sql.exec("drop trigger broken"),
    );
    await runDurableObjectAlarm(stub());
    expect(await status(run_id)).toBe("succeeded");
  });

  test("[L5] after an eviction the next call finds all state, and re-arms an alarm that is gone", async () => {
    const run_id = await withoutQueue(() => emitted(start("evicted")));
    await runInDurableObject(stub(), (_object, state) => state.storage.deleteAlarm());
    await evictDurableObject(stub());
    const view = await dispatcher().run({ ...named, run_id });
    expect(view.ok && view.value).toMatchObject({ status: "running", total: 1, open: 1 });
    expect(
      await runInDurableObject(stub(), (_object, state) => state.storage.getAlarm()),
    ).not.toBeNull();
    await dispatcher().wake(named);
    expect(await status(run_id)).toBe("succeeded");
  });

  test("[Q14] [E7] Postgres learns of every run and ended task, also after it was down", async () => {
    postgres.down = true;
    const run_id = await emitted(start("mirrored"));
    expect(await status(run_id)).toBe("succeeded");
    expect(postgres.rows).toEqual([]);
    postgres.down = false;
    await runInDurableObject(
      stub(),
      (_object, state) => void state.storage.sql.exec("update outbox set not_before = 0"),
    );
    await runDurableObjectAlarm(stub());
    await vi.waitFor(
      async () =>
        expect(await dispatcher().backlog(named)).toMatchObject({ value: { open_outbox: 0 } }),
      5_000,
    );
    expect(postgres.rows.filter((row) => row.id === run_id).at(-1)?.status).toBe("succeeded");
    expect(
      new Set(postgres.rows.filter((row) => row.state === "succeeded").map((row) => row.id)).size,
    ).toBe(7);
  });

  test("[US10] the limiter learns of every attempt once, also after Postgres was down", async () => {
    const used = async (): Promise<number> => {
      const limiter = env.LIMITER.get(env.LIMITER.idFromName(limiterName(ORG)));
      // Wrangler's generated types do not carry the class of the binding
      const asked = (limiter as unknown as LimiterApi).view({
        v: 1,
        org_id: ORG,
        kind: "key",
        id: ORG,
      });
      const view = await asked;
      return view.ok ? (view.value.months["tasks"]?.used ?? 0) : 0;
    };
    const before = await used();
    postgres.down = true;
    expect(await status(await emitted(start("measured")))).toBe("succeeded");
    postgres.down = false;
    await runInDurableObject(
      stub(),
      (_object, state) => void state.storage.sql.exec("update outbox set not_before = 0"),
    );
    await dispatcher().wake(named);
    await vi.waitFor(
      async () =>
        expect(await dispatcher().backlog(named)).toMatchObject({ value: { open_outbox: 0 } }),
      5_000,
    );
    expect((await used()) - before).toBe(7);
  });

  test("[Q14] a row that Postgres cannot take holds up no other, and stays in the outbox", async () => {
    postgres.down = true;
    const bad = await emitted(start("bad"));
    const good = await emitted(start("good"));
    expect([await status(bad), await status(good)]).toEqual(["succeeded", "succeeded"]);
    [postgres.down, postgres.refused] = [false, bad];
    await runInDurableObject(
      stub(),
      (_object, state) => void state.storage.sql.exec("update outbox set not_before = 0"),
    );
    await dispatcher().wake(named);
    await vi.waitFor(
      () => expect(postgres.rows.filter((row) => row.id === good).at(-1)?.status).toBe("succeeded"),
      5_000,
    );
    expect((await sql("select id from outbox")).length).toBeGreaterThan(0);
  });

  test("[L5] a dispatcher that is done tells Postgres that it wants no waking", async () => {
    const run_id = await emitted(start("done"));
    expect(await status(run_id)).toBe("succeeded");
    await vi.waitFor(
      async () =>
        expect(await dispatcher().backlog(named)).toMatchObject({ value: { open_outbox: 0 } }),
      5_000,
    );
    expect(postgres.heads.at(-1)).toBeNull();
  });

  test("[L2] [Q2] an envelope is fetched once and reported by its fence only", async () => {
    await withoutQueue(() => emitted(start("manual")));
    const [row] = await sql<{ id: number }>("select id from envelopes");
    const envelope = { ...named, envelope_id: row?.id ?? 0 };
    const fetched = await dispatcher().fetchEnvelope(envelope);
    if (!fetched.ok || fetched.value.kind !== "assigned") throw new Error("not assigned");
    const { fence, tasks } = fetched.value.assignment;
    expect(await dispatcher().fetchEnvelope(envelope)).toEqual({
      ok: true,
      value: { kind: "gone" },
    });
    const results = tasks.map(({ tid }) => ({ tid, ok: true as const, outputs: [] }));
    expect(
      await dispatcher().report({ ...envelope, fence: "1", results, last: true }),
    ).toMatchObject({ refusal: { code: "lease_lost" } });
    expect(await dispatcher().renew({ ...envelope, fence })).toMatchObject({
      ok: true,
      value: { lease_ms: 60_000, canceled: [] },
    });
    expect(await dispatcher().report({ ...envelope, fence, results, last: true })).toEqual({
      ok: true,
      value: null,
    });
    expect(await dispatcher().report({ ...envelope, fence, results, last: true })).toMatchObject({
      refusal: { code: "lease_lost" },
    });
  });

  test("[Q8] waiting ends with the run, with the deadline, or at once when 64 wait already", async () => {
    const run_id = await withoutQueue(() => emitted(start("waited")));
    expect(await status(run_id, 20)).toBe("pending");
    const crowd = Array.from({ length: 64 }, () => status(run_id, AWAIT_MS_MAX));
    await vi.waitFor(async () => expect(await status(run_id, 0)).toBe("pending"));
    expect(await status(run_id, AWAIT_MS_MAX)).toBe("pending");
    await dispatcher().cancelRun({ ...named, run_id });
    expect(new Set(await Promise.all(crowd))).toEqual(new Set(["canceled"]));
    expect(await status(run_id, 0)).toBe("canceled");
    expect(await status("unknown", 0)).toBe("not_found");
  });

  test("a dispatcher answers no other organization, no unknown DAG and no other version of a call", async () => {
    const run_id = await emitted(start("mine"));
    const other = "00000000-0000-7000-8000-000000000002";
    const code = async (answer: Promise<{ ok: boolean } & { refusal?: { code: string } }>) =>
      (await answer).refusal?.code;
    expect(await code(dispatcher().backlog({ ...named, org_id: other }))).toBe("not_found");
    expect(await code(dispatcher().backlog({ ...named, dag_id: "sys.unknown" }))).toBe("not_found");
    expect(await code(dispatcher().backlog({ ...named, v: 2 as 1 }))).toBe("unavailable");
    expect(await listDurableObjectIds(env.DISPATCHER)).toHaveLength(1);
    expect(await status(run_id)).toBe("succeeded");
  });

  test("[TN8] an object whose organization is deleted holds nothing, rings no more, and starts anew", async () => {
    await status(await emitted(start("gone")));
    expect((await sql<{ n: number }>("select count(*) as n from events"))[0]?.n).toBeGreaterThan(0);
    expect(await dispatcher().erase(named)).toEqual({ ok: true, value: null });
    for (const table of ["events", "tasks", "runs", "outbox"])
      expect(await sql(`select count(*) as n from ${table}`), table).toEqual([{ n: 0 }]);
    expect(
      await runInDurableObject(stub(), (_object, state) => state.storage.getAlarm()),
    ).toBeNull();
    const again = await dispatcher().emit(start("gone"));
    expect(again).toMatchObject({ ok: true, value: { duplicates: 0 } });
    expect(await status(again.ok ? (again.value.run_ids[0] ?? "") : "")).toBe("succeeded");
    const other = { ...named, org_id: "00000000-0000-7000-8000-000000000002" };
    expect(await dispatcher().erase(other)).toMatchObject({ ok: false });
  });
});

/** The queue takes messages and loses them, as a killed local broker does. */
async function withoutQueue<T>(body: () => Promise<T>): Promise<T> {
  await dispatcher().backlog(named);
  await runInDurableObject(stub(), (object) => {
    const sends = { sendBatch: () => Promise.resolve() };
    Object.defineProperty(object, "env", { configurable: true, value: { ...env, TASKS: sends } });
  });
  try {
    const value = await body();
    await vi.waitFor(async () =>
      expect(await sql("select id from outbox where kind = 'send'")).toEqual([]),
    );
    return value;
  } finally {
    await runInDurableObject(stub(), (object) =>
      Object.defineProperty(object, "env", { configurable: true, value: env }),
    );
  }
}

/** Makes everything that waits older; fake clocks do not reach a Durable Object. */
const age = (ms: number): Promise<void> =>
  runInDurableObject(stub(), (_object, state) => {
    state.storage.sql.exec(
      "update envelopes set sent_at = sent_at - ?, lease_until = lease_until - ?",
      ms,
      ms,
    );
  });
