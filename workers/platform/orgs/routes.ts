/** Routes of organizations: those of the user, and the one the credential belongs to. */
import { createRoute, z } from "@hono/zod-openapi";
import { jsonAnswer, problems } from "../http/answers.ts";
import { needs, orgOf, signedIn } from "../http/authorize.ts";
import { createApp } from "../http/plumbing.ts";
import { refused } from "../http/problem.ts";
import { Org, OrgMembership } from "./model.ts";
import { membershipsOf } from "./service.ts";
import { readOrg } from "./store/orgs.ts";

const tags = ["organizations"];

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

const read = createRoute({
  method: "get",
  path: "/org",
  tags,
  summary: "Read the organization of the credential",
  middleware: [needs("org.read", "org")] as const,
  responses: { 200: jsonAnswer("The organization", Org), ...problems() },
});

export const orgRoutes = createApp()
  .openapi(list, async (c) => {
    const items = await membershipsOf(c.var.sql, c.var.principal.id);
    return c.json({ items: [...items], next_cursor: null }, 200);
  })
  .openapi(read, async (c) => {
    const org = await c.var.sql.transaction({ org: orgOf(c) }, (tx) => readOrg(tx, orgOf(c)));
    return org === undefined ? refused(c, { code: "not_found" }) : c.json(org, 200);
  });
