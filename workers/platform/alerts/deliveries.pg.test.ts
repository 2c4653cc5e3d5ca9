/** Deliveries over a real database and real connections: routed, sent, retried, interrupted, replayed. */
import { Webhook as Verifier } from "standardwebhooks";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
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
import {
  BODY_BYTES_MAX,
  type Delivery,
  type DeliveryDetail,
  type Webhook,
  type WebhookWithSecret,
} from "./model.ts";
import { deliveryOperators } from "./operators.ts";
import { requestDelivery } from "./service/request.ts";
import { routeEvent, sendDelivery, type SendingPorts } from "./service/sending.ts";
import { keepDeliveries } from "./service/upkeep.ts";

const HOUR_MS = 3_600_000;

let platform: TestPlatform;
let owner: SignedIn;
let receiver: Receiver;
let launcher: LauncherEgress;
let engine: FakeEngine;
let startedAt: number;

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
  startedAt = platform.clock.now;
});
afterAll(async () => {
  await platform.close();
  await receiver.close();
});
beforeEach(async () => {
  platform.clock.now = startedAt;
  receiver.received.length = 0;
  receiver.script.length = 0;
  await platform.sql.transaction({ org: owner.orgId }, (tx) =>
    tx.query("delete from platform.webhook_endpoints"),
  );
});

const ports = (): SendingPorts => ({
  env: platform.env,
  sql: platform.sql,
  now: () => platform.clock.now,
  log: logTo(
    () => {},
    {},
    () => 0,
  ),
});

async function endpoint(path: string, events: string[] = []): Promise<WebhookWithSecret> {
  const url = path.startsWith("http") ? path : receiver.url(path);
  const answer = await owner.send("/api/v1/webhooks", post({ url, events }));
  expect(answer.status).toBe(201);
  return (await answer.json()) as WebhookWithSecret;
}

let subjects = 0;
const wish = (data: Record<string, string> = {}) => ({
  org: owner.orgId,
  type: "analysis.completed" as const,
  subject: `analysis:${String(++subjects)}`,
  data: { analysis_id: "a", ...data },
  request_id: "request-of-the-test",
});

/** Asks for deliveries and lets the engine do what it does first. */
async function told(of = wish()): Promise<void> {
  expect(await requestDelivery(ports(), of)).toEqual({ ok: true, value: true });
  await engine.settle();
}

async function deliveriesOf(webhook: Webhook): Promise<Delivery[]> {
  const answer = await owner.send(`/api/v1/webhooks/${webhook.id}/deliveries`);
  return ((await answer.json()) as { items: Delivery[] }).items;
}

async function onlyDelivery(webhook: Webhook): Promise<DeliveryDetail> {
  const [first, ...others] = await deliveriesOf(webhook);
  expect(others).toEqual([]);
  return (await (
    await owner.send(`/api/v1/deliveries/${String(first?.id)}`)
  ).json()) as DeliveryDetail;
}

const sendAgain = ({ id, webhook_id }: Delivery, round = 0) =>
  sendDelivery(ports(), owner.orgId, { id, webhook_id, round });

const read = async (webhook: Webhook): Promise<Webhook> =>
  (await (await owner.send(`/api/v1/webhooks/${webhook.id}`)).json()) as Webhook;

