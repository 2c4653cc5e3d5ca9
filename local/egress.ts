/** Calls of the control plane to the outside: resolves like the operating system, checks, and connects to what it checked [WH9]. */
import { timingSafeEqual } from "node:crypto";
import { lookup, type LookupAddress } from "node:dns";
import { request as requestHttp, type ClientRequest, type IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import { promisify } from "node:util";
import {
  LauncherCall,
  type FailureReason,
  type LauncherAnswer,
} from "../workers/platform/adapters/model/egress.ts";
import {
  addressesRefusal,
  checkTarget,
  egressPolicy,
  type EgressPolicy,
} from "../workers/platform/adapters/rules/egress.ts";
import { codeOf } from "./failure.ts";

export type Resolve = (name: string) => Promise<readonly LookupAddress[]>;

export type EgressOptions = {
  /** Only who knows it may call: any process of the machine can reach the port this is served on. */
  token: string;
  policy: EgressPolicy;
  /** The operating system's resolver, unless a test brings its own. */
  resolve?: Resolve;
};

/** Text bindings of the Worker as the launcher's policy; undefined for a Worker that does not call out. */
export function egressOptions(
  bindings: Readonly<Record<string, unknown>>,
): EgressOptions | undefined {
  const text = (name: string): string => {
    const value = bindings[name];
    return typeof value === "string" ? value : "";
  };
  if (text("LAUNCHER_TOKEN") === "") return undefined;
  const policy = egressPolicy({
    EGRESS_ALLOW: text("EGRESS_ALLOW"),
    PUBLIC_HOSTS: text("PUBLIC_HOSTS"),
    ISSUER: text("ISSUER"),
    WORKERS_SUBDOMAIN: text("WORKERS_SUBDOMAIN"),
  });
  return { token: text("LAUNCHER_TOKEN"), policy };
}

/** Answers one call of the Worker. It is refused without the launcher's token, whoever sends it. */
export async function answerEgress(
  call: { authorization: string | null; body: unknown },
  options: EgressOptions,
): Promise<{ status: number; body: LauncherAnswer | null }> {
  if (!sameText(call.authorization ?? "", `Bearer ${options.token}`))
    return { status: 401, body: null };
  const parsed = LauncherCall.safeParse(call.body);
  if (!parsed.success) return { status: 400, body: null };
  return { status: 200, body: await perform(parsed.data, options) };
}

function sameText(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)];
  return one.length === other.length && timingSafeEqual(one, other);
}

async function perform(call: LauncherCall, options: EgressOptions): Promise<LauncherAnswer> {
  const signal = AbortSignal.timeout(call.timeout_ms);
  try {
    const found = await reachable(call.url, options, signal);
    if (found.kind === "refused") return found;
    return call.kind === "check" ? { kind: "clear" } : await send(call, found, signal);
  } catch (error) {
    return { kind: "failed", reason: signal.aborted ? "timeout" : reasonFor(error) };
  }
}

type Reachable =
  | { kind: "reachable"; url: URL; addresses: readonly LookupAddress[] | null }
  | { kind: "refused"; detail: string };

/** The URL with the addresses that were checked; null for a target that is open whatever its address. */
async function reachable(
  text: string,
  options: EgressOptions,
  signal: AbortSignal,
): Promise<Reachable> {
  const url = URL.parse(text);
  if (url === null) return { kind: "refused", detail: "The URL cannot be read." };
  const { protocol, hostname, port, username, password } = url;
  const userinfo = username !== "" || password !== "";
  const target = { chars: text.length, protocol, hostname, port, userinfo };
  const checked = checkTarget(target, options.policy);
  if (checked.kind === "refused") return checked;
  if (checked.kind === "open") return { kind: "reachable", url, addresses: null };
  const addresses = await orAborted((options.resolve ?? resolveBySystem)(checked.name), signal);
  const detail = addressesRefusal(addresses.map(({ address }) => address));
  if (detail !== null) return { kind: "refused", detail };
  return { kind: "reachable", url, addresses };
}

const lookupAll = promisify(lookup);

async function resolveBySystem(name: string): Promise<readonly LookupAddress[]> {
  try {
    return await lookupAll(name, { all: true, verbatim: true });
  } catch (error) {
    // A name that is not there has no address; a resolver that does not answer says nothing about it.
    if (codeOf(error) === "ENOTFOUND" || codeOf(error) === "ENODATA") return [];
    throw error;
  }
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(new Error("timeout")), { once: true });
    work.then(resolve, reject);
  });
}

async function send(
  call: Extract<LauncherCall, { kind: "send" }>,
  { url, addresses }: Extract<Reachable, { kind: "reachable" }>,
  signal: AbortSignal,
): Promise<LauncherAnswer> {
  const body = call.body === null ? undefined : Buffer.from(call.body, "base64");
  const request = (url.protocol === "https:" ? requestHttps : requestHttp)(url.href, {
    method: call.method,
    headers: {
      ...call.headers,
      // What arrives is kept as it is; nobody inflates it here.
      "accept-encoding": "identity",
      ...(body === undefined ? {} : { "content-length": String(body.length) }),
    },
    // A connection of its own, to an address that was just checked, by the certificate of the name.
    agent: false,
    signal,
    ...(addresses === null ? {} : { lookup: pinnedTo(addresses) }),
  });
  const response = await answerTo(request, body);
  const read = await readUpTo(response, call.bytes_max);
  return {
    kind: "answered",
    status: response.statusCode ?? 0,
    headers: headersOf(response),
    ...read,
  };
}

type LookupCallback = (
  error: Error | null,
  address: string | LookupAddress[],
  family?: number,
) => void;

/** Answers every look-up of a connection with the addresses that were checked [WH9]. */
export const pinnedTo =
  (addresses: readonly LookupAddress[]) =>
  (_name: string, wanted: { all?: boolean | undefined }, callback: LookupCallback): void => {
    const [first] = addresses;
    if (wanted.all === true) callback(null, [...addresses]);
    else callback(null, first?.address ?? "", first?.family);
  };

const answerTo = (request: ClientRequest, body: Buffer | undefined): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    request.once("response", resolve);
    request.once("error", reject);
    request.end(body);
  });

/** Reads at most `bytesMax`; what follows is not waited for. */
async function readUpTo(
  response: IncomingMessage,
  bytesMax: number,
): Promise<{ body: string; truncated: boolean }> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > bytesMax) break;
  }
  response.destroy();
  const body = Buffer.concat(chunks).subarray(0, bytesMax);
  return { body: body.toString("base64"), truncated: bytes > bytesMax };
}

function headersOf(response: IncomingMessage): Record<string, string> {
  const all = Object.entries(response.headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(", ") : (value ?? ""),
  ]);
  return Object.fromEntries(all);
}

const REASONS: Readonly<Record<string, FailureReason>> = {
  ECONNREFUSED: "refused",
  ECONNRESET: "reset",
  EPIPE: "reset",
  HPE_INVALID_CONSTANT: "network",
  EAI_AGAIN: "dns",
  ENOTFOUND: "dns",
  ETIMEDOUT: "timeout",
};

function reasonFor(error: unknown): FailureReason {
  const code = codeOf(error) ?? "";
  if (/^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(code)) return "tls";
  return REASONS[code] ?? "network";
}
