/** Routes of API keys: make, list, read, change, rotate, revoke. */
import { createRoute, z } from "@hono/zod-openapi";
import { named, jsonAnswer, jsonBody, problems } from "../http/answers.ts";
import { auditOf } from "../http/audit.ts";
import { needs, orgOf } from "../http/authorize.ts";
import { idempotent } from "../http/idempotency.ts";
import { pageOf, pageQuery, positionOf } from "../http/pagination.ts";
import { createApp, type AppContext } from "../http/plumbing.ts";
import { etagOf, expectedVersion, ifMatchHeader } from "../http/preconditions.ts";
import { refused } from "../http/problem.ts";
import { noStore, smallBody } from "../http/security.ts";
import { done } from "../model.ts";
import { ApiKey, ChangeKey, CreateKey, RotateKey } from "./model.ts";
import { createKey, type MakePorts } from "./service.ts";
import { changeKey, endKey, rotateKey } from "./service/changes.ts";
import { listKeys, readKey } from "./store.ts";

const tags = ["keys"];
const Key = named("ApiKey", ApiKey);
const KeyWithToken = z.strictObject({ key: Key, token: z.string().nullable() });
const params = z.object({ id: z.uuid() });
const POSTED = ["idempotency_in_flight", "idempotency_mismatch", "payload_too_large"] as const;
const VERSIONED = ["version_mismatch", "precondition_required"] as const;

const list = createRoute({
  method: "get",
  path: "/keys",
  tags,
  summary: "List the API keys of the organization",
  middleware: [noStore(), needs("keys.read", "keys")] as const,
  request: { query: z.strictObject(pageQuery) },
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
    201: jsonAnswer("The key and its token", KeyWithToken),
    ...problems("key_cannot", ...POSTED),
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

const change = createRoute({
  method: "patch",
  path: "/keys/{id}",
  tags,
  summary: "Change name or end of an API key",
  description: "Grants stay what the key was made with.",
  middleware: [noStore(), needs("keys.write", "keys/{id}", { fresh: true }), smallBody()] as const,
  request: { params, headers: ifMatchHeader, body: jsonBody(ChangeKey) },
  responses: {
    200: jsonAnswer("The key", Key),
    ...problems("key_cannot", "payload_too_large", ...VERSIONED),
  },
});

const rotate = createRoute({
  method: "post",
  path: "/keys/{id}/rotate",
  tags,
  summary: "Replace an API key",
  description:
    "The successor has the same settings, a new id and a new secret. The old key goes on for `grace`, never past its own end.",
  middleware: [
    noStore(),
    needs("keys.write", "keys/{id}", { fresh: true }),
    smallBody(),
    idempotent("POST /keys/{id}/rotate", { once: ["token"] }),
  ] as const,
  request: { params, headers: ifMatchHeader, body: jsonBody(RotateKey) },
  responses: {
    201: jsonAnswer("The successor and its token", KeyWithToken),
    ...problems("key_cannot", ...POSTED, ...VERSIONED),
  },
});

const revoke = createRoute({
  method: "delete",
  path: "/keys/{id}",
  tags,
  summary: "Revoke an API key",
  description: "It stops working within 30 seconds. If-Match is checked when it is sent.",
  middleware: [noStore(), needs("keys.write", "keys/{id}", { fresh: true })] as const,
  request: { params, headers: ifMatchHeader },
  responses: {
    204: { description: "Revoked" },
    ...problems("key_cannot", "version_mismatch"),
  },
});

const portsOf = (c: AppContext): MakePorts => ({
  env: c.env,
  sql: c.var.sql,
  now: c.var.now,
  random: c.var.random,
  sid: c.var.principal.sid,
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
    const created = await createKey(portsOf(c), auditOf(c), c.req.valid("json"), c.var.subjectId);
    if (!created.ok) return refused(c, created.refusal);
    c.header("location", `/api/v1/keys/${created.value.key.id}`);
    c.header("etag", etagOf(created.value.key.version));
    return c.json(created.value, 201);
  })
  .openapi(read, async (c) => {
    const { id } = c.req.valid("param");
    const key = await c.var.sql.transaction({ org: orgOf(c) }, (tx) => readKey(tx, id));
    if (key === undefined) return refused(c, { code: "not_found" });
    c.header("etag", etagOf(key.version));
    return c.json(key, 200);
  })
  .openapi(change, async (c) => {
    const version = expectedVersion(c);
    if (!version.ok) return refused(c, version.refusal);
    const target = { id: c.req.valid("param").id, version: version.value };
    const changed = await changeKey(portsOf(c), auditOf(c), target, c.req.valid("json"));
    if (!changed.ok) return refused(c, changed.refusal);
    c.header("etag", etagOf(changed.value.version));
    return c.json(changed.value, 200);
  })
  .openapi(rotate, async (c) => {
    const version = expectedVersion(c);
    if (!version.ok) return refused(c, version.refusal);
    const rotated = await rotateKey(portsOf(c), auditOf(c), {
      id: c.req.valid("param").id,
      version: version.value,
      grace: c.req.valid("json").grace,
      subjectId: c.var.subjectId,
    });
    if (!rotated.ok) return refused(c, rotated.refusal);
    c.header("location", `/api/v1/keys/${rotated.value.key.id}`);
    c.header("etag", etagOf(rotated.value.key.version));
    return c.json(rotated.value, 201);
  })
  .openapi(revoke, async (c) => {
    const { id } = c.req.valid("param");
    // Without If-Match it stays allowed: so it was in the first release.
    const version = c.req.header("if-match") === undefined ? done(undefined) : expectedVersion(c);
    if (!version.ok) return refused(c, version.refusal);
    const ended = await endKey(portsOf(c), auditOf(c), { id, version: version.value });
    return ended.ok ? c.body(null, 204) : refused(c, ended.refusal);
  });
