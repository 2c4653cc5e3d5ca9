/** The launcher's calls to the control plane's local routes, with its own token. */
import { z } from "zod";
import { EXIT, Failure } from "./failure.ts";

export type LocalApi = {
  /** True when the Worker answers at all. */
  healthy(signal: AbortSignal): Promise<boolean>;
  /** True when it can serve; else the names of the failing checks. */
  ready(signal: AbortSignal): Promise<true | string>;
  /** Dispatchers send all queued hints again: local queues live in workerd's memory (C10, LN12). */
  wake(): Promise<void>;
  /** A new first-run link; null once the setup is done. */
  setupLink(): Promise<string | null>;
  /** A one-use link to sign in, for the user of an address or name, else for the first owner. */
  loginLink(who: string | undefined): Promise<{ url: string; expires_at: string }>;
};

const Link = z.object({ url: z.url(), expires_at: z.string() });
const ProblemDocument = z.object({
  code: z.string(),
  title: z.string(),
  detail: z.string().optional(),
  remedy: z.string().optional(),
});

/** @param origin `http://127.0.0.1:8787`, without a trailing slash */
export function localApi(origin: string, token: string): LocalApi {
  const post = (path: string, body: unknown = {}): Promise<Response> =>
    fetch(`${origin}/internal/v1/local/${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(CALL_MS),
    });
  return {
    healthy: async (signal) => (await read(`${origin}/health`, signal)).ok,
    ready: async (signal) => {
      const response = await read(`${origin}/ready`, signal);
      return response.ok ? true : `${response.status} ${response.text.slice(0, 300)}`;
    },
    wake: async () => {
      const response = await post("wake");
      if (response.status !== 204) throw await unexpected(response, "wake the dispatchers");
    },
    setupLink: async () => {
      const response = await post("setup-link");
      if (response.status === 409) return null;
      if (response.status !== 201) throw await unexpected(response, "make a setup link");
      return Link.parse(await response.json()).url;
    },
    loginLink: async (who) => {
      const response = await post("login-link", who === undefined ? {} : { who });
      if (response.status !== 201) throw await unexpected(response, "make a sign-in link");
      return Link.parse(await response.json());
    },
  };
}

const CALL_MS = 10_000;

async function read(
  url: string,
  signal: AbortSignal,
): Promise<{ ok: boolean; status: number; text: string }> {
  const response = await fetch(url, { signal, headers: { connection: "close" } });
  return { ok: response.ok, status: response.status, text: await response.text() };
}

async function unexpected(response: Response, what: string): Promise<Failure> {
  const parsed = ProblemDocument.safeParse(await response.json().catch(() => undefined));
  const why = parsed.success
    ? `${parsed.data.code}: ${parsed.data.detail ?? parsed.data.title}`
    : `HTTP ${response.status}`;
  const remedy = parsed.success ? parsed.data.remedy : undefined;
  return new Failure(EXIT.runtime, `the control plane did not ${what} (${why})`, {
    remedy: remedy ?? "look at logs/control.log in the state folder, then start again",
  });
}
