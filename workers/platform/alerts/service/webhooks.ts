/** Webhook endpoints: made, changed, removed, given a new secret, tried out; and deliveries sent once more by hand. */
import { egressOf } from "../../adapters/egress.ts";
import type { Tx } from "../../adapters/sql.ts";
import type { AuditOrigin } from "../../audit/model.ts";
import { appendAudit } from "../../audit/service.ts";
import { done, refuse, type Result } from "../../model.ts";
import { deleteSecret, putSecret, resolveSecret } from "../../secrets/service.ts";
import { SECRET_BYTES, secretText, sendWebhook } from "../client.ts";
import { isReplayable, replayed, REPLAYABLE_STATUSES } from "../machine.ts";
import {
  ENDPOINTS_MAX,
  type ChangeWebhook,
  type CreateWebhook,
  type Delivery,
  type TestResult,
  type Webhook,
  type WebhookWithSecret,
} from "../model.ts";
import { secretNameOf } from "../rules.ts";
import { lockDelivery, readDelivery, startRound } from "../store/deliveries.ts";
import {
  countEndpoints,
  deleteEndpoint,
  insertEndpoint,
  readEndpoint,
  updateEndpoint,
} from "../store/endpoints.ts";
import { requestReplay, type RequestPorts } from "./request.ts";

export interface WebhookPorts extends RequestPorts {
  readonly random: (bytes: number) => Uint8Array;
}

const resourceOf = (id: string): string => `webhooks/${id}`;
const makerOf = (origin: AuditOrigin): string => `${origin.actor.kind}:${origin.actor.id}`;

/**
 * Makes an endpoint with id `subjectId`. Its secret is null when an earlier try of this request made it.
 * Refusals: `egress_refused`; `validation_failed` beyond ENDPOINTS_MAX [WH6].
 */
export async function createWebhook(
  ports: WebhookPorts,
  origin: AuditOrigin,
  wish: CreateWebhook,
  subjectId: string,
): Promise<Result<WebhookWithSecret>> {
  const { org } = origin;
  const open = await egressOf(ports.env).check(wish.url);
  if (!open.ok) return open;
  const events = [...new Set(wish.events)];
  return ports.sql.transaction({ org }, async (tx): Promise<Result<WebhookWithSecret>> => {
    const existing = await readEndpoint(tx, subjectId);
    if (existing !== undefined) return done({ webhook: existing, secret: null });
    if ((await countEndpoints(tx, org)) >= ENDPOINTS_MAX) {
      return refuse("validation_failed", {
        detail: `An organization has at most ${String(ENDPOINTS_MAX)} endpoints. Delete one first.`,
      });
    }
    const webhook = await insertEndpoint(tx, {
      id: subjectId,
      orgId: org,
      url: wish.url,
      events,
      filters: wish.filters,
      secretName: secretNameOf(subjectId),
      createdBy: makerOf(origin),
      createdAt: ports.now(),
    });
    if (webhook === undefined) return refuse("unavailable");
    const secret = await newSecret(ports, tx, origin, subjectId);
    await appendAudit(tx, {
      ...origin,
      action: "webhooks.create",
      resource: resourceOf(subjectId),
      changes: {
        url: { before: null, after: wish.url },
        events: { before: null, after: events },
        filters: { before: null, after: wish.filters },
        secret: { before: null, after: secret.fingerprint },
      },
    });
    return done({ webhook, secret: secret.text });
  });
}

async function newSecret(
  ports: WebhookPorts,
  tx: Tx,
  origin: AuditOrigin,
  id: string,
): Promise<{ text: string; fingerprint: string; before: string | null }> {
  const text = secretText(ports.random(SECRET_BYTES));
  const { fingerprint, before } = await putSecret(ports, tx, {
    org: origin.org,
    name: secretNameOf(id),
    value: text,
    createdBy: makerOf(origin),
  });
  return { text, fingerprint, before };
}

/** Refusals: `not_found`, `egress_refused`, `version_mismatch`. Switching on clears its record of failures [WH5]. */
export async function changeWebhook(
  ports: WebhookPorts,
  origin: AuditOrigin,
  of: { readonly id: string; readonly version: number },
  change: ChangeWebhook,
): Promise<Result<Webhook>> {
  const { org } = origin;
  if (change.url !== undefined) {
    const known = await ports.sql.transaction({ org }, (tx) => readEndpoint(tx, of.id));
    if (known === undefined) return refuse("not_found");
    const open = await egressOf(ports.env).check(change.url);
    if (!open.ok) return open;
  }
  return ports.sql.transaction({ org }, async (tx): Promise<Result<Webhook>> => {
    const before = await readEndpoint(tx, of.id);
    if (before === undefined) return refuse("not_found");
    const after = await updateEndpoint(tx, of.id, of.version, {
      url: change.url ?? before.url,
      events: [...new Set(change.events ?? before.events)],
      filters: change.filters ?? before.filters,
      active: change.active ?? before.active,
    });
    if (after === undefined) return refuse("version_mismatch");
    const changes = Object.fromEntries(
      (["url", "events", "filters", "active"] as const)
        .filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]))
        .map((field) => [field, { before: before[field], after: after[field] }]),
    );
    await appendAudit(tx, {
      ...origin,
      action: "webhooks.update",
      resource: resourceOf(of.id),
      changes,
    });
    return done(after);
  });
}

