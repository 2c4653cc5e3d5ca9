/** What the queue's consumer does with each message, in workerd. */
import { env, exports } from "cloudflare:workers";
import { createExecutionContext, createMessageBatch, getQueueResult, reset } from "cloudflare:test";
import { afterEach, expect, test, vi } from "vitest";
import { ENVELOPE_TASKS_MAX, Hint } from "../../../durable-objects/dispatcher/model.ts";
import { runner } from "./consumer.ts";
import { emitSource, awaitRun } from "./service.ts";

vi.mock(import("../adapters/postgres.ts"), () => ({
  sqlFrom: () => ({ transaction: () => Promise.resolve(undefined as never) }),
}));

const ORG = "00000000-0000-7000-8000-000000000003";
const where = { org_id: ORG, dag_id: "sys.probe" };
const consume = runner([]).queue;

afterEach(async () => {
  await reset();
});

async function consumed(
  queue: string,
  body: unknown,
  world: { env?: Partial<Env>; exports?: unknown } = {},
) {
  const batch = createMessageBatch(queue, [
    { id: "m1", timestamp: new Date(0), attempts: 1, body },
  ]);
  const context = createExecutionContext();
  Object.defineProperty(context, "exports", { value: world.exports ?? exports });
  await consume(batch, { ...env, ...world.env }, context);
  const { explicitAcks, retryMessages } = await getQueueResult(batch, context);
  return { acked: explicitAcks, retried: retryMessages.map((message) => message.msgId) };
}

test("[Q1] a message says where the envelope is, not what is in it, in at most 200 bytes", () => {
  const hint: Hint = {
    v: 1,
    dispatcher: { org_id: ORG, dag_id: `sys.${"d".repeat(48)}` },
    envelope_id: Number.MAX_SAFE_INTEGER,
    n: ENVELOPE_TASKS_MAX,
  };
  expect(Hint.parse(hint)).toEqual(hint);
  expect(JSON.stringify(hint).length).toBeLessThanOrEqual(200);
});

test("[Q3] poison is recorded and acknowledged, and so is a message whose envelope is gone", async () => {
  expect(await consumed("edgewright-tasks", { v: 9 })).toEqual({ acked: ["m1"], retried: [] });
  expect(
    await consumed("edgewright-tasks", { v: 1, dispatcher: where, envelope_id: 7, n: 1 }),
  ).toEqual({ acked: ["m1"], retried: [] });
});

test("[Q3] an unreachable dispatcher makes the queue try again", async () => {
  const restarting = { Runner: { run: () => Promise.reject(new Error("restarting")) } };
  const hint = { v: 1, dispatcher: where, envelope_id: 7, n: 1 };
  expect(await consumed("edgewright-tasks", hint, { exports: restarting })).toEqual({
    acked: [],
    retried: ["m1"],
  });
});

test("[Q3] a dead letter is recorded and its dispatcher looks at its alarm, but sends nothing again: dead letters would breed", async () => {
  const woken: unknown[] = [];
  const answering = (backlog: (request: unknown) => Promise<unknown>) => {
    const DISPATCHER = { idFromName: (name: string) => name, get: () => ({ backlog }) };
    return { env: { DISPATCHER } as unknown as Partial<Env> };
  };
  const hint = { v: 1, dispatcher: where, envelope_id: 7, n: 1 };
  const up = answering((request) => Promise.resolve(woken.push(request)));
  expect(await consumed("edgewright-dlq", hint, up)).toEqual({ acked: ["m1"], retried: [] });
  expect(woken).toEqual([{ v: 1, ...where }]);
  expect(await consumed("edgewright-dlq", "rubbish", up)).toEqual({ acked: ["m1"], retried: [] });
  const down = answering(() => Promise.reject(new Error("restarting")));
  expect(await consumed("edgewright-dlq", hint, down)).toEqual({ acked: [], retried: ["m1"] });
});

test("[Q4] [Q8] a source event is emitted, worked on and awaited through the service", async () => {
  const event = {
    org_id: ORG,
    dag_id: "sys.chain",
    source_id: "starts",
    dedup: "one",
    payload: { hops: 5 },
    request_id: "test",
  };
  const emitted = await emitSource(env, event);
  if (!emitted.ok) throw new Error(emitted.refusal.code);
  const { run_id } = emitted.value;
  expect(
    await awaitRun(env, { org_id: ORG, dag_id: "sys.chain", run_id, deadline_ms: 10_000 }),
  ).toBe("succeeded");
  expect(await emitSource(env, event)).toEqual({ ok: true, value: { run_id, duplicate: true } });
});

test("[E3] what cannot be emitted is refused with its reason", async () => {
  const event = {
    org_id: ORG,
    dag_id: "sys.probe",
    source_id: "starts",
    dedup: "two",
    payload: {},
    request_id: "test",
  };
  const code = async (given: Partial<typeof event> & { payload?: unknown }) => {
    const emitted = await emitSource(env, { ...event, ...given } as typeof event);
    return emitted.ok ? "emitted" : emitted.refusal.code;
  };
  expect(await code({ payload: { x: "x".repeat(17_000) } })).toBe("payload_too_large");
  expect(await code({ dag_id: "sys.unknown" })).toBe("not_found");
  expect(await code({ source_id: "unknown" })).toBe("not_found");
  expect(
    await awaitRun(env, { org_id: ORG, dag_id: "sys.unknown", run_id: "x", deadline_ms: 10 }),
  ).toBe("pending");
});
