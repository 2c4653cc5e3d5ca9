/** Routes of sessions: opening the first one by a link, refreshing, ending. */
import { createRoute } from "@hono/zod-openapi";
import { jsonAnswer, jsonBody, problems } from "../../http/answers.ts";
import { createApp } from "../../http/plumbing.ts";
import { refused } from "../../http/problem.ts";
import { noStore, ownPagesOnly, smallBody } from "../../http/security.ts";
import { AccessToken, LinkLogin, Refresh, Setup } from "../model.ts";
import { logInByLink, setUp } from "../service/links.ts";
import { endSession, refreshSession } from "../service/sessions.ts";
import {
  dropRefreshCookie,
  portsOf,
  refreshCookieOf,
  setRefreshCookie,
  signedInBy,
  visitorOf,
  withCookies,
} from "./cookies.ts";

const tags = ["identity"];
const opened = jsonAnswer("An access token; the refresh token is set as a cookie", AccessToken);

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

export const identityRoutes = createApp()
  .openapi(setup, async (c) => {
    const session = await setUp(portsOf(c), c.req.valid("json"), visitorOf(c));
    if (!session.ok) return refused(c, session.refusal);
    return c.json(signedInBy(c, session.value), 201);
  })
  .openapi(link, async (c) => {
    const session = await logInByLink(portsOf(c), c.req.valid("json").token, visitorOf(c));
    if (!session.ok) return refused(c, session.refusal);
    return c.json(signedInBy(c, session.value), 201);
  })
  .openapi(refresh, async (c) => {
    const refreshed = await refreshSession(
      portsOf(c),
      refreshCookieOf(c),
      c.req.valid("json").org_id,
      visitorOf(c),
    );
    if (refreshed.ok) return c.json(signedInBy(c, refreshed.value), 200);
    if (refreshed.refreshToken !== undefined) setRefreshCookie(c, refreshed.refreshToken);
    else dropRefreshCookie(c);
    return withCookies(c, refused(c, refreshed.refusal));
  })
  .openapi(logout, async (c) => {
    await endSession(portsOf(c), refreshCookieOf(c), visitorOf(c));
    dropRefreshCookie(c);
    return c.body(null, 204);
  });
