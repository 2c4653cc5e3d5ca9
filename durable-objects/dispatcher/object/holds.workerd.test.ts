/** Whether a worker still holds a task's lease, asked of the object. Nothing is mirrored: Postgres is not reachable here. */
import { env } from "cloudflare:workers";
import { reset, runInDurableObject } from "cloudflare:test";
import { afterEach, expect, test, vi } from "vitest";
import { Fault } from "../../../workers/platform/model.ts";
import { dispatcherName } from "../../../workers/platform/tasks/rules.ts";
import type { DispatcherApi } from "../model.ts";
import type { Dispatcher } from "../object.ts";

vi.mock(import("../../../workers/platform/adapters/postgres.ts"), () => ({
  sqlFrom: () => ({
    transaction: () => Promise.reject(new Fault("postgres", { retryable: true })),
  }),
}));

const named = {
  v: 1,
  org_id: "00000000-0000-7000-8000-000000000001",
  dag_id: "sys.probe",
} as const;

afterEach(() => reset());

test("[L2] the object tells the holder of a lease from everybody else", async () => {
  const object = env.DISPATCHER.get(
    env.DISPATCHER.idFromName(dispatcherName(named.org_id, named.dag_id)),
  ) as DurableObjectStub<Dispatcher>;
  const api = object as unknown as DispatcherApi;
  const quiet = { sendBatch: () => Promise.resolve() };
  await runInDurableObject(object, (instance) => {
    const value = { ...env, TASKS: quiet, DELIVERIES: quiet };
    Object.defineProperty(instance, "env", { configurable: true, value });
  });
  await api.emit({
    ...named,
    source_id: "starts",
    lane: "queue",
    mode: "live",
    request_id: "test",
    subject: null,
    events: [{ dedup: "a", partition: "_", payload: "{}" }],
  });
  const fetched = await api.fetchEnvelope({ ...named, envelope_id: 1 });
  if (!fetched.ok || fetched.value.kind !== "assigned") throw new Error("nothing was leased");
  const { fence, tasks, lease_ms } = fetched.value.assignment;
  const task_id = tasks[0]?.task_id ?? "";
  const held = await api.holds({ ...named, task_id, fence });
  expect(held.ok && held.value.lease_ms > 0 && held.value.lease_ms <= lease_ms).toBe(true);
  const codeOf = async (request: { task_id: string; fence: string }): Promise<unknown> => {
    const answer = await api.holds({ ...named, ...request });
    return answer.ok ? "held" : answer.refusal.code;
  };
  expect(await codeOf({ task_id, fence: `${fence}1` })).toBe("lease_lost");
  expect(await codeOf({ task_id: "a".repeat(26), fence })).toBe("not_found");
  await api.cancelTask({ ...named, task_id });
  expect(await codeOf({ task_id, fence })).toBe("lease_lost");
});
