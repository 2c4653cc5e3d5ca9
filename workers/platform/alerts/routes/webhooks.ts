/** Routes of webhook endpoints: make, list, read, change, delete, rotate the secret, try out, list what was sent. */
import { createRoute, z } from "@hono/zod-openapi";
import { jsonAnswer, jsonBody, named, problems } from "../../http/answers.ts";
import { auditOf } from "../../http/audit.ts";
import { needs, orgOf } from "../../http/authorize.ts";
import { idempotent } from "../../http/idempotency.ts";
import { pageOf, pageQuery, positionOf } from "../../http/pagination.ts";
import { createApp, type AppContext } from "../../http/plumbing.ts";
import { etagOf, expectedVersion, ifMatchHeader } from "../../http/preconditions.ts";
import { refused } from "../../http/problem.ts";
import { noStore, smallBody } from "../../http/security.ts";
import {
  ChangeWebhook,
  CreateWebhook,
  Delivery,
  DeliveryStatus,
  TestResult,
  Webhook,
  WebhookWithSecret,
} from "../model.ts";
import {
  changeWebhook,
  createWebhook,
  removeWebhook,
  rotateSecret,
  testWebhook,
  type WebhookPorts,
} from "../service/webhooks.ts";
import { listDeliveries } from "../store/deliveries.ts";
import { listEndpoints, readEndpoint } from "../store/endpoints.ts";

const tags = ["webhooks"];
const Endpoint = named("Webhook", Webhook);
const WithSecret = named("WebhookWithSecret", WebhookWithSecret);
const Sent = named("Delivery", Delivery);
const params = z.object({ id: z.uuid() });
const nextCursor = z.string().nullable();
const REPEATS = ["idempotency_in_flight", "idempotency_mismatch", "payload_too_large"] as const;

const list = createRoute({
  method: "get",
  path: "/webhooks",
  tags,
  summary: "List the webhook endpoints of the organization",
  middleware: [needs("webhooks.read", "webhooks")] as const,
  request: { query: z.strictObject(pageQuery) },
  responses: {
    200: jsonAnswer(
      "Endpoints, newest first",
      z.strictObject({ items: z.array(Endpoint), next_cursor: nextCursor }),
    ),
    ...problems("cursor_invalid"),
  },
});

const create = createRoute({
  method: "post",
  path: "/webhooks",
  tags,
  summary: "Make a webhook endpoint",
  description:
    "Messages are signed as Standard Webhooks 1.0 says. The secret is shown in this answer only.",
  middleware: [
    noStore(),
    needs("webhooks.write", "webhooks"),
    smallBody(),
    idempotent("POST /webhooks", { once: ["secret"] }),
  ] as const,
  request: { body: jsonBody(CreateWebhook) },
  responses: {
    201: jsonAnswer("The endpoint and its secret", WithSecret),
    ...problems("egress_refused", ...REPEATS),
  },
});

const read = createRoute({
  method: "get",
  path: "/webhooks/{id}",
  tags,
  summary: "Read a webhook endpoint",
  middleware: [needs("webhooks.read", "webhooks/{id}")] as const,
  request: { params },
  responses: { 200: jsonAnswer("The endpoint", Endpoint), ...problems() },
});

const change = createRoute({
  method: "patch",
  path: "/webhooks/{id}",
  tags,
  summary: "Change a webhook endpoint",
  description: "`active: true` switches an endpoint on again and clears its record of failures.",
  middleware: [needs("webhooks.write", "webhooks/{id}"), smallBody()] as const,
  request: { params, headers: ifMatchHeader, body: jsonBody(ChangeWebhook) },
  responses: {
    200: jsonAnswer("The endpoint", Endpoint),
    ...problems("egress_refused", "version_mismatch", "precondition_required", "payload_too_large"),
  },
});

const remove = createRoute({
  method: "delete",
  path: "/webhooks/{id}",
  tags,
  summary: "Delete a webhook endpoint, its deliveries and its secret",
  middleware: [needs("webhooks.write", "webhooks/{id}")] as const,
  request: { params, headers: ifMatchHeader },
  responses: {
    204: { description: "Deleted" },
    ...problems("version_mismatch", "precondition_required"),
  },
});

const rotate = createRoute({
  method: "post",
  path: "/webhooks/{id}/rotate-secret",
  tags,
  summary: "Give a webhook endpoint a new secret",
  description:
    "For 24 hours messages carry two signatures, one of each secret. It is shown in this answer only.",
  middleware: [
    noStore(),
    needs("webhooks.write", "webhooks/{id}", { fresh: true }),
    smallBody(),
    idempotent("POST /webhooks/{id}/rotate-secret", { once: ["secret"] }),
  ] as const,
  request: { params },
  responses: {
    200: jsonAnswer("The endpoint and its new secret", WithSecret),
    ...problems(...REPEATS),
  },
});

