/** What changes while a message is under way: endpoints changed, deleted or switched off, attempts that overtake each other. */
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { fakeEngine, type FakeEngine } from "../../../test/fakes/dispatcher.ts";
import { launcherEgress, type LauncherEgress } from "../../../test/fakes/launcher-egress.ts";
import { openReceiver, type Receiver } from "../../../test/fakes/receiver.ts";
import {
  openPlatform,
  post,
  setLimits,
  SETTINGS,
  setUp,
  type SignedIn,
  type TestPlatform,
} from "../../../test/platform.ts";
import { logTo } from "../adapters/log.ts";
import type { Delivery, SendRequest, Webhook, WebhookWithSecret } from "./model.ts";
import { deliveryOperators } from "./operators.ts";
import { routeEvent, sendDelivery, type SendingPorts } from "./service/sending.ts";

let platform: TestPlatform;
let owner: SignedIn;
let receiver: Receiver;
let launcher: LauncherEgress;
let engine: FakeEngine;

beforeAll(async () => {
  receiver = await openReceiver();
  const settings = { ...SETTINGS, EGRESS_ALLOW: receiver.target };
  launcher = launcherEgress(settings);
  engine = fakeEngine({
    env: () => platform.env,
    sql: () => platform.sql,
    now: () => platform.clock.now,
    operators: deliveryOperators,
  });
  platform = await openPlatform({
    EGRESS_ALLOW: receiver.target,
    EGRESS: launcher.EGRESS,
    DISPATCHER: engine.namespace,
  });
  owner = await setUp(platform);
  await setLimits(platform, owner.orgId, { requests_per_minute: null });
});
afterAll(async () => {
  await platform.close();
  await receiver.close();
});
beforeEach(async () => {
  receiver.received.length = 0;
  receiver.script.length = 0;
  await platform.sql.transaction({ org: owner.orgId }, (tx) =>
    tx.query("delete from platform.webhook_endpoints"),
  );
});

/** The ports of a sender. `inCall` runs when the message is about to leave; what it throws, the launcher failed at. */
const ports = (inCall: () => Promise<void> = async () => {}): SendingPorts => ({
  env: {
    ...platform.env,
    EGRESS: {
      fetch: async (url: string, init: RequestInit) => {
        if (typeof init.body === "string" && init.body.includes('"send"')) await inCall();
        return launcher.EGRESS.fetch(url, init);
      },
    },
  } as unknown as Env,
  sql: platform.sql,
  now: () => platform.clock.now,
  log: logTo(
    () => {},
    {},
    () => 0,
  ),
});

async function endpoint(path: string): Promise<Webhook> {
  const answer = await owner.send("/api/v1/webhooks", post({ url: receiver.url(path) }));
  return ((await answer.json()) as WebhookWithSecret).webhook;
}

let subjects = 0;
async function routed(to?: string): Promise<SendRequest> {
  const sends = await routeEvent(
    ports(),
    owner.orgId,
    {
      kind: "event",
      type: "analysis.completed",
      subject: `analysis:${String(++subjects)}`,
      at: new Date(platform.clock.now).toISOString(),
      data: { analysis_id: "a" },
      request_id: "request-of-the-test",
      traceparent: null,
    },
    "live",
  );
  const send = to === undefined ? sends[0] : sends.find(({ webhook_id }) => webhook_id === to);
  if (send === undefined) throw new Error("nothing was routed");
  return send;
}

const read = async (id: string): Promise<Webhook> =>
  (await (await owner.send(`/api/v1/webhooks/${id}`)).json()) as Webhook;
const readDelivery = async (id: string): Promise<Delivery> =>
  (await (await owner.send(`/api/v1/deliveries/${id}`)).json()) as Delivery;
const patch = (id: string, body: unknown, version: number) =>
  owner.send(`/api/v1/webhooks/${id}`, {
    ...post(body, { "if-match": `"${String(version)}"` }),
    method: "PATCH",
  });

test("[WH5] what the old address answers says nothing about an endpoint that was changed meanwhile", async () => {
  const { id } = await endpoint("/410");
  const send = await routed();
  const moved = ports(async () => {
    expect((await patch(id, { url: receiver.url("/ok") }, 1)).status).toBe(200);
  });
  await sendDelivery(moved, owner.orgId, send);
  expect(await read(id)).toMatchObject({ active: true, disabled_reason: null, failures: 0 });
});

test("[A6] a late success stays, whatever the attempt that overtook it comes to", async () => {
  await endpoint("/flaky");
  receiver.script.push(500);
  const send = await routed();
  // The first sender hung so long that its lease went to a second one; in the call of that one its success comes in.
  const second = ports(async () => {
    await platform.sql.transaction({ org: owner.orgId }, (tx) =>
      tx.query(
        "update platform.deliveries set status = 'delivered', delivered_at = now() where id = $1",
        [send.id],
      ),
    );
  });
  await sendDelivery(second, owner.orgId, send);
  expect(await readDelivery(send.id)).toMatchObject({ status: "delivered", next_attempt_at: null });
});

test("[WH2] an endpoint can be deleted while a message to it begins, and neither waits for the other", async () => {
  const { id } = await endpoint("/ok");
  const send = await routed();
  const client = platform.db.as("superuser");
  let sending: Promise<unknown> = Promise.resolve();
  await client.begin(async (tx) => {
    await tx`select 1 from platform.webhook_endpoints where id = ${id} for update`;
    sending = sendDelivery(ports(), owner.orgId, send).catch((error: unknown) => error);
    await vi.waitFor(async () => {
      const [row] = await client`select count(*)::int as n from pg_locks where not granted`;
      expect(row?.["n"]).toBeGreaterThan(0);
    });
    await tx`delete from platform.webhook_endpoints where id = ${id}`;
  });
  expect(await sending).toEqual({ kind: "done" });
  expect(receiver.received).toEqual([]);
});

test("[WH2] nobody puts or deletes the signing secret of an endpoint by its name", async () => {
  const { id } = await endpoint("/ok");
  const path = `/api/v1/secrets/channel.${id}.signing`;
  const value = "whsec_this is not base64";
  expect((await owner.send(path, { ...post({ value }), method: "PUT" })).status).toBe(422);
  expect((await owner.send(path, { method: "DELETE" })).status).toBe(422);
  const tested = await owner.send(`/api/v1/webhooks/${id}/test`, { method: "POST" });
  expect(await tested.json()).toMatchObject({ ok: true });
});

test("[WH5] the others learn that an endpoint was switched off also when its sender dies before it tells them", async () => {
  await endpoint("/created");
  const { id } = await endpoint("/500");
  await platform.sql.transaction({ org: owner.orgId }, (tx) =>
    tx.query(
      "update platform.webhook_endpoints set failures = 20, failing_at = now() - interval '9 days' where id = $1",
      [id],
    ),
  );
  const send = await routed(id);
  const dying = ports();
  const { DISPATCHER, ...rest } = dying.env;
  expect(DISPATCHER).toBeDefined();
  await expect(sendDelivery({ ...dying, env: rest as Env }, owner.orgId, send)).rejects.toThrow();
  expect((await read(id)).active).toBe(false);
  expect(await readDelivery(send.id)).toMatchObject({
    status: "suppressed",
    reason: "endpoint_disabled",
  });
  await sendDelivery(ports(), owner.orgId, send);
  await engine.settle();
  await engine.settle();
  const told = receiver.received.filter(({ body }) => body.includes("webhook.disabled"));
  expect(told.map(({ path }) => path)).toEqual(["/created"]);
});