describe("routing", () => {
  test("[A2] one event is one delivery per endpoint that wants it, whoever asks again", async () => {
    const all = await endpoint("/ok");
    const some = await endpoint("/created", ["analysis.completed", "usage.threshold"]);
    const none = await endpoint("/ok", ["analysis.failed"]);
    const event = wish();
    await told(event);
    await told(event);
    const again = await routeEvent(
      ports(),
      owner.orgId,
      { kind: "event", at: new Date().toISOString(), traceparent: null, ...event },
      "live",
    );
    for (const { id, webhook_id, round } of again)
      expect(await sendDelivery(ports(), owner.orgId, { id, webhook_id, round })).toEqual({
        kind: "done",
      });
    expect((await deliveriesOf(all.webhook)).length).toBe(1);
    expect((await deliveriesOf(some.webhook)).length).toBe(1);
    expect((await deliveriesOf(none.webhook)).length).toBe(0);
    expect(receiver.received.map(({ path }) => path).toSorted()).toEqual(["/created", "/ok"]);
  });

  test("[A2] nothing is emitted when nobody wants the type", async () => {
    await endpoint("/ok", ["analysis.failed"]);
    const lanes = engine.lanes.length;
    expect(await requestDelivery(ports(), wish())).toEqual({ ok: true, value: false });
    expect(engine.lanes.length).toBe(lanes);
  });

  test("[WH10] an endpoint whose filters do not fit gets no delivery", async () => {
    const url = receiver.url("/ok");
    const made = async (repositories: string[]) => {
      const answer = await owner.send("/api/v1/webhooks", post({ url, filters: { repositories } }));
      return (await answer.json()) as WebhookWithSecret;
    };
    const [fits, other] = [await made(["acme/*"]), await made(["other/shop"])];
    await told(wish({ repository: "acme/shop" }));
    expect((await deliveriesOf(fits.webhook)).length).toBe(1);
    expect((await deliveriesOf(other.webhook)).length).toBe(0);
    expect(receiver.received.length).toBe(1);
  });

  test("[WH12] data above about 19 KB is refused before anything is stored, however few letters it has", async () => {
    await endpoint("/ok");
    const lanes = engine.lanes.length;
    const refused = await requestDelivery(ports(), wish({ headline: "\u{1f600}".repeat(5_000) }));
    expect(refused.ok ? null : refused.refusal.code).toBe("payload_too_large");
    expect(engine.lanes.length).toBe(lanes);
    await told(wish({ headline: "\u00fc".repeat(5_000) }));
    expect(Buffer.byteLength(receiver.received[0]?.body ?? "")).toBeLessThan(BODY_BYTES_MAX);
  });

  test("[A3] a backfill is written down and never sent", async () => {
    const { webhook } = await endpoint("/ok");
    const event = { kind: "event" as const, at: new Date().toISOString(), traceparent: null };
    const { org, ...rest } = wish();
    const [send] = await routeEvent(ports(), org, { ...event, ...rest }, "backfill");
    expect(await sendDelivery(ports(), org, send ?? { id: "", webhook_id: "", round: 0 })).toEqual({
      kind: "done",
    });
    expect(await onlyDelivery(webhook)).toMatchObject({ status: "suppressed", reason: "not_live" });
    expect(receiver.received).toEqual([]);
  });
});

