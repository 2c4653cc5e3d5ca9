/** The one way out: calls public https addresses and nothing else. Each call looks at the address again [WH7, WH8]. */
import { z } from "zod";
import { done, Fault, refuse, type Refused, type Result } from "../model.ts";
import { configurationOf } from "./configuration.ts";
import { LauncherAnswer, type FailureReason, type LauncherCall } from "./model/egress.ts";
import { addressesRefusal, checkTarget, type EgressPolicy } from "./rules/egress.ts";

export interface EgressRequest {
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  /** From the first look-up to the last byte. */
  readonly timeoutMs: number;
  /** Redirects that are followed, each checked like the first address: 0 to 3, none by default. */
  readonly redirects?: number;
  /** What is longer is cut. */
  readonly bytesMax: number;
}

export interface EgressAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly truncated: boolean;
}

export interface Egress {
  /** Whether this URL may be called now. Refusal: egress_refused. @throws EgressFault when no resolver answers */
  check(url: string): Promise<Result<URL>>;
  /**
   * Calls a URL; its address is checked just before. Any answer is a success, 5xx too. Refusal: egress_refused.
   * @throws EgressFault when no answer came
   */
  fetch(url: string, request: EgressRequest): Promise<Result<EgressAnswer>>;
}

/** No answer came from the outside. */
export class EgressFault extends Fault {
  readonly reason: FailureReason;

  constructor(reason: FailureReason, cause?: unknown) {
    super("egress", { retryable: true, cause });
    this.reason = reason;
  }
}

export const REDIRECTS_MAX = 3;
const REDIRECTING: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Headers of a caller that another host must not see. */
const PRIVATE_HEADERS = /^(?:authorization|cookie|proxy-authorization|x-api-key)$/i;

/** Calls of this installation: through the launcher where it runs locally, else from the Worker itself. */
export function egressOf(env: Env): Egress {
  const { egress } = configurationOf(env);
  const way = launcherWay(env) ?? workerWay(egress.dohUrl);
  return {
    check: async (url) => {
      const checked = await open(url, egress.policy, way.lookup, CHECK_MS);
      return checked.ok ? done(checked.value) : checked;
    },
    fetch: (url, request) => follow(way, egress.policy, url, request),
  };
}

/** A registration does not wait longer for a resolver. */
const CHECK_MS = 5_000;

/** How names are looked up and one request is sent. */
interface Way {
  readonly lookup: Lookup;
  send(url: URL, request: EgressRequest, timeoutMs: number): Promise<Result<EgressAnswer>>;
}

type Lookup = (url: URL, name: string, timeoutMs: number) => Promise<string | null>;

async function follow(
  way: Way,
  policy: EgressPolicy,
  first: string,
  request: EgressRequest,
): Promise<Result<EgressAnswer>> {
  const end = performance.now() + request.timeoutMs;
  let left = Math.min(REDIRECTS_MAX, request.redirects ?? 0);
  let url = first;
  let sent = request;
  for (;;) {
    const remaining = () => Math.max(1, Math.floor(end - performance.now()));
    const checked = await open(url, policy, way.lookup, remaining());
    if (!checked.ok) return checked;
    const answer = await way.send(checked.value, sent, remaining());
    const location = answer.ok ? locationOf(answer.value, checked.value) : null;
    if (location === null || left === 0) return answer;
    left -= 1;
    sent = answer.ok ? redirected(sent, answer.value.status, checked.value, location) : sent;
    url = location.href;
  }
}

function locationOf(answer: EgressAnswer, base: URL): URL | null {
  const { location } = answer.headers;
  if (!REDIRECTING.has(answer.status) || location === undefined) return null;
  return URL.parse(location, base.href);
}

/** What the next host gets: no credentials of the last one, and no body where the method turns into GET. */
function redirected(request: EgressRequest, status: number, from: URL, to: URL): EgressRequest {
  const headers = Object.entries(request.headers ?? {}).filter(
    ([name]) => from.origin === to.origin || !PRIVATE_HEADERS.test(name),
  );
  const { body, ...rest } = request;
  const kept = { ...rest, headers: Object.fromEntries(headers) };
  if (status === 303 && request.method !== "HEAD") return { ...kept, method: "GET" };
  return body === undefined ? kept : { ...kept, body };
}

/** The URL if it may be called now: its form first, then every address of its name. */
async function open(
  text: string,
  policy: EgressPolicy,
  lookup: Lookup,
  timeoutMs: number,
): Promise<Result<URL>> {
  const url = URL.parse(text);
  if (url === null) return egressRefused("The URL cannot be read.");
  const checked = checkTarget(
    {
      chars: text.length,
      protocol: url.protocol,
      hostname: url.hostname,
      port: url.port,
      userinfo: url.username !== "" || url.password !== "",
    },
    policy,
  );
  if (checked.kind === "refused") return egressRefused(checked.detail);
  if (checked.kind === "open") return done(url);
  const detail = await lookup(url, checked.name, timeoutMs);
  return detail === null ? done(url) : egressRefused(detail);
}

