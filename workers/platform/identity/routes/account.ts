/** Routes of the signed-in user: name, sessions, identities, and ending everything at once. */
import { createRoute, z } from "@hono/zod-openapi";
import { configurationOf } from "../../adapters/configuration.ts";
import { jsonAnswer, jsonBody, problems } from "../../http/answers.ts";
import { actorOf } from "../../http/audit.ts";
import { signedIn } from "../../http/authorize.ts";
import { createApp, type AppContext } from "../../http/plumbing.ts";
import { refused } from "../../http/problem.ts";
import { grantText } from "../../http/rules.ts";
import { noStore, smallBody } from "../../http/security.ts";
import type { OrgMembership } from "../../orgs/model.ts";
import { membershipsOf } from "../../orgs/service.ts";
import { PLATFORM_ORG_ID } from "../../tasks/rules.ts";
import { ChangeMe, IdentityView, Me, SessionView } from "../model.ts";
import {
  endSessionById,
  identitiesOf,
  rename,
  revokeAll,
  sessionsOf,
  unlinkIdentity,
  type Account,
} from "../service/account.ts";
import { profileOf } from "../service/seats.ts";
import { dropRefreshCookie, portsOf } from "./cookies.ts";

const tags = ["identity"];
/** Session and membership are read again: these routes change who may do what [TK17]. */
const FRESH = { fresh: true };
const idParam = z.object({ id: z.uuid() });
const listOf = <S extends z.ZodType>(item: S) =>
  z.strictObject({ items: z.array(item), next_cursor: z.null() });

const me = createRoute({
  method: "get",
  path: "/me",
  tags,
  summary: "Who is signed in, and what they may do",
  middleware: [noStore(), signedIn()] as const,
  responses: { 200: jsonAnswer("The user", Me), ...problems("key_cannot") },
});

const change = createRoute({
  method: "patch",
  path: "/me",
  tags,
  summary: "Change your name",
  middleware: [noStore(), signedIn(), smallBody()] as const,
  request: { body: jsonBody(ChangeMe) },
  responses: { 200: jsonAnswer("The user", Me), ...problems("key_cannot", "payload_too_large") },
});

const sessions = createRoute({
  method: "get",
  path: "/me/sessions",
  tags,
  summary: "List your sessions",
  middleware: [noStore(), signedIn()] as const,
  request: { query: z.strictObject({}) },
  responses: {
    200: jsonAnswer("Living sessions, newest first", listOf(SessionView)),
    ...problems("key_cannot"),
  },
});

const endSession = createRoute({
  method: "delete",
  path: "/me/sessions/{id}",
  tags,
  summary: "End one of your sessions",
  middleware: [noStore(), signedIn(FRESH)] as const,
  request: { params: idParam },
  responses: { 204: { description: "The session has ended" }, ...problems("key_cannot") },
});

const identities = createRoute({
  method: "get",
  path: "/me/identities",
  tags,
  summary: "List the identities that sign you in",
  middleware: [noStore(), signedIn()] as const,
  request: { query: z.strictObject({}) },
  responses: {
    200: jsonAnswer("Identities, oldest first", listOf(IdentityView)),
    ...problems("key_cannot"),
  },
});

const unlink = createRoute({
  method: "delete",
  path: "/me/identities/{id}",
  tags,
  summary: "Remove an identity",
  middleware: [noStore(), signedIn(FRESH)] as const,
  request: { params: idParam },
  responses: {
    204: { description: "The identity is removed" },
    ...problems("key_cannot", "last_identity"),
  },
});

const everywhere = createRoute({
  method: "post",
  path: "/me/revoke-all",
  tags,
  summary: "End all your sessions and revoke all keys you made",
  description: "Repeating it does no harm: the session it was asked from has ended as well.",
  middleware: [noStore(), signedIn(FRESH)] as const,
  responses: {
    204: { description: "Every session has ended, this one too" },
    ...problems("key_cannot"),
  },
});

export const accountRoutes = createApp()
  .openapi(me, async (c) => {
    const user = await meOf(c);
    return user === undefined ? refused(c, { code: "unauthenticated" }) : c.json(user, 200);
  })
  .openapi(change, async (c) => {
    const { name } = c.req.valid("json");
    if (name !== undefined) await rename(portsOf(c), accountOf(c), name);
    const user = await meOf(c);
    return user === undefined ? refused(c, { code: "unauthenticated" }) : c.json(user, 200);
  })
  .openapi(sessions, async (c) => {
    const items = await sessionsOf(portsOf(c), accountOf(c));
    return c.json({ items: [...items], next_cursor: null }, 200);
  })
  .openapi(endSession, async (c) => {
    const ended = await endSessionById(portsOf(c), accountOf(c), c.req.valid("param").id);
    return ended.ok ? c.body(null, 204) : refused(c, ended.refusal);
  })
  .openapi(identities, async (c) => {
    const items = await identitiesOf(portsOf(c), accountOf(c));
    return c.json({ items: [...items], next_cursor: null }, 200);
  })
  .openapi(unlink, async (c) => {
    const removed = await unlinkIdentity(portsOf(c), accountOf(c), c.req.valid("param").id);
    return removed.ok ? c.body(null, 204) : refused(c, removed.refusal);
  })
  .openapi(everywhere, async (c) => {
    await revokeAll(portsOf(c), accountOf(c));
    dropRefreshCookie(c);
    return c.body(null, 204);
  });

const accountOf = (c: AppContext): Account => {
  const { principal } = c.var;
  return {
    userId: principal.id,
    sid: principal.sid,
    origin: { org: principal.org ?? PLATFORM_ORG_ID, ...actorOf(c) },
  };
};

async function meOf(c: AppContext): Promise<Me | undefined> {
  const { principal, sql } = c.var;
  const profile = await profileOf(sql, principal.id);
  if (profile?.status !== "active") return undefined;
  const orgs = [...(await membershipsOf(sql, principal.id))];
  return {
    user: { id: profile.id, name: profile.name, email: profile.email },
    org: orgs.find((org) => org.id === principal.org) ?? null,
    orgs,
    grants: principal.grants.map(grantText),
    may_create_orgs: configurationOf(c.env).signup === "open" || orgs.some(runsInstallation),
  };
}

/** An owner of the reserved organization. */
const runsInstallation = (org: OrgMembership): boolean =>
  org.id === PLATFORM_ORG_ID && org.role === "owner";
