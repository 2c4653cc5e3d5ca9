/** Routes of the operator of the installation: all organizations, their tier and status. */
import { createRoute, z } from "@hono/zod-openapi";
import { jsonAnswer, jsonBody, named, problems } from "../../http/answers.ts";
import { actorOf } from "../../http/audit.ts";
import { needs, orgOf, users } from "../../http/authorize.ts";
import { pageOf, pageQuery, positionOf } from "../../http/pagination.ts";
import { createApp, type AppContext } from "../../http/plumbing.ts";
import { etagOf, expectedVersion, ifMatchHeader } from "../../http/preconditions.ts";
import { refused } from "../../http/problem.ts";
import { smallBody } from "../../http/security.ts";
import type { Result } from "../../model.ts";
import { AdminOrg, ChangeStatus, ChangeTier } from "../model.ts";
import { changeStatus, changeTier, type AdminTarget } from "../service/orgs.ts";
import { listAllOrgs } from "../store/orgs.ts";
import { limitsChanged } from "../../usage/service.ts";

const tags = ["installation"];
const AdminOrgAnswer = named("AdminOrg", AdminOrg);
const params = z.object({ id: z.uuid() });
const changed = {
  200: jsonAnswer("The organization", AdminOrgAnswer),
  ...problems("key_cannot", "payload_too_large", "version_mismatch", "precondition_required"),
};

const list = createRoute({
  method: "get",
  path: "/admin/orgs",
  tags,
  summary: "List all organizations of the installation",
  description: "For owners of the reserved organization `platform`.",
  middleware: [needs("install.admin", "orgs")] as const,
  request: { query: z.strictObject(pageQuery) },
  responses: {
    200: jsonAnswer(
      "Organizations, newest first",
      z.strictObject({ items: z.array(AdminOrgAnswer), next_cursor: z.string().nullable() }),
    ),
    ...problems("cursor_invalid"),
  },
});

const tier = createRoute({
  method: "put",
  path: "/admin/orgs/{id}/tier",
  tags,
  summary: "Change the tier of an organization",
  middleware: [needs("install.admin", "orgs/{id}", { fresh: true }), users(), smallBody()] as const,
  request: { params, headers: ifMatchHeader, body: jsonBody(ChangeTier) },
  responses: changed,
});

const status = createRoute({
  method: "put",
  path: "/admin/orgs/{id}/status",
  tags,
  summary: "Suspend an organization, or let it work again",
  description: "Also one that is being deleted, for 30 days.",
  middleware: [needs("install.admin", "orgs/{id}", { fresh: true }), users(), smallBody()] as const,
  request: { params, headers: ifMatchHeader, body: jsonBody(ChangeStatus) },
  responses: changed,
});

function answer(c: AppContext, result: Result<AdminOrg>) {
  if (!result.ok) return refused(c, result.refusal);
  c.header("etag", etagOf(result.value.version));
  return c.json(result.value, 200);
}

export const adminRoutes = createApp()
  .openapi(list, async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const org = orgOf(c);
    const after = await positionOf(c.env, [org, "admin/orgs"], cursor);
    if (!after.ok) return refused(c, after.refusal);
    const rows = await c.var.sql.transaction({ org }, (tx) =>
      listAllOrgs(tx, after.value, limit + 1),
    );
    return c.json(await pageOf(c.env, [org, "admin/orgs"], rows, limit), 200);
  })
  .openapi(tier, async (c) => {
    const version = expectedVersion(c);
    if (!version.ok) return refused(c, version.refusal);
    const target: AdminTarget = { orgId: c.req.valid("param").id, version: version.value };
    const wish = c.req.valid("json");
    const changed = await changeTier(c.var.sql, actorOf(c), target, wish.tier);
    if (changed.ok) await limitsChanged(c.env, target.orgId);
    return answer(c, changed);
  })
  .openapi(status, async (c) => {
    const version = expectedVersion(c);
    if (!version.ok) return refused(c, version.refusal);
    const target: AdminTarget = { orgId: c.req.valid("param").id, version: version.value };
    const wish = c.req.valid("json");
    return answer(c, await changeStatus(c.var.sql, actorOf(c), target, wish.status));
  });
