/** Routes of spend caps, and of the overrides of limits that the operator of the installation sets. */
import { createRoute, z } from "@hono/zod-openapi";
import { jsonAnswer, jsonBody, named, problems } from "../../http/answers.ts";
import { actorOf, auditOf } from "../../http/audit.ts";
import { needs, orgOf, users } from "../../http/authorize.ts";
import { createApp } from "../../http/plumbing.ts";
import { etagOf, expectedVersion, ifMatchHeader } from "../../http/preconditions.ts";
import { refused } from "../../http/problem.ts";
import { smallBody } from "../../http/security.ts";
import { LimitOverride, PutLimit, PutSpendCap, SpendCap } from "../model.ts";
import { limitsChanged } from "../service.ts";
import { changeLimit } from "../service/limits.ts";
import { capsOf, putCap } from "../service/spending.ts";

const tags = ["usage"];
const Cap = named("SpendCap", SpendCap);
const params = z.object({ scope: SpendCap.shape.scope });

const list = createRoute({
  method: "get",
  path: "/usage/caps",
  tags,
  summary: "List the spend caps",
  middleware: [needs("usage.read", "usage/caps")] as const,
  request: { query: z.strictObject({}) },
  responses: {
    200: jsonAnswer(
      "Caps and what was spent in this month",
      z.strictObject({ items: z.array(Cap), next_cursor: z.null() }),
    ),
    ...problems(),
  },
});

const read = createRoute({
  method: "get",
  path: "/usage/caps/{scope}",
  tags,
  summary: "Read a spend cap",
  middleware: [needs("usage.read", "usage/caps/{scope}")] as const,
  request: { params },
  responses: { 200: jsonAnswer("The cap", Cap), ...problems() },
});

const put = createRoute({
  method: "put",
  path: "/usage/caps/{scope}",
  tags,
  summary: "Set a spend cap",
  description:
    "Notices are given at 50, 75 and 100 percent, once a month each. `suspend` refuses new metered work at 100 percent. The first cap of a scope needs no If-Match. Caps of single apps come with the apps.",
  middleware: [needs("usage.write", "usage/caps/{scope}"), smallBody()] as const,
  request: { params, headers: ifMatchHeader, body: jsonBody(PutSpendCap) },
  responses: {
    200: jsonAnswer("The cap", Cap),
    201: jsonAnswer("The first cap of this scope", Cap),
    ...problems(
      "payload_too_large",
      "version_mismatch",
      "precondition_required",
      "not_implemented",
    ),
  },
});

const limitParams = z.object({ id: z.uuid(), name: LimitOverride });
const override = createRoute({
  method: "put",
  path: "/admin/orgs/{id}/limits/{name}",
  tags: ["installation"],
  summary: "Give an organization another limit than its tier's",
  description: "For owners of the reserved organization `platform`. Null is unlimited.",
  middleware: [needs("install.admin", "orgs/{id}", { fresh: true }), users(), smallBody()] as const,
  request: { params: limitParams, body: jsonBody(PutLimit) },
  responses: { 204: { description: "Changed" }, ...problems("key_cannot", "payload_too_large") },
});

const giveBack = createRoute({
  method: "delete",
  path: "/admin/orgs/{id}/limits/{name}",
  tags: ["installation"],
  summary: "Give an organization its tier's limit back",
  middleware: [needs("install.admin", "orgs/{id}", { fresh: true }), users()] as const,
  request: { params: limitParams },
  responses: { 204: { description: "Changed" }, ...problems("key_cannot") },
});

export const capRoutes = createApp()
  .openapi(list, async (c) => {
    const items = await capsOf(c.var.sql, orgOf(c), c.var.now());
    return c.json({ items: [...items], next_cursor: null }, 200);
  })
  .openapi(read, async (c) => {
    const { scope } = c.req.valid("param");
    const caps = await capsOf(c.var.sql, orgOf(c), c.var.now());
    const cap = caps.find((one) => one.scope === scope);
    if (cap === undefined) return refused(c, { code: "not_found" });
    c.header("etag", etagOf(cap.version));
    return c.json(cap, 200);
  })
  .openapi(put, async (c) => {
    const { scope } = c.req.valid("param");
    if (scope !== "org") return refused(c, { code: "not_implemented", detail: APPS_LATER });
    const { env, var: vars } = c;
    const ports = { env, sql: vars.sql, now: vars.now, log: vars.log };
    const wish = { scope, cap: c.req.valid("json"), version: expectedVersion(c) };
    const stored = await putCap(ports, auditOf(c), wish);
    if (!stored.ok) return refused(c, stored.refusal);
    await limitsChanged(env, orgOf(c));
    c.header("etag", etagOf(stored.value.cap.version));
    c.header("location", `/api/v1/usage/caps/${scope}`);
    return c.json(stored.value.cap, stored.value.created ? 201 : 200);
  })
  .openapi(override, async (c) => {
    const { id, name } = c.req.valid("param");
    const { value } = c.req.valid("json");
    const changed = await changeLimit(c.var.sql, { org: id, ...actorOf(c) }, { name, value });
    if (!changed.ok) return refused(c, changed.refusal);
    await limitsChanged(c.env, id);
    return c.body(null, 204);
  })
  .openapi(giveBack, async (c) => {
    const { id, name } = c.req.valid("param");
    const origin = { org: id, ...actorOf(c) };
    const changed = await changeLimit(c.var.sql, origin, { name, value: undefined });
    if (!changed.ok) return refused(c, changed.refusal);
    await limitsChanged(c.env, id);
    return c.body(null, 204);
  });

const APPS_LATER = "Apps are not built yet: use the scope org.";