/** Removes the endpoint, its deliveries and its secret. Refusals: `not_found`, `version_mismatch`. */
export const removeWebhook = (
  ports: RequestPorts,
  origin: AuditOrigin,
  of: { readonly id: string; readonly version: number },
): Promise<Result<true>> =>
  ports.sql.transaction({ org: origin.org }, async (tx): Promise<Result<true>> => {
    const before = await readEndpoint(tx, of.id);
    if (before === undefined) return refuse("not_found");
    if (!(await deleteEndpoint(tx, of.id, of.version))) return refuse("version_mismatch");
    await deleteSecret(tx, { org: origin.org, name: secretNameOf(of.id) });
    await appendAudit(tx, {
      ...origin,
      action: "webhooks.delete",
      resource: resourceOf(of.id),
      changes: { url: { before: before.url, after: null } },
    });
    return done(true);
  });

/** A new secret; the one before signs as well for a day [WH2]. Refusal: `not_found`. */
export const rotateSecret = (
  ports: WebhookPorts,
  origin: AuditOrigin,
  id: string,
): Promise<Result<WebhookWithSecret>> =>
  ports.sql.transaction({ org: origin.org }, async (tx): Promise<Result<WebhookWithSecret>> => {
    const webhook = await readEndpoint(tx, id);
    if (webhook === undefined) return refuse("not_found");
    const secret = await newSecret(ports, tx, origin, id);
    await appendAudit(tx, {
      ...origin,
      action: "webhooks.rotate_secret",
      resource: resourceOf(id),
      changes: { secret: { before: secret.before, after: secret.fingerprint } },
    });
    return done({ webhook, secret: secret.text });
  });

/** One signed `webhook.test`, at once and never again [WH6]; it counts neither for nor against the endpoint. Refusal: `not_found`. */
export async function testWebhook(
  ports: WebhookPorts,
  of: { readonly org: string; readonly id: string; readonly messageId: string },
): Promise<Result<TestResult>> {
  const { org, id } = of;
  const webhook = await ports.sql.transaction({ org }, (tx) => readEndpoint(tx, id));
  const name = secretNameOf(id);
  const secrets =
    webhook === undefined
      ? undefined
      : await resolveSecret(ports, { org, name, reader: "deliveries" });
  if (webhook === undefined || secrets === undefined) return refuse("not_found");
  const started_at = new Date(ports.now()).toISOString();
  const body = JSON.stringify({
    type: "webhook.test",
    timestamp: started_at,
    data: { webhook_id: id },
  });
  const sent = await sendWebhook(ports, { id: of.messageId, url: webhook.url, body, secrets });
  const { ms, status, error, response } = sent;
  return done({
    ok: error === null,
    attempt: { n: 1, started_at, ms, status, error, response },
  });
}

/**
 * Sends one delivery once more, whatever became of it [C26]: with a budget of attempts and an age of its own.
 * Refusals: `not_found`; `delivery_state` while it is on its way.
 */
export async function replayDelivery(
  ports: RequestPorts,
  of: { readonly org: string; readonly id: string },
): Promise<Result<Delivery>> {
  const { org, id } = of;
  const found = await ports.sql.transaction({ org }, (tx) => lockDelivery(tx, id));
  if (found === undefined) return refuse("not_found");
  if (!isReplayable(found.status)) {
    return refuse("delivery_state", {
      detail: `The delivery is ${found.status}; it can be sent again when it is ${REPLAYABLE_STATUSES.join(", ")}.`,
    });
  }
  const round = found.round + 1;
  // Asked for first: a request that died here is still sent, one that died before was never answered.
  const asked = await requestReplay(ports.env, org, {
    kind: "replay",
    id,
    webhook_id: found.webhookId,
    round,
  });
  if (!asked.ok) return asked;
  return ports.sql.transaction({ org }, async (tx): Promise<Result<Delivery>> => {
    await startRound(tx, replayed(found, round, ports.now()));
    const delivery = await readDelivery(tx, id);
    return delivery === undefined ? refuse("not_found") : done(delivery);
  });
}
