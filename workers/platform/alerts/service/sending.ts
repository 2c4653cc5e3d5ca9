/** The Delivery Service: makes deliveries of a request, and sends one of them, writing down each step before the next. */
import { randomBytes } from "../../adapters/cipher.ts";
import type { Log } from "../../adapters/log.ts";
import type { Tx } from "../../adapters/sql.ts";
import { appendAudit } from "../../audit/service.ts";
import type { Instant } from "../../model.ts";
import { resolveSecret } from "../../secrets/service.ts";
import { recordUsage } from "../../usage/service.ts";
import { sendWebhook, type Attempted } from "../client.ts";
import {
  concluded,
  gate,
  healthAfter,
  isTurnedDown,
  replayed,
  type Conclusion,
} from "../machine.ts";
import type { DeliveryRequest, SendRequest } from "../model.ts";
import { deliveryKey, secretNameOf, wants } from "../rules.ts";
import {
  insertDelivery,
  lockDelivery,
  noteAttempt,
  noteSending,
  setStatus,
  startRound,
  type LockedDelivery,
} from "../store/deliveries.ts";
import { listActive, lockEndpoint, noteHealth } from "../store/endpoints.ts";
import { requestDelivery, type RequestPorts } from "./request.ts";

export interface SendingPorts extends RequestPorts {
  readonly log: Log;
}

/** Who signs: readers of secrets are counted by this name. */
const READER = "deliveries";

/** One delivery per endpoint that wants the event; keys that are known stay as they are. */
export const routeEvent = (
  ports: RequestPorts,
  org: string,
  event: Extract<DeliveryRequest, { kind: "event" }>,
  mode: "live" | "backfill",
): Promise<readonly SendRequest[]> =>
  ports.sql.transaction({ org }, async (tx) => {
    const { type, subject, at: timestamp, data } = event;
    const body = JSON.stringify({ type, timestamp, data });
    const endpoints = (await listActive(tx)).filter((endpoint) => wants(endpoint, type, data));
    const sends: SendRequest[] = [];
    for (const { id: webhookId } of endpoints) {
      const id = deliveryKey({ org, type, subject, data, webhookId });
      const trace = { requestId: event.request_id, traceparent: event.traceparent };
      const delivery = { id, webhookId, eventType: type, subject, mode, body, ...trace };
      await insertDelivery(tx, org, delivery, ports.now());
      sends.push({ id, webhook_id: webhookId, round: 0 });
    }
    return sends;
  });

/** What a send came to, for the engine. */
export type Sent =
  | { readonly kind: "done" }
  | { readonly kind: "retry"; readonly delayMs: number; readonly message: string }
  | { readonly kind: "failed"; readonly message: string };

interface Begun {
  readonly n: number;
  readonly url: string;
  /** Of the endpoint as it is called. */
  readonly version: number;
  readonly delivery: LockedDelivery;
}

/**
 * Sends one delivery once, if its gates let it pass [A3]. The attempt is committed before the call, so after a crash in
 * the call it is sent again, under the same id [A6]. @throws Fault; the engine tries again
 */
export async function sendDelivery(
  ports: SendingPorts,
  org: string,
  request: SendRequest,
): Promise<Sent> {
  const name = secretNameOf(request.webhook_id);
  const secrets = await resolveSecret(ports, { org, name, reader: READER });
  const signed = secrets !== undefined;
  const begun = await ports.sql.transaction({ org }, (tx) =>
    begin(tx, ports, { org, request, signed }),
  );
  if (begun === "nothing") return { kind: "done" };
  if (begun === "delivered") return counted(ports, org, request);
  if (begun === "disabled") {
    await announceDisabled(ports, org, request.webhook_id);
    return { kind: "done" };
  }
  const { n, url, version, delivery } = begun;
  const message = { id: delivery.id, url, body: delivery.body, secrets: secrets ?? [] };
  const attempt = await sendWebhook(ports, message);
  const ended = await ports.sql.transaction({ org }, (tx) =>
    end(tx, ports, { org, delivery, n, version, attempt }),
  );
  if (ended.disabled) await announceDisabled(ports, org, delivery.webhookId);
  const { conclusion } = ended;
  return conclusion.status === "delivered"
    ? counted(ports, org, request)
    : sentOf(conclusion, attempt);
}

/** What arrived counts once; a limiter that cannot be reached makes the engine come back, and nothing is sent again. */
async function counted(ports: SendingPorts, org: string, request: SendRequest): Promise<Sent> {
  const id = `${request.id}:${String(request.round)}`;
  await recordUsage(ports.env, { org, id, source: READER, meter: "deliveries", value: 1 });
  return { kind: "done" };
}

