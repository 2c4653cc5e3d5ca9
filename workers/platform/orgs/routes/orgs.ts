/** Routes of organizations: those of the user, and the one the credential belongs to. */
import { createRoute, z } from "@hono/zod-openapi";
import { configurationOf } from "../../adapters/configuration.ts";
import { jsonAnswer, jsonBody, named, problems } from "../../http/answers.ts";
import { actorOf, auditOf } from "../../http/audit.ts";
import { needs, orgOf, signedIn } from "../../http/authorize.ts";
import { idempotent } from "../../http/idempotency.ts";
import { createApp } from "../../http/plumbing.ts";
import { etagOf, expectedVersion, ifMatchHeader } from "../../http/preconditions.ts";
import { refused } from "../../http/problem.ts";
import { smallBody } from "../../http/security.ts";
import { ChangeOrg, CreateOrg, Org, OrgMembership } from "../model.ts";
import { membershipsOf } from "../service.ts";
import { changeOrg, deleteOrg, foundOrg, runsInstallation } from "../service/orgs.ts";
import { readOrg } from "../store/orgs.ts";

const tags = ["organizations"];
const OrgAnswer = named("Org", Org);
const VERSIONED = ["version_mismatch", "precondition_required"] as const;

const list = createRoute({
  method: "get",
  path: "/orgs",
  tags,
  summary: "List your organizations",
  middleware: [signedIn()] as const,
  responses: {
    200: jsonAnswer(
      "Organizations and your role in each",
      z.strictObject({ items: z.array(OrgMembership), next_cursor: z.null() }),
    ),
    ...problems("key_cannot"),
  },
});

const create = createRoute({
  method: "post",
  path: "/orgs",
  tags,
  summary: "Make an organization",
  description:
    "You become its owner. Anybody may where sign-up is open, else who runs the installation. Refresh the session with its org_id to work in it.",
  middleware: [signedIn(), smallBody(), idempotent("POST /orgs")] as const,
  request: { body: jsonBody(CreateOrg) },
  responses: {
    201: jsonAnswer("The organization", OrgAnswer),
    ...problems(
      "key_cannot",
      "name_taken",
      "idempotency_in_flight",
      "idempotency_mismatch",
      "payload_too_large",
    ),
  },
});

const read = createRoute({
  method: "get",
  path: "/org",
  tags,
  summary: "Read the organization of the credential",
  middleware: [needs("org.read", "org")] as const,
  responses: { 200: jsonAnswer("The organization", OrgAnswer), ...problems() },
});

const change = createRoute({
  method: "patch",
  path: "/org",
  tags,
  summary: "Rename the organization",
  description: "Its short name stays.",
  middleware: [needs("org.write", "org"), smallBody()] as const,
  request: { headers: ifMatchHeader, body: jsonBody(ChangeOrg) },
  responses: {
    200: jsonAnswer("The organization", OrgAnswer),
    ...problems("key_cannot", "payload_too_large", ...VERSIONED),
  },
});

const remove = createRoute({
  method: "delete",
  path: "/org",
  tags,
  summary: "Delete the organization",
  description:
    "Its credentials are refused from now on. For 30 days the operator of the installation can restore it; then everything goes but its audit chain.",
  middleware: [needs("org.delete", "org", { fresh: true })] as const,
  request: { headers: ifMatchHeader },
  responses: {
    204: { description: "It is being deleted" },
    ...problems("key_cannot", ...VERSIONED),
  },
});

export const orgRoutes = createApp()
  .openapi(list, async (c) => {
    const items = await membershipsOf(c.var.sql, c.var.principal.id);
    return c.json({ items: [...items], next_cursor: null }, 200);
  })
  .openapi(create, async (c) => {
    const { signup, defaultTier } = configurationOf(c.env);
    if (signup !== "open" && !(await runsInstallation(c.var.sql, c.var.principal.id)))
      return refused(c, { code: "forbidden", detail: "The permission install.admin is needed." });
    const made = await foundOrg(c.var.sql, actorOf(c), {
      id: c.var.subjectId,
      name: c.req.valid("json").name,
      tier: defaultTier,
    });
    if (!made.ok) return refused(c, made.refusal);
    c.header("location", "/api/v1/org");
    c.header("etag", etagOf(made.value.version));
    return c.json(made.value, 201);
  })
  .openapi(read, async (c) => {
    const org = await c.var.sql.transaction({ org: orgOf(c) }, (tx) => readOrg(tx, orgOf(c)));
    if (org === undefined) return refused(c, { code: "not_found" });
    c.header("etag", etagOf(org.version));
    return c.json(org, 200);
  })
  .openapi(change, async (c) => {
    const version = expectedVersion(c);
    if (!version.ok) return refused(c, version.refusal);
    const { name } = c.req.valid("json");
    const changed = await changeOrg(c.var.sql, auditOf(c), version.value, name);
    if (!changed.ok) return refused(c, changed.refusal);
    c.header("etag", etagOf(changed.value.version));
    return c.json(changed.value, 200);
  })
  .openapi(remove, async (c) => {
    const version = expectedVersion(c);
    if (!version.ok) return refused(c, version.refusal);
    const begun = await deleteOrg(c.var.sql, auditOf(c), version.value);
    return begun.ok ? c.body(null, 204) : refused(c, begun.refusal);
  });
