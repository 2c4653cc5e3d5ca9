/** Routes of members: list, change, remove. */
import { createRoute, z } from "@hono/zod-openapi";
import { jsonAnswer, jsonBody, named, problems } from "../../http/answers.ts";
import { actorOf, auditOf } from "../../http/audit.ts";
import { needs, orgOf, signedIn } from "../../http/authorize.ts";
import { pageOf, pageQuery, positionOf } from "../../http/pagination.ts";
import { createApp } from "../../http/plumbing.ts";
import { etagOf, expectedVersion, ifMatchHeader } from "../../http/preconditions.ts";
import { refused } from "../../http/problem.ts";
import { smallBody } from "../../http/security.ts";
import { ChangeMember, Member } from "../model.ts";
import { leaveOrg } from "../service/leaving.ts";
import { changeMember, removeMember } from "../service/members.ts";
import { listMembers } from "../store/members.ts";

const tags = ["organizations"];
const MemberAnswer = named("Member", Member);
const params = z.object({ user: z.uuid() });
const VERSIONED = ["version_mismatch", "precondition_required"] as const;

const list = createRoute({
  method: "get",
  path: "/members",
  tags,
  summary: "List the members of the organization",
  middleware: [needs("members.read", "members")] as const,
  request: { query: z.strictObject(pageQuery) },
  responses: {
    200: jsonAnswer(
      "Members, newest first",
      z.strictObject({ items: z.array(MemberAnswer), next_cursor: z.string().nullable() }),
    ),
    ...problems("cursor_invalid"),
  },
});

const change = createRoute({
  method: "patch",
  path: "/members/{user}",
  tags,
  summary: "Change role or grants of a member",
  description:
    "Nobody gives a role above their own; only owners change owners; one owner always stays. If-Match takes the version of the list.",
  middleware: [needs("members.write", "members/{user}", { fresh: true }), smallBody()] as const,
  request: { params, headers: ifMatchHeader, body: jsonBody(ChangeMember) },
  responses: {
    200: jsonAnswer("The member", MemberAnswer),
    ...problems("key_cannot", "last_owner", "payload_too_large", ...VERSIONED),
  },
});

const remove = createRoute({
  method: "delete",
  path: "/members/{user}",
  tags,
  summary: "Remove a member",
  description: "The keys they made are revoked, unless keep_keys=true; so are their invitations.",
  middleware: [needs("members.write", "members/{user}", { fresh: true })] as const,
  request: {
    params,
    headers: ifMatchHeader,
    query: z.strictObject({ keep_keys: z.enum(["true", "false"]).default("false") }),
  },
  responses: {
    204: { description: "Removed" },
    ...problems("key_cannot", "last_owner", ...VERSIONED),
  },
});

const leave = createRoute({
  method: "delete",
  path: "/me/memberships/{org}",
  tags,
  summary: "Leave an organization",
  description:
    "In every role, but not as its last owner. The keys you made there are revoked; so are your invitations.",
  middleware: [signedIn({ fresh: true })] as const,
  request: { params: z.object({ org: z.uuid() }) },
  responses: {
    204: { description: "You are no member any more" },
    ...problems("key_cannot", "last_owner"),
  },
});

export const memberRoutes = createApp()
  .openapi(list, async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const org = orgOf(c);
    const after = await positionOf(c.env, [org, "members"], cursor);
    if (!after.ok) return refused(c, after.refusal);
    const members = await c.var.sql.transaction({ org }, (tx) =>
      listMembers(tx, org, after.value, limit + 1),
    );
    const rows = members.map((member) => ({
      member,
      id: member.user_id,
      created_at: member.created_at,
    }));
    const { items, next_cursor } = await pageOf(c.env, [org, "members"], rows, limit);
    return c.json({ items: items.map(({ member }) => member), next_cursor }, 200);
  })
  .openapi(change, async (c) => {
    const version = expectedVersion(c);
    if (!version.ok) return refused(c, version.refusal);
    const target = { userId: c.req.valid("param").user, version: version.value };
    const changed = await changeMember(c.var.sql, auditOf(c), target, c.req.valid("json"));
    if (!changed.ok) return refused(c, changed.refusal);
    c.header("etag", etagOf(changed.value.version));
    return c.json(changed.value, 200);
  })
  .openapi(remove, async (c) => {
    const version = expectedVersion(c);
    if (!version.ok) return refused(c, version.refusal);
    const removed = await removeMember(c.var.sql, auditOf(c), {
      userId: c.req.valid("param").user,
      version: version.value,
      keepKeys: c.req.valid("query").keep_keys === "true",
    });
    return removed.ok ? c.body(null, 204) : refused(c, removed.refusal);
  })
  .openapi(leave, async (c) => {
    const left = await leaveOrg(c.var.sql, { org: c.req.valid("param").org, ...actorOf(c) });
    return left.ok ? c.body(null, 204) : refused(c, left.refusal);
  });
