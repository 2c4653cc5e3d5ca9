/** The two cookies of signing in, and who is at the other end [TK14, ID2]. */
import { getCookie, setCookie } from "hono/cookie";
import { configurationOf } from "../../adapters/configuration.ts";
import { userAgentOf } from "../../http/audit.ts";
import { clientIpOf } from "../../http/client-ip.ts";
import type { AppContext } from "../../http/plumbing.ts";
import { SESSION_MS, SIGN_IN_MS, type AccessToken, type Visitor } from "../model.ts";
import type { Opened, SessionPorts } from "../service/sessions.ts";

export const portsOf = (c: AppContext): SessionPorts => ({
  env: c.env,
  sql: c.var.sql,
  now: c.var.now,
  random: c.var.random,
});

export const visitorOf = (c: AppContext): Visitor => ({
  ip: clientIpOf(c),
  userAgent: userAgentOf(c),
  requestId: c.var.requestId,
});

const isHttps = (c: AppContext): boolean => configurationOf(c.env).issuer.startsWith("https:");
/** `__Host-` binds a cookie to this host; browsers take it over https only [TK14]. */
const cookieName = (c: AppContext, name: string): string => (isHttps(c) ? `__Host-${name}` : name);

const REFRESH = "ew_refresh";
const SIGN_IN = "ew_oauth";

export const refreshCookieOf = (c: AppContext): string =>
  getCookie(c, cookieName(c, REFRESH)) ?? "";
export const signInCookieOf = (c: AppContext): string => getCookie(c, cookieName(c, SIGN_IN)) ?? "";

/** The body of an answer that signs in; the refresh token goes into its cookie. */
export function signedInBy(c: AppContext, session: Opened): AccessToken {
  setRefreshCookie(c, session.refreshToken);
  return session.body;
}

export const setRefreshCookie = (c: AppContext, token: string): void =>
  writeCookie(c, REFRESH, { value: token, maxAge: SESSION_MS / 1000, sameSite: "Strict" });
export const dropRefreshCookie = (c: AppContext): void =>
  writeCookie(c, REFRESH, { value: "", maxAge: 0, sameSite: "Strict" });

/** A cookie that is Strict does not come back from another site, and a provider is one [ID2]. */
export const setSignInCookie = (c: AppContext, value: string): void =>
  writeCookie(c, SIGN_IN, { value, maxAge: SIGN_IN_MS / 1000, sameSite: "Lax" });
export const dropSignInCookie = (c: AppContext): void =>
  writeCookie(c, SIGN_IN, { value: "", maxAge: 0, sameSite: "Lax" });

interface Cookie {
  readonly value: string;
  readonly maxAge: number;
  readonly sameSite: "Strict" | "Lax";
}

function writeCookie(c: AppContext, name: string, { value, maxAge, sameSite }: Cookie): void {
  setCookie(c, cookieName(c, name), value, {
    httpOnly: true,
    secure: isHttps(c),
    sameSite,
    path: "/",
    maxAge,
  });
}

/** A raw Response does not take over the cookies set on the context. */
export function withCookies<R extends Response>(c: AppContext, response: R): R {
  for (const cookie of c.res.headers.getSetCookie()) response.headers.append("set-cookie", cookie);
  return response;
}