describe("sending", () => {
  test("[WH1] what arrives is signed, has the key as its id, and says type, time and data", async () => {
    const { webhook, secret } = await endpoint("/ok");
    await told(wish({ headline: "boom" }));
    const delivery = await onlyDelivery(webhook);
    expect(delivery).toMatchObject({
      status: "delivered",
      attempts: 1,
      event_type: "analysis.completed",
    });
    expect(delivery.log).toMatchObject([
      { n: 1, status: 200, error: null, response: "answered 200" },
    ]);
    const { headers, body } = receiver.received[0] ?? { headers: {}, body: "" };
    expect(headers).toMatchObject({ "webhook-id": delivery.id });
    expect(new Verifier(String(secret)).verify(body, headers)).toEqual({
      type: "analysis.completed",
      timestamp: new Date(startedAt).toISOString(),
      data: { analysis_id: "a", headline: "boom" },
    });
    expect(await read(webhook)).toMatchObject({
      last_attempt_at: new Date(startedAt).toISOString(),
      last_success_at: new Date(startedAt).toISOString(),
    });
  });

  test("[WH3] a failed attempt waits, and the same message goes out again under its id", async () => {
    const { webhook } = await endpoint("/flaky");
    receiver.script.push(500, 302);
    await told();
    const first = await onlyDelivery(webhook);
    expect(first).toMatchObject({ status: "retry", attempts: 1 });
    const waits = Date.parse(String(first.next_attempt_at)) - startedAt;
    expect(waits).toBeGreaterThanOrEqual(4_500);
    expect(waits).toBeLessThanOrEqual(5_500);
    platform.clock.now += 6_000;
    expect(await sendAgain(first)).toMatchObject({ kind: "retry" });
    platform.clock.now += 400_000;
    expect(await sendAgain(first)).toEqual({ kind: "done" });
    expect(await onlyDelivery(webhook)).toMatchObject({
      status: "delivered",
      attempts: 3,
      log: [{ status: 500 }, { status: 302 }, { status: 200 }],
    });
    expect(new Set(receiver.received.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
    const stamps = receiver.received.map(({ headers }) => Number(headers["webhook-timestamp"]));
    expect(stamps).toEqual(stamps.toSorted((a, b) => a - b));
    expect(new Set(stamps).size).toBe(3);
  });

  test("[WH3] a receiver that names a time is left alone until then", async () => {
    const { webhook } = await endpoint("/busy");
    await told();
    const { next_attempt_at } = await onlyDelivery(webhook);
    expect(Date.parse(String(next_attempt_at)) - startedAt).toBeGreaterThanOrEqual(2 * HOUR_MS);
  });

  test("[WH3] after ten attempts the delivery has failed, and no eleventh request is made", async () => {
    const { webhook } = await endpoint("/500");
    await told();
    const [delivery] = await deliveriesOf(webhook);
    if (delivery === undefined) throw new Error("no delivery");
    for (let n = 2; n <= 10; n += 1) {
      platform.clock.now += 60_000;
      expect((await sendAgain(delivery)).kind).toBe(n < 10 ? "retry" : "failed");
    }
    expect(await sendAgain(delivery)).toEqual({ kind: "done" });
    expect(await onlyDelivery(webhook)).toMatchObject({
      status: "failed",
      reason: "attempts_exhausted",
      next_attempt_at: null,
    });
    expect(receiver.received.length).toBe(10);
  });

  test("[WH8] a host that was turned inside after registration is refused at the attempt (S3)", async () => {
    launcher.names.set("turned.example.com", ["93.184.215.14"]);
    const { webhook } = await endpoint("https://turned.example.com/hook");
    launcher.names.set("turned.example.com", ["127.0.0.1"]);
    await told();
    expect(await onlyDelivery(webhook)).toMatchObject({
      status: "retry",
      log: [{ status: null, error: "egress_refused" }],
    });
  });

  test("[A3] an endpoint that was switched off gets nothing, and the delivery says why", async () => {
    const { webhook } = await endpoint("/ok");
    expect(await requestDelivery(ports(), wish())).toMatchObject({ ok: true });
    const { id, webhook_id, round } = (
      await routeEvent(
        ports(),
        owner.orgId,
        { kind: "event", at: new Date().toISOString(), traceparent: null, ...wish() },
        "live",
      )
    )[0] ?? { id: "", webhook_id: "", round: 0 };
    await owner.send(`/api/v1/webhooks/${webhook.id}`, {
      ...post({ active: false }, { "if-match": '"1"' }),
      method: "PATCH",
    });
    await sendDelivery(ports(), owner.orgId, { id, webhook_id, round });
    expect(await onlyDelivery(webhook)).toMatchObject({
      status: "suppressed",
      reason: "endpoint_disabled",
    });
    await engine.settle();
    expect(receiver.received).toEqual([]);
  });

  test("[A4] a delivery older than eighty hours is not sent any more", async () => {
    const { webhook } = await endpoint("/500");
    await told();
    const [delivery] = await deliveriesOf(webhook);
    if (delivery === undefined) throw new Error("no delivery");
    platform.clock.now += 81 * HOUR_MS;
    expect(await sendAgain(delivery)).toEqual({ kind: "done" });
    platform.clock.now = startedAt;
    expect(await onlyDelivery(webhook)).toMatchObject({ status: "suppressed", reason: "too_old" });
  });
});

describe("crashes", () => {
  /** The process ends in the call: what was committed stays, nothing more happens. */
  async function dieInTheCall(delivery: { id: string; webhook_id: string }): Promise<unknown> {
    const env = {
      ...platform.env,
      EGRESS: {
        fetch: async () => {
          const [row] = await platform.sql.transaction({ org: owner.orgId }, (tx) =>
            tx.query("select status, attempts from platform.deliveries where id = $1", [
              delivery.id,
            ]),
          );
          throw new Error(`died while ${String(row?.["status"])} ${String(row?.["attempts"])}`);
        },
      },
    };
    // The adapter would call a broken launcher a failed attempt; a process that ends reports nothing at all.
    const dying: SendingPorts = {
      ...ports(),
      env,
      sql: {
        transaction: async (scope, body, options) => {
          if (died) throw new Error("dead processes write nothing");
          return platform.sql.transaction(scope, body, options);
        },
      },
    };
    let died = false;
    const { fetch } = env.EGRESS;
    let seen: unknown;
    env.EGRESS.fetch = async () => {
      seen = await fetch().catch((error: unknown) => String(error));
      died = true;
      throw new Error("dead");
    };
    const { id, webhook_id } = delivery;
    await expect(sendDelivery(dying, owner.orgId, { id, webhook_id, round: 0 })).rejects.toThrow(
      "dead processes write nothing",
    );
    return seen;
  }

  test("[A6] a sender that dies in the call was noted before it; the message goes out again, none is lost", async () => {
    const { webhook } = await endpoint("/ok");
    const { org, ...event } = wish();
    const [send] = await routeEvent(
      ports(),
      org,
      { kind: "event", at: new Date().toISOString(), traceparent: null, ...event },
      "live",
    );
    if (send === undefined) throw new Error("nothing was routed");
    // The attempt is committed when the call begins: nobody can be called without a trace.
    expect(await dieInTheCall(send)).toBe("Error: died while sending 1");
    expect(await onlyDelivery(webhook)).toMatchObject({
      status: "sending",
      attempts: 1,
      log: [{ n: 1, status: null, error: "interrupted" }],
    });
    expect(await sendDelivery(ports(), org, send)).toEqual({ kind: "done" });
    const delivery = await onlyDelivery(webhook);
    expect(delivery).toMatchObject({ status: "delivered", attempts: 2 });
    expect(receiver.received.map(({ headers }) => headers["webhook-id"])).toEqual([delivery.id]);
  });

  test("[A6] a sender that dies after the answer was written sends nothing again", async () => {
    const { webhook } = await endpoint("/ok");
    await told();
    const delivery = await onlyDelivery(webhook);
    expect(await sendAgain(delivery)).toEqual({ kind: "done" });
    expect(receiver.received.length).toBe(1);
  });

  test("[A6] an attempt that was overtaken cannot undo the success of a later one", async () => {
    const { webhook } = await endpoint("/flaky");
    receiver.script.push(500, 200);
    await told();
    const delivery = await onlyDelivery(webhook);
    await Promise.all([sendAgain(delivery), sendAgain(delivery)]);
    expect(await onlyDelivery(webhook)).toMatchObject({ status: "delivered" });
  });

  test("[US1] what arrived counts once, and a limiter that is away sends nothing twice", async () => {
    const { webhook } = await endpoint("/ok");
    platform.limiters.down = true;
    const { org, ...event } = wish();
    const [send] = await routeEvent(
      ports(),
      org,
      { kind: "event", at: new Date().toISOString(), traceparent: null, ...event },
      "live",
    );
    if (send === undefined) throw new Error("nothing was routed");
    await expect(sendDelivery(ports(), org, send)).rejects.toThrow();
    platform.limiters.down = false;
    const before = platform.limiters.calls["record"] ?? 0;
    expect(await sendDelivery(ports(), org, send)).toEqual({ kind: "done" });
    expect(platform.limiters.calls["record"]).toBe(before + 1);
    expect((await onlyDelivery(webhook)).attempts).toBe(1);
    expect(receiver.received.length).toBe(1);
  });
});

describe("endpoints", () => {
  test("[WH5] 410 switches the endpoint off, is recorded, and the others learn of it once", async () => {
    const other = await endpoint("/created", ["webhook.disabled"]);
    const { webhook } = await endpoint("/410", ["analysis.completed"]);
    await told();
    await engine.settle();
    const off = await read(webhook);
    expect(off).toMatchObject({ active: false, version: 2, failures: 1 });
    expect(off.disabled_reason).toContain("410");
    const delivery = await onlyDelivery(webhook);
    expect(delivery).toMatchObject({ status: "failed", reason: "gone" });
    // A sender that died before it told the others does it when it is run again; they hear it once.
    await sendAgain(delivery);
    await engine.settle();
    const heard = receiver.received.filter(({ path }) => path === "/created");
    expect(heard.map(({ body }) => JSON.parse(body))).toMatchObject([
      { type: "webhook.disabled", data: { webhook_id: webhook.id } },
    ]);
    expect((await deliveriesOf(other.webhook)).length).toBe(1);
    const rows = await platform.sql.transaction({ org: owner.orgId }, (tx) =>
      tx.query(
        "select actor from platform.audit_log where action = 'webhooks.disable' and resource = $1",
        [`webhooks/${webhook.id}`],
      ),
    );
    expect(rows).toEqual([{ actor: "system:deliveries" }]);
  });

  test("[WH5] five days of failures alone switch it off, one success in between does not", async () => {
    const { webhook } = await endpoint("/flaky");
    receiver.script.push(...Array.from({ length: 40 }, () => 500));
    const hourly = async (hours: number): Promise<void> => {
      for (let hour = 0; hour < hours; hour += 1) {
        platform.clock.now += 6 * HOUR_MS;
        await told();
      }
    };
    await hourly(19);
    receiver.script.length = 0;
    await told();
    receiver.script.push(...Array.from({ length: 40 }, () => 500));
    await hourly(20);
    const status = async () => {
      const [row] = await platform.sql.transaction({ org: owner.orgId }, (tx) =>
        tx.query("select active, failures from platform.webhook_endpoints where id = $1", [
          webhook.id,
        ]),
      );
      return row;
    };
    expect(await status()).toEqual({ active: true, failures: 20 });
    await hourly(1);
    expect(await status()).toEqual({ active: false, failures: 21 });
  });
});

describe("time", () => {
  const HALF_YEAR_MS = 180 * 24 * HOUR_MS;

  test("[A2] a key is known for 180 days and then forgotten with its attempts", async () => {
    const { webhook } = await endpoint("/ok");
    const event = wish();
    await told(event);
    const keep = (now: number) => keepDeliveries(platform.sql, owner.orgId, now);
    expect(await keep(startedAt + HALF_YEAR_MS)).toEqual({ ended: 0, forgotten: 0 });
    expect((await deliveriesOf(webhook)).length).toBe(1);
    expect(await keep(startedAt + HALF_YEAR_MS + 1)).toEqual({ ended: 0, forgotten: 1 });
    expect((await deliveriesOf(webhook)).length).toBe(0);
  });

  test("[A4] what was left behind is not on its way for ever", async () => {
    const { webhook } = await endpoint("/500");
    await told();
    const keep = (hours: number) =>
      keepDeliveries(platform.sql, owner.orgId, startedAt + hours * HOUR_MS);
    expect((await keep(100)).ended).toBe(0);
    expect((await keep(105)).ended).toBe(1);
    expect(await onlyDelivery(webhook)).toMatchObject({ status: "failed", reason: "too_old" });
  });
});

describe("replay", () => {
  const replay = (id: string) => owner.send(`/api/v1/deliveries/${id}/retry`, { method: "POST" });

  test("[A3] a replay by hand sends again what arrived, under the same id, with a budget of its own", async () => {
    const { webhook } = await endpoint("/ok");
    await told();
    const { id } = await onlyDelivery(webhook);
    const answer = await replay(id);
    expect(answer.status).toBe(202);
    expect(await answer.json()).toMatchObject({ id, status: "pending" });
    expect((await replay(id)).status).toBe(409);
    await engine.settle();
    expect(await onlyDelivery(webhook)).toMatchObject({ status: "delivered", attempts: 2 });
    expect(receiver.received.map(({ headers }) => headers["webhook-id"])).toEqual([id, id]);
  });

  test("[A3] a replay takes over from the attempts that still wait", async () => {
    const { webhook } = await endpoint("/flaky");
    receiver.script.push(500);
    await told();
    const delivery = await onlyDelivery(webhook);
    expect((await replay(delivery.id)).status).toBe(202);
    await engine.settle();
    platform.clock.now += 6_000;
    expect(await sendAgain(delivery)).toEqual({ kind: "done" });
    expect(receiver.received.length).toBe(2);
  });

  test("[A3] a key of another organization, like one that never was, is not found", async () => {
    for (const id of ["a".repeat(26), "not-a-key"]) {
      expect((await replay(id)).status).toBe(404);
      expect((await owner.send(`/api/v1/deliveries/${id}`)).status).toBe(404);
    }
  });
});
