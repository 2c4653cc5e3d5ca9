/** The apps plane's entry. It serves no app yet: `/health` and `/ready` answer, every other path is a problem document. */
import type { Problem, ProblemCode } from "../platform/http/model.ts";

interface AppsEnv {
  PUBLIC_HOSTS: string;
  VERSION: string;
}

const SECURITY_HEADERS = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'",
  "x-content-type-options": "nosniff",
} as const;

/** The control plane's table would bring its schema library along; this plane starts for every cold app. */
const ANSWERS = {
  not_found: {
    status: 404,
    title: "There is no such thing",
    remedy: "Check the address; apps are served under their own host names.",
  },
  host_not_allowed: {
    status: 421,
    title: "This host name is not served here",
    remedy: "Use the URL that was printed at start, or add the host to PUBLIC_HOSTS.",
  },
} as const satisfies Partial<Record<ProblemCode, Pick<Problem, "status" | "title" | "remedy">>>;

function problem(code: keyof typeof ANSWERS, detail: string): Response {
  const answer = ANSWERS[code];
  const body: Problem = {
    type: "about:blank",
    ...answer,
    detail,
    code,
    request_id: crypto.randomUUID(),
  };
  return Response.json(body, {
    status: answer.status,
    headers: { ...SECURITY_HEADERS, "content-type": "application/problem+json" },
  });
}

export default {
  fetch(request: Request, env: AppsEnv): Response {
    const url = new URL(request.url);
    if (!env.PUBLIC_HOSTS.split(",").includes(url.host)) {
      return problem("host_not_allowed", `The host ${url.host} is not served here.`);
    }
    if (url.pathname === "/health") {
      return Response.json({ status: "ok", version: env.VERSION }, { headers: SECURITY_HEADERS });
    }
    if (url.pathname === "/ready") {
      // It needs nothing but itself until it serves apps.
      return Response.json({ status: "ready", checks: {} }, { headers: SECURITY_HEADERS });
    }
    return problem("not_found", "No app is served at this address.");
  },
};
