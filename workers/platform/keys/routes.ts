/** Routes of API keys: make, list, read, revoke. */
import { createRoute, z } from "@hono/zod-openapi";
import { named, jsonAnswer, jsonBody, problems } from "../http/answers.ts";
import { memberOf, needs, orgOf } from "../http/authorize.ts";
import { idempotent } from "../http/idempotency.ts";
import { pageOf, pageQuery, positionOf } from "../http/pagination.ts";
import { createApp } from "../http/plumbing.ts";
import { refused } from "../http/problem.ts";
import { noStore, smallBody } from "../http/security.ts";
import { ApiKey, CreateKey } from "./model.ts";
import { createKey } from "./service.ts";
import { listKeys, readKey, revokeKey } from "./store.ts";

const tags = ["keys"];
const Key = named("ApiKey", ApiKey);
const params = z.object({ id: z.uuid() });

const list = createRoute({
  method: "get",
  path: "/keys",
  tags,
  summary: "List the API keys of the organization",
  middleware: [noStore(), needs("keys.read", "keys")] as const,
  request: { query: z.object(pageQuery) },
  responses: {
    200: jsonAnswer(
      "Keys, newest first",
      z.strictObject({ items: z.array(Key), next_cursor: z.string().nullable() }),
    ),
    ...problems("cursor_invalid"),
  },
});

const create = createRoute({
  method: "post",
  path: "/keys",
  tags,
  summary: "Make an API key",
  description: "The token is shown in this answer only.",
  middleware: [
    noStore(),
    needs("keys.write", "keys", { fresh: true }),
    smallBody(),
    idempotent("POST /keys", { once: ["token"] }),
  ] as const,
  request: { body: jsonBody(CreateKey) },
  responses: {
    201: jsonAnswer(
      "The key and its token",
      z.strictObject({ key: Key, token: z.string().nullable() }),
    ),
    ...problems("key_cannot", "idempotency_in_flight", "idempotency_mismatch", "payload_too_large"),
  },
});

const read = createRoute({
  method: "get",
  path: "/keys/{id}",
  tags,
  summary: "Read an API key",
  middleware: [noStore(), needs("keys.read", "keys/{id}")] as const,
  request: { params },
  responses: { 200: jsonAnswer("The key", Key), ...problems() },
});

const revoke = createRoute({
  method: "delete",
  path: "/keys/{id}",
  tags,
  summary: "Revoke an API key",
  description: "It stops working within 30 seconds.",
  middleware: [noStore(), needs("keys.write", "keys/{id}", { fresh: true })] as const,
  request: { params },
  responses: { 204: { description: "Revoked" }, ...problems("key_cannot") },
});

export const keyRoutes = createApp()
  .openapi(list, async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const org = orgOf(c);
    const after = await positionOf(c.env, [org, "keys"], cursor);
    if (!after.ok) return refused(c, after.refusal);
    const rows = await c.var.sql.transaction({ org }, (tx) => listKeys(tx, after.value, limit + 1));
    return c.json(await pageOf(c.env, [org, "keys"], rows, limit), 200);
  })
  .openapi(create, async (c) => {
    const ports = { env: c.env, sql: c.var.sql, now: c.var.now, random: c.var.random };
    const created = await createKey(ports, memberOf(c), c.req.valid("json"), c.var.subjectId);
    if (!created.ok) return refused(c, created.refusal);
    c.header("location", `/api/v1/keys/${created.value.key.id}`);
    return c.json(created.value, 201);
  })
  .openapi(read, async (c) => {
    const { id } = c.req.valid("param");
    const key = await c.var.sql.transaction({ org: orgOf(c) }, (tx) => readKey(tx, id));
    return key === undefined ? refused(c, { code: "not_found" }) : c.json(key, 200);
  })
  .openapi(revoke, async (c) => {
    const { id } = c.req.valid("param");
    const found = await c.var.sql.transaction({ org: orgOf(c) }, (tx) =>
      revokeKey(tx, id, c.var.now()),
    );
    return found ? c.body(null, 204) : refused(c, { code: "not_found" });
  });
