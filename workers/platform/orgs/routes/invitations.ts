/** Routes of invitations: those of the organization, and what whoever has a link does with it. */
import { createRoute, z } from "@hono/zod-openapi";
import { jsonAnswer, jsonBody, named, problems } from "../../http/answers.ts";
import { actorOf, auditOf } from "../../http/audit.ts";
import { needs, orgOf, signedIn } from "../../http/authorize.ts";
import { idempotent } from "../../http/idempotency.ts";
import { pageOf, pageQuery, positionOf } from "../../http/pagination.ts";
import { createApp, type AppContext } from "../../http/plumbing.ts";
import { refused } from "../../http/problem.ts";
import { noStore, smallBody } from "../../http/security.ts";
import {
  AcceptInvitation,
  CreateInvitation,
  Invitation,
  InvitationPreview,
  InvitationWithLink,
  OrgMembership,
} from "../model.ts";
import { acceptInvitation, previewInvitation } from "../service.ts";
import { invitationView, invite, withdraw, type InvitePorts } from "../service/invitations.ts";
import { listInvitations } from "../store/invitations.ts";

const tags = ["organizations"];
const InvitationAnswer = named("Invitation", Invitation);
const POSTED = ["idempotency_in_flight", "idempotency_mismatch", "payload_too_large"] as const;

const list = createRoute({
  method: "get",
  path: "/invitations",
  tags,
  summary: "List the invitations of the organization",
  middleware: [needs("members.write", "members")] as const,
  request: { query: z.strictObject(pageQuery) },
  responses: {
    200: jsonAnswer(
      "Invitations, newest first",
      z.strictObject({ items: z.array(InvitationAnswer), next_cursor: z.string().nullable() }),
    ),
    ...problems("key_cannot", "cursor_invalid"),
  },
});

const create = createRoute({
  method: "post",
  path: "/invitations",
  tags,
  summary: "Invite somebody",
  description:
    "The link is shown in this answer only. It works once, for seven days, for the named address; without an address on a local install only.",
  middleware: [
    noStore(),
    needs("members.write", "members", { fresh: true }),
    smallBody(),
    idempotent("POST /invitations", { once: ["url"] }),
  ] as const,
  request: { body: jsonBody(CreateInvitation) },
  responses: {
    201: jsonAnswer(
      "The invitation and its link",
      InvitationWithLink.extend({ invitation: InvitationAnswer }),
    ),
    ...problems("key_cannot", ...POSTED),
  },
});

const revoke = createRoute({
  method: "delete",
  path: "/invitations/{id}",
  tags,
  summary: "Take an invitation back",
  middleware: [needs("members.write", "members")] as const,
  request: { params: z.object({ id: z.uuid() }) },
  responses: { 204: { description: "Its link is dead" }, ...problems("key_cannot") },
});

const accept = createRoute({
  method: "post",
  path: "/invitations/accept",
  tags,
  summary: "Accept an invitation",
  description: "Refresh the session with the organization's id to work in it.",
  middleware: [noStore(), signedIn(), smallBody(), idempotent("POST /invitations/accept")] as const,
  request: { body: jsonBody(AcceptInvitation) },
  responses: {
    200: jsonAnswer("The organization and your role in it", OrgMembership),
    ...problems(
      "key_cannot",
      "invite_invalid",
      "invite_email_mismatch",
      "org_suspended",
      ...POSTED,
    ),
  },
});

const preview = createRoute({
  method: "post",
  path: "/invitations/preview",
  tags,
  summary: "Read what an invitation is for",
  security: [],
  middleware: [noStore(), smallBody()] as const,
  request: { body: jsonBody(AcceptInvitation) },
  responses: {
    200: jsonAnswer("Organization, role and address", InvitationPreview),
    ...problems("invite_invalid", "payload_too_large"),
  },
});

const portsOf = (c: AppContext): InvitePorts => ({
  env: c.env,
  sql: c.var.sql,
  now: c.var.now,
  random: c.var.random,
});

export const invitationRoutes = createApp()
  .openapi(list, async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const org = orgOf(c);
    const after = await positionOf(c.env, [org, "invitations"], cursor);
    if (!after.ok) return refused(c, after.refusal);
    const rows = await c.var.sql.transaction({ org }, (tx) =>
      listInvitations(tx, after.value, limit + 1),
    );
    const now = c.var.now();
    const views = rows.map((row) => invitationView(row, now));
    return c.json(await pageOf(c.env, [org, "invitations"], views, limit), 200);
  })
  .openapi(accept, async (c) => {
    const joined = await acceptInvitation(portsOf(c), c.req.valid("json").token, actorOf(c));
    return joined.ok ? c.json(joined.value, 200) : refused(c, joined.refusal);
  })
  .openapi(preview, async (c) => {
    const found = await previewInvitation(portsOf(c), c.req.valid("json").token);
    return found.ok ? c.json(found.value, 200) : refused(c, found.refusal);
  })
  .openapi(create, async (c) => {
    const made = await invite(portsOf(c), auditOf(c), c.req.valid("json"), c.var.subjectId);
    if (!made.ok) return refused(c, made.refusal);
    c.header("location", `/api/v1/invitations/${made.value.invitation.id}`);
    return c.json(made.value, 201);
  })
  .openapi(revoke, async (c) => {
    const ended = await withdraw(portsOf(c), auditOf(c), c.req.valid("param").id);
    return ended.ok ? c.body(null, 204) : refused(c, ended.refusal);
  });
