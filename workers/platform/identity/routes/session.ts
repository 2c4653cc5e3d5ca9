/** Routes of signing in and of the signed-in user. */
import { createRoute, z } from "@hono/zod-openapi";
import { getCookie, setCookie } from "hono/cookie";
import { configurationOf } from "../../adapters/configuration.ts";
import { jsonAnswer, jsonBody, problems } from "../../http/answers.ts";
import { signedIn } from "../../http/authorize.ts";
import { createApp, type AppContext } from "../../http/plumbing.ts";
import { refused } from "../../http/problem.ts";
import { grantText } from "../../http/rules.ts";
import { noStore, ownPagesOnly, smallBody } from "../../http/security.ts";
import { membershipsOf } from "../../orgs/service.ts";
import { AccessToken, LinkLogin, Me, Refresh, SESSION_MS, Setup } from "../model.ts";
import { logInByLink, setUp } from "../service/links.ts";
import { profileOf } from "../service/seats.ts";
import { endSession, refreshSession, type Opened, type SessionPorts } from "../service/sessions.ts";

const tags = ["identity"];
const opened = jsonAnswer("An access token; the refresh token is set as a cookie", AccessToken);

const providers = createRoute({
  method: "get",
  path: "/auth/providers",
  tags,
  summary: "List the ways to sign in",
  description: "A local install signs in by the link that `npm run login` prints.",
  responses: {
    200: jsonAnswer(
      "Providers; none on a local install",
      z.strictObject({
        items: z.array(z.strictObject({ id: z.string(), name: z.string() })),
      }),
    ),
    ...problems(),
  },
});

const setup = createRoute({
  method: "post",
  path: "/auth/setup",
  tags,
  summary: "Make the first user and organization",
  middleware: [noStore(), smallBody()] as const,
  request: { body: jsonBody(Setup) },
  responses: { 201: opened, ...problems("setup_token_invalid", "setup_done", "payload_too_large") },
});

const link = createRoute({
  method: "post",
  path: "/auth/link",
  tags,
  summary: "Sign in by a link",
  middleware: [noStore(), smallBody()] as const,
  request: { body: jsonBody(LinkLogin) },
  responses: { 201: opened, ...problems("link_invalid", "payload_too_large") },
});

const refresh = createRoute({
  method: "post",
  path: "/auth/refresh",
  tags,
  summary: "Exchange the refresh cookie for an access token",
  middleware: [noStore(), ownPagesOnly(), smallBody()] as const,
  request: { body: jsonBody(Refresh) },
  responses: {
    200: opened,
    ...problems(
      "refresh_invalid",
      "refresh_reused",
      "org_suspended",
      "unsupported_media_type",
      "payload_too_large",
    ),
  },
});

const logout = createRoute({
  method: "post",
  path: "/auth/logout",
  tags,
  summary: "End the session",
  middleware: [noStore(), ownPagesOnly()] as const,
  responses: {
    204: { description: "The session has ended" },
    ...problems("unsupported_media_type"),
  },
});

const me = createRoute({
  method: "get",
  path: "/me",
  tags,
  summary: "Who is signed in, and what they may do",
  middleware: [noStore(), signedIn()] as const,
  responses: { 200: jsonAnswer("The user", Me), ...problems("key_cannot") },
});

export const identityRoutes = createApp()
  .openapi(providers, (c) => c.json({ items: [] }, 200))
  .openapi(setup, async (c) => {
    const session = await setUp(portsOf(c), c.req.valid("json"), userAgentOf(c));
    if (!session.ok) return refused(c, session.refusal);
    return c.json(signedInBy(c, session.value), 201);
  })
  .openapi(link, async (c) => {
    const session = await logInByLink(portsOf(c), c.req.valid("json").token, userAgentOf(c));
    if (!session.ok) return refused(c, session.refusal);
    return c.json(signedInBy(c, session.value), 201);
  })
  .openapi(refresh, async (c) => {
    const refreshed = await refreshSession(portsOf(c), cookieOf(c), c.req.valid("json").org_id);
    if (refreshed.ok) return c.json(signedInBy(c, refreshed.value), 200);
    if (refreshed.refreshToken !== undefined) setRefreshCookie(c, refreshed.refreshToken);
    else dropRefreshCookie(c);
    return withCookies(c, refused(c, refreshed.refusal));
  })
  .openapi(logout, async (c) => {
    await endSession(portsOf(c), cookieOf(c));
    dropRefreshCookie(c);
    return c.body(null, 204);
  })
  .openapi(me, async (c) => {
    const { principal, sql } = c.var;
    const profile = await profileOf(sql, principal.id);
    if (profile === undefined) return refused(c, { code: "unauthenticated" });
    const orgs = [...(await membershipsOf(sql, principal.id))];
    return c.json(
      {
        user: { id: profile.id, name: profile.name, email: profile.email },
        org: orgs.find((org) => org.id === principal.org) ?? null,
        orgs,
        grants: principal.grants.map(grantText),
      },
      200,
    );
  });

export const portsOf = (c: AppContext): SessionPorts => ({
  env: c.env,
  sql: c.var.sql,
  now: c.var.now,
  random: c.var.random,
});

const USER_AGENT_CHARS_MAX = 300;
const userAgentOf = (c: AppContext): string | null =>
  c.req.header("user-agent")?.slice(0, USER_AGENT_CHARS_MAX) ?? null;

const isHttps = (c: AppContext): boolean => configurationOf(c.env).issuer.startsWith("https:");
/** `__Host-` binds a cookie to this host; browsers take it over https only [TK14]. */
const cookieName = (c: AppContext): string => (isHttps(c) ? "__Host-ew_refresh" : "ew_refresh");
const cookieOf = (c: AppContext): string => getCookie(c, cookieName(c)) ?? "";

function signedInBy(c: AppContext, session: Opened): AccessToken {
  setRefreshCookie(c, session.refreshToken);
  return session.body;
}

const setRefreshCookie = (c: AppContext, token: string): void =>
  writeCookie(c, token, SESSION_MS / 1000);
const dropRefreshCookie = (c: AppContext): void => writeCookie(c, "", 0);

function writeCookie(c: AppContext, value: string, maxAge: number): void {
  setCookie(c, cookieName(c), value, {
    httpOnly: true,
    secure: isHttps(c),
    sameSite: "Strict",
    path: "/",
    maxAge,
  });
}

/** A raw Response does not take over the cookies set on the context. */
function withCookies<R extends Response>(c: AppContext, response: R): R {
  for (const cookie of c.res.headers.getSetCookie()) response.headers.append("set-cookie", cookie);
  return response;
}