const tryOut = createRoute({
  method: "post",
  path: "/webhooks/{id}/test",
  tags,
  summary: "Send one signed webhook.test and answer what came back",
  middleware: [
    needs("webhooks.write", "webhooks/{id}"),
    smallBody(),
    idempotent("POST /webhooks/{id}/test"),
  ] as const,
  request: { params },
  responses: {
    200: jsonAnswer("How the attempt ended", named("WebhookTest", TestResult)),
    ...problems(...REPEATS),
  },
});

const deliveries = createRoute({
  method: "get",
  path: "/webhooks/{id}/deliveries",
  tags,
  summary: "List what was sent to a webhook endpoint",
  middleware: [needs("webhooks.read", "webhooks/{id}")] as const,
  request: {
    params,
    query: z.strictObject({ ...pageQuery, status: DeliveryStatus.optional() }),
  },
  responses: {
    200: jsonAnswer(
      "Deliveries, newest first",
      z.strictObject({ items: z.array(Sent), next_cursor: nextCursor }),
    ),
    ...problems("cursor_invalid"),
  },
});

const portsOf = (c: AppContext): WebhookPorts => {
  const { sql, now, random } = c.var;
  return { env: c.env, sql, now, random };
};

export const webhookRoutes = createApp()
  .openapi(list, async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const org = orgOf(c);
    const identity = [org, "webhooks"];
    const after = await positionOf(c.env, identity, cursor);
    if (!after.ok) return refused(c, after.refusal);
    const rows = await c.var.sql.transaction({ org }, (tx) =>
      listEndpoints(tx, after.value, limit + 1),
    );
    return c.json(await pageOf(c.env, identity, rows, limit), 200);
  })
  .openapi(create, async (c) => {
    const { subjectId } = c.var;
    const made = await createWebhook(portsOf(c), auditOf(c), c.req.valid("json"), subjectId);
    if (!made.ok) return refused(c, made.refusal);
    c.header("location", `/api/v1/webhooks/${subjectId}`);
    c.header("etag", etagOf(made.value.webhook.version));
    return c.json(made.value, 201);
  })
  .openapi(read, async (c) => {
    const { id } = c.req.valid("param");
    const webhook = await c.var.sql.transaction({ org: orgOf(c) }, (tx) => readEndpoint(tx, id));
    if (webhook === undefined) return refused(c, { code: "not_found" });
    c.header("etag", etagOf(webhook.version));
    return c.json(webhook, 200);
  })
  .openapi(change, async (c) => {
    const { id } = c.req.valid("param");
    const version = expectedVersion(c);
    if (!version.ok) return refused(c, version.refusal);
    const of = { id, version: version.value };
    const changed = await changeWebhook(portsOf(c), auditOf(c), of, c.req.valid("json"));
    if (!changed.ok) return refused(c, changed.refusal);
    c.header("etag", etagOf(changed.value.version));
    return c.json(changed.value, 200);
  })
  .openapi(remove, async (c) => {
    const { id } = c.req.valid("param");
    const version = expectedVersion(c);
    if (!version.ok) return refused(c, version.refusal);
    const of = { id, version: version.value };
    const removed = await removeWebhook(portsOf(c), auditOf(c), of);
    return removed.ok ? c.body(null, 204) : refused(c, removed.refusal);
  })
  .openapi(rotate, async (c) => {
    const { id } = c.req.valid("param");
    const rotated = await rotateSecret(portsOf(c), auditOf(c), id);
    if (!rotated.ok) return refused(c, rotated.refusal);
    c.header("etag", etagOf(rotated.value.webhook.version));
    return c.json(rotated.value, 200);
  })
  .openapi(tryOut, async (c) => {
    const { id } = c.req.valid("param");
    const of = { org: orgOf(c), id, messageId: `test_${c.var.subjectId}` };
    const tested = await testWebhook(portsOf(c), of);
    return tested.ok ? c.json(tested.value, 200) : refused(c, tested.refusal);
  })
  .openapi(deliveries, async (c) => {
    const { id } = c.req.valid("param");
    const { limit, cursor, status } = c.req.valid("query");
    const org = orgOf(c);
    const identity = [org, "deliveries", id, status];
    const after = await positionOf(c.env, identity, cursor);
    if (!after.ok) return refused(c, after.refusal);
    const rows = await c.var.sql.transaction({ org }, async (tx) => {
      if ((await readEndpoint(tx, id)) === undefined) return undefined;
      return listDeliveries(tx, { webhookId: id, status }, after.value, limit + 1);
    });
    if (rows === undefined) return refused(c, { code: "not_found" });
    return c.json(await pageOf(c.env, identity, rows, limit), 200);
  });
