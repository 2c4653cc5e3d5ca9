/** Routes of signing in at a provider, and of joining a local install by invitation. */
import { createRoute, z } from "@hono/zod-openapi";
import { configurationOf } from "../../adapters/configuration.ts";
import { jsonAnswer, jsonBody, problems } from "../../http/answers.ts";
import type { ProblemCode } from "../../http/model.ts";
import { createApp, type AppContext } from "../../http/plumbing.ts";
import { declared, describeError, refused } from "../../http/problem.ts";
import { noStore, smallBody } from "../../http/security.ts";
import { Fault } from "../../model.ts";
import { AccessToken, Intent, InviteLogin, ProviderId, Providers } from "../model.ts";
import { safeReturn, withQuery } from "../rules/entry.ts";
import { joinByName } from "../service/invited.ts";
import {
  finishSignIn,
  redirectUri,
  settingOf,
  startSignIn,
  type SignInPorts,
} from "../service/sign-in.ts";
import {
  dropSignInCookie,
  portsOf,
  refreshCookieOf,
  setSignInCookie,
  signedInBy,
  signInCookieOf,
  visitorOf,
  withCookies,
} from "./cookies.ts";

const tags = ["identity"];

const providers = createRoute({
  method: "get",
  path: "/auth/providers",
  tags,
  summary: "List the ways to sign in",
  description:
    "`command` is what makes a sign-in link on the machine of a local install, elsewhere null.",
  responses: { 200: jsonAnswer("Providers that are set up", Providers), ...problems() },
});

const params = z.object({ provider: ProviderId });
const moved = (description: string) => ({
  302: {
    description,
    headers: z.object({ location: z.string() }),
  },
});

const start = createRoute({
  method: "get",
  path: "/auth/{provider}/start",
  tags,
  summary: "Send a browser to a provider",
  description:
    "With `intent=link` the identity is added to the signed-in user, whose sign-in must be at most ten minutes old. What goes wrong leads to `/login?error=<code>`, for linking to `return_to?error=<code>`.",
  middleware: [noStore()] as const,
  request: {
    params,
    query: z.strictObject({
      return_to: z.string().max(4_000).optional().describe("A path of this installation."),
      intent: Intent.default("login"),
    }),
  },
  responses: { ...moved("To the provider"), ...problems() },
});

const callback = createRoute({
  method: "get",
  path: "/auth/{provider}/callback",
  tags,
  summary: "Take a browser back from a provider",
  description:
    "Leads to `return_to`, with `linked=<provider>` added where an identity was attached by its address; what goes wrong to `/login?error=<code>`, for linking to `return_to?error=<code>`.",
  middleware: [noStore()] as const,
  request: {
    params,
    query: z.looseObject({
      code: z.string().optional(),
      state: z.string().optional(),
      iss: z.string().optional(),
      error: z.string().optional(),
    }),
  },
  responses: { ...moved("Into the console"), ...problems() },
});

const invite = createRoute({
  method: "post",
  path: "/auth/invite",
  tags,
  summary: "Join by an invitation that names nobody",
  description: "On a local install only: whoever has the link becomes a user with this name.",
  middleware: [noStore(), smallBody()] as const,
  request: { body: jsonBody(InviteLogin) },
  responses: {
    201: jsonAnswer("An access token; the refresh token is set as a cookie", AccessToken),
    ...problems("invite_invalid", "invite_email_mismatch", "org_suspended", "payload_too_large"),
  },
});

export const signInRoutes = createApp()
  .openapi(providers, (c) => {
    const { providers: known, environment } = configurationOf(c.env);
    const items = known.map(({ id, name }) => ({ id, name }));
    return c.json({ items, command: environment === "local" ? "npm run login" : null }, 200);
  })
  .openapi(start, async (c) => {
    const { provider } = c.req.valid("param");
    const { return_to: returnTo, intent } = c.req.valid("query");
    if (settingOf(c.env, provider) === undefined) return refused(c, { code: "not_found" });
    const home = new URL(redirectUri(c.env, provider)).origin;
    const here = new URL(c.req.url);
    // The cookie must be set for the host the provider sends the browser back to.
    if (here.host !== new URL(home).host) return go(c, `${home}${here.pathname}${here.search}`);
    // Another site, or an app on another port, cannot begin to link an identity in the user's name.
    if (intent === "link" && !isOwnPage(c)) return toLogin(c, "forbidden");
    const refreshToken = refreshCookieOf(c);
    const started = await faultsToo(c, () =>
      startSignIn(signInPorts(c), { provider, intent, returnTo, refreshToken }),
    );
    if (!started.ok) {
      const { code } = started.refusal;
      const back = intent === "link" && code !== "unauthenticated";
      return back ? go(c, withQuery(safeReturn(returnTo), "error", code)) : toLogin(c, code);
    }
    setSignInCookie(c, started.value.cookie);
    return go(c, started.value.url.href);
  })
  .openapi(callback, async (c) => {
    const { provider } = c.req.valid("param");
    if (settingOf(c.env, provider) === undefined) return refused(c, { code: "not_found" });
    const wish = {
      provider,
      params: new URL(c.req.url).searchParams,
      cookie: signInCookieOf(c),
      visitor: visitorOf(c),
    };
    dropSignInCookie(c);
    const finished = await faultsToo(c, () => finishSignIn(signInPorts(c), wish));
    if (!finished.ok) {
      const { code } = finished.refusal;
      const linking = "intent" in finished && finished.intent === "link";
      return linking ? go(c, withQuery(finished.returnTo, "error", code)) : toLogin(c, code);
    }
    if (finished.opened !== null) signedInBy(c, finished.opened);
    return go(c, finished.returnTo);
  })
  .openapi(invite, async (c) => {
    const joined = await joinByName(portsOf(c), c.req.valid("json"), visitorOf(c));
    if (!joined.ok) return refused(c, joined.refusal);
    return c.json(signedInBy(c, joined.value), 201);
  });

const signInPorts = (c: AppContext): SignInPorts => ({ ...portsOf(c), log: c.var.log });

/** Typed addresses have no page before them; old browsers do not say. */
function isOwnPage(c: AppContext): boolean {
  const site = c.req.header("sec-fetch-site");
  return site === undefined || site === "same-origin" || site === "none";
}

interface Failed {
  readonly ok: false;
  readonly refusal: { readonly code: ProblemCode };
}

/** A browser is on its way: also a dependency that failed leads to the page that says so. */
async function faultsToo<T>(c: AppContext, body: () => Promise<T>): Promise<T | Failed> {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    c.var.log.warn("a sign-in was interrupted", { error: describeError(error) });
    return { ok: false, refusal: { code: error.retryable ? "unavailable" : "upstream_failed" } };
  }
}

function toLogin(c: AppContext, code: ProblemCode) {
  c.set("problem", code);
  return go(c, `/login?error=${code}`);
}

const go = (c: AppContext, location: string) =>
  declared(withCookies(c, new Response(null, { status: 302, headers: { location } })));