/** Past the gates: notes the attempt. Before them: the round of a replay begins with its first send at the latest. */
async function begin(
  tx: Tx,
  ports: SendingPorts,
  given: { readonly org: string; readonly request: SendRequest; readonly signed: boolean },
): Promise<Begun | "nothing" | "delivered" | "disabled"> {
  const { org, request, signed } = given;
  // The endpoint first, like whoever deletes one: in the other order the two would wait for each other.
  const endpoint = await lockEndpoint(tx, request.webhook_id);
  const found = endpoint === undefined ? undefined : await lockDelivery(tx, request.id);
  if (found === undefined || endpoint === undefined) return "nothing";
  const now = ports.now();
  const starts = request.round === found.round + 1;
  const delivery = starts ? { ...found, ...replayed(found, request.round, now) } : found;
  if (starts) await startRound(tx, delivery);
  const decision = gate(delivery, endpoint, { round: request.round, signed, now });
  if (decision.kind === "nothing") {
    // Its sender may have died before the last step: that one is taken again.
    if (delivery.round !== request.round) return "nothing";
    if (isTurnedDown(delivery.status) && !endpoint.active) return "disabled";
    return delivery.status === "delivered" ? "delivered" : "nothing";
  }
  if (decision.kind === "suppress") {
    const { reason } = decision;
    const change = {
      status: "suppressed",
      reason,
      nextAttemptAt: null,
      deliveredAt: null,
    } as const;
    await setStatus(tx, delivery.id, change);
    return "nothing";
  }
  const n = await noteSending(tx, org, delivery, now);
  const { url, version } = endpoint;
  return { n, url, version, delivery: { ...delivery, attempts: n } };
}

interface Ending {
  readonly org: string;
  readonly delivery: LockedDelivery;
  readonly n: number;
  readonly version: number;
  readonly attempt: Attempted;
}

async function end(
  tx: Tx,
  ports: SendingPorts,
  { org, delivery, n, version, attempt }: Ending,
): Promise<{ conclusion: Conclusion; disabled: boolean }> {
  const now = ports.now();
  const endpoint = await lockEndpoint(tx, delivery.webhookId);
  const current = endpoint === undefined ? undefined : await lockDelivery(tx, delivery.id);
  if (current === undefined || endpoint === undefined)
    return { conclusion: concluded(delivery, attempt), disabled: false };
  await noteAttempt(tx, delivery.id, n, attempt);
  // What the endpoint answered before somebody changed it says nothing about it as it is now.
  const health = endpoint.version === version ? healthAfter(endpoint, attempt, now) : undefined;
  if (health !== undefined) await noteHealth(tx, delivery.webhookId, health, now);
  const reason = health?.disabled ?? null;
  const disabled = reason !== null;
  const conclusion = concluded(delivery, attempt, disabled);
  // A later attempt may be under way, or have arrived already: only a success still counts then.
  const latest = current.attempts === n && current.status === "sending";
  if (conclusion.status === "delivered" || latest)
    await setStatus(tx, delivery.id, changeOf(conclusion, now));
  if (disabled) await auditDisabled(tx, now, { org, delivery, reason });
  return { conclusion, disabled };
}

const auditDisabled = (
  tx: Tx,
  now: Instant,
  { org, delivery, reason }: Pick<Ending, "org" | "delivery"> & { readonly reason: string },
): Promise<unknown> =>
  appendAudit(tx, {
    org,
    at: now,
    actor: { kind: "system", id: READER },
    requestId: delivery.id,
    pii: { name: null, ip: null, userAgent: null },
    random: randomBytes,
    action: "webhooks.disable",
    resource: `webhooks/${delivery.webhookId}`,
    changes: {
      active: { before: true, after: false },
      disabled_reason: { before: null, after: reason },
    },
  });

function changeOf(conclusion: Conclusion, now: Instant) {
  const { status } = conclusion;
  return {
    status,
    reason: "reason" in conclusion ? conclusion.reason : null,
    nextAttemptAt: status === "retry" ? now + conclusion.delayMs : null,
    deliveredAt: status === "delivered" ? now : null,
  };
}

function sentOf(conclusion: Conclusion, attempt: Attempted): Sent {
  const message = `The endpoint did not take it: ${attempt.error ?? "no error"}.`;
  switch (conclusion.status) {
    case "delivered":
    case "suppressed":
      return { kind: "done" };
    case "retry":
      return { kind: "retry", delayMs: conclusion.delayMs, message };
    case "failed":
      return { kind: "failed", message };
  }
}

/** The other endpoints learn that one was switched off [WH5]; the version makes a second telling the same request. */
async function announceDisabled(
  ports: SendingPorts,
  org: string,
  webhookId: string,
): Promise<void> {
  const endpoint = await ports.sql.transaction({ org }, (tx) => lockEndpoint(tx, webhookId));
  if (endpoint === undefined || endpoint.active || endpoint.disabledReason === null) return;
  const told = await requestDelivery(ports, {
    org,
    type: "webhook.disabled",
    subject: `webhook:${webhookId}`,
    data: { webhook_id: webhookId, version: endpoint.version },
    request_id: `disabled-${webhookId}`,
  });
  if (!told.ok)
    ports.log.warn("other endpoints were not told", {
      webhook: webhookId,
      code: told.refusal.code,
    });
}
