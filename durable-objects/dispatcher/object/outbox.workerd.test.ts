/** Which queue a dispatcher's hints travel in. Nothing is mirrored: Postgres is not reachable here. */
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

const ORG = "00000000-0000-7000-8000-000000000001";

afterEach(() => reset());

test("[Q16] hints about deliveries travel in a queue of their own, those about tasks do not", async () => {
  const sent: string[] = [];
  const queue = (name: string) => ({
    sendBatch: (messages: readonly unknown[]) => {
      sent.push(...messages.map(() => name));
      return Promise.resolve();
    },
  });
  const queues = { TASKS: queue("tasks"), DELIVERIES: queue("deliveries") };
  for (const [dag_id, source_id] of [
    ["sys.deliveries", "requests"],
    ["sys.probe", "starts"],
  ] as const) {
    const object = env.DISPATCHER.get(env.DISPATCHER.idFromName(dispatcherName(ORG, dag_id)));
    await runInDurableObject(object as DurableObjectStub<Dispatcher>, (instance) => {
      Object.defineProperty(instance, "env", { configurable: true, value: { ...env, ...queues } });
    });
    const api = object as unknown as DispatcherApi;
    expect(
      await api.emit({
        v: 1,
        org_id: ORG,
        dag_id,
        source_id,
        lane: "queue",
        mode: "live",
        request_id: "test",
        subject: null,
        events: [{ dedup: "own-queue", partition: "_", payload: "{}" }],
      }),
    ).toMatchObject({
      ok: true,
    });
  }
  await vi.waitFor(() => expect(sent).toEqual(["deliveries", "tasks"]));
});