const egressRefused = (detail: string): Refused => refuse("egress_refused", { detail });

/** From the Worker: names by DNS over HTTPS. It cannot pin the address it checked, so rebinding within a call remains [WH9]. */
const workerWay = (dohUrl: string): Way => ({
  lookup: async (_url, name, timeoutMs) => {
    const [v4, v6] = await Promise.all(
      (["A", "AAAA"] as const).map((type) => resolve(dohUrl, name, type, timeoutMs)),
    );
    return addressesRefusal([...(v4 ?? []), ...(v6 ?? [])]);
  },
  send: async (url, request, timeoutMs) => {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(url, {
        method: request.method,
        headers: { ...request.headers },
        ...(request.body === undefined ? {} : { body: request.body }),
        redirect: "manual",
        signal,
      });
      const body = await readUpTo(response.body, request.bytesMax);
      return done({
        status: response.status,
        headers: Object.fromEntries(response.headers),
        ...body,
      });
    } catch (cause) {
      throw new EgressFault(signal.aborted ? "timeout" : "network", cause);
    }
  },
});

const RECORD_TYPES = { A: 1, AAAA: 28 } as const;
/** The JSON form of an answer. Source: RFC 8484's common companion, `application/dns-json`. */
const DnsAnswer = z.object({
  Status: z.int(),
  Answer: z.array(z.object({ type: z.int(), data: z.string() })).default([]),
});
const NXDOMAIN = 3;

async function resolve(
  dohUrl: string,
  name: string,
  type: keyof typeof RECORD_TYPES,
  timeoutMs: number,
): Promise<readonly string[]> {
  const url = new URL(dohUrl);
  url.searchParams.set("name", name);
  url.searchParams.set("type", type);
  try {
    const answer = await fetch(url, {
      headers: { accept: "application/dns-json" },
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (answer.status !== 200) throw new Error(`the resolver answered ${String(answer.status)}`);
    const { Status, Answer } = DnsAnswer.parse(await answer.json());
    if (Status !== 0 && Status !== NXDOMAIN)
      throw new Error(`the resolver answered with code ${String(Status)}`);
    return Answer.filter((record) => record.type === RECORD_TYPES[type]).map(({ data }) => data);
  } catch (cause) {
    throw new EgressFault("dns", cause);
  }
}

async function readUpTo(
  stream: ReadableStream<Uint8Array> | null,
  bytesMax: number,
): Promise<Pick<EgressAnswer, "body" | "truncated">> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const reader = stream?.getReader();
  while (reader !== undefined && bytes <= bytesMax) {
    const { done: ended, value } = await reader.read();
    if (ended) break;
    chunks.push(value);
    bytes += value.length;
  }
  await reader?.cancel();
  return { body: joined(chunks, Math.min(bytes, bytesMax)), truncated: bytes > bytesMax };
}

/** The first `length` bytes of all chunks. */
function joined(chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const body = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    const part = chunk.subarray(0, length - at);
    body.set(part, at);
    at += part.length;
  }
  return body;
}

/** A binding that the launcher adds where the platform runs locally; Wrangler does not know it. */
interface LauncherBinding {
  readonly EGRESS?: { fetch(url: string, init: RequestInit): Promise<Response> };
}

/** Through the launcher, which connects to the very address it checked [WH9]. Undefined where no launcher runs. */
function launcherWay(env: Env): Way | undefined {
  const { EGRESS: binding } = env as Env & LauncherBinding;
  const { launcherToken } = configurationOf(env);
  if (binding === undefined || launcherToken === undefined) return undefined;
  const ask = async (call: LauncherCall): Promise<LauncherAnswer> => {
    try {
      const answer = await binding.fetch("http://launcher.invalid/", {
        method: "POST",
        headers: { authorization: `Bearer ${launcherToken}`, "content-type": "application/json" },
        body: JSON.stringify(call),
      });
      return LauncherAnswer.parse(await answer.json());
    } catch (cause) {
      throw new EgressFault("network", cause);
    }
  };
  return {
    lookup: async (url, _name, timeout_ms) => {
      const answer = await ask({ kind: "check", url: url.href, timeout_ms });
      if (answer.kind === "failed") throw new EgressFault(answer.reason);
      return answer.kind === "refused" ? answer.detail : null;
    },
    send: async (url, request, timeout_ms) => {
      const answer = await ask({
        kind: "send",
        url: url.href,
        timeout_ms,
        method: request.method,
        headers: { ...request.headers },
        body: request.body === undefined ? null : base64(request.body),
        bytes_max: request.bytesMax,
      });
      if (answer.kind === "refused") return egressRefused(answer.detail);
      if (answer.kind !== "answered")
        throw new EgressFault(answer.kind === "failed" ? answer.reason : "network");
      const { status, headers, truncated } = answer;
      return done({ status, headers, truncated, body: bytesOf(answer.body) });
    },
  };
}

const base64 = (body: string | Uint8Array): string => {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
};

const bytesOf = (encoded: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0));
