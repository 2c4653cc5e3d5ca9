/** Sends one webhook the way Standard Webhooks 1.0 wants it: signed, once, and never to where a redirect points. */
import { hmacSha256, utf8 } from "../adapters/bytes.ts";
import { EgressFault, egressOf } from "../adapters/egress.ts";
import { redactText } from "../adapters/log.ts";
import { assert, type Instant } from "../model.ts";
import { ANSWER_BYTES_MAX, SEND_MS_MAX } from "./rules.ts";

const SECRET_PREFIX = "whsec_";
export const SECRET_BYTES = 32;

export interface Message {
  /** The delivery's key, the same on every attempt [WH1]. */
  readonly id: string;
  readonly url: string;
  readonly body: string;
  /** The current one first; behind it the one before, for a day after a rotation [WH2]. */
  readonly secrets: readonly string[];
}

export interface Attempted {
  readonly ms: number;
  /** Null when no answer came. */
  readonly status: number | null;
  readonly error: string | null;
  readonly response: string | null;
  readonly retryAfterMs: number | null;
}

/** One attempt. Never throws: whatever happens is how the attempt ended. */
export async function sendWebhook(
  ports: { readonly env: Env; readonly now: () => Instant },
  message: Message,
): Promise<Attempted> {
  const started = ports.now();
  const nothing = { status: null, response: null, retryAfterMs: null };
  try {
    const answer = await egressOf(ports.env).fetch(message.url, {
      method: "POST",
      headers: await headersOf(message, started),
      body: message.body,
      timeoutMs: SEND_MS_MAX,
      bytesMax: ANSWER_BYTES_MAX,
    });
    const ended = ports.now();
    const ms = ended - started;
    if (!answer.ok) return { ...nothing, ms, error: answer.refusal.code };
    const { status, headers, body } = answer.value;
    return {
      ms,
      status,
      error: status >= 200 && status < 300 ? null : `http_${String(status)}`,
      response: excerptOf(body),
      retryAfterMs: retryAfterMs(headers["retry-after"], ended),
    };
  } catch (fault) {
    if (!(fault instanceof EgressFault)) throw fault;
    return { ...nothing, ms: ports.now() - started, error: fault.reason };
  }
}

async function headersOf(message: Message, at: Instant): Promise<Record<string, string>> {
  const timestamp = Math.floor(at / 1_000);
  return {
    "content-type": "application/json",
    "user-agent": "Edgewright-Webhooks/1.0",
    "webhook-id": message.id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": await signatureOf(message, timestamp),
  };
}

/** `v1,<base64>` per secret, over `id.timestamp.body` [WH1]. */
export async function signatureOf(
  message: Pick<Message, "id" | "body" | "secrets">,
  timestamp: number,
): Promise<string> {
  const signed = utf8(`${message.id}.${String(timestamp)}.${message.body}`);
  const macs = await Promise.all(
    message.secrets.map((secret) => hmacSha256(keyOf(secret), signed)),
  );
  return macs.map((mac) => `v1,${base64(mac)}`).join(" ");
}

export const secretText = (random: Uint8Array): string => {
  assert(random.length === SECRET_BYTES, "a signing secret takes 32 random bytes");
  return SECRET_PREFIX + base64(random);
};

function keyOf(secret: string): Uint8Array<ArrayBuffer> {
  assert(secret.startsWith(SECRET_PREFIX), "a signing secret begins with whsec_");
  return Uint8Array.from(atob(secret.slice(SECRET_PREFIX.length)), (char) => char.charCodeAt(0));
}

const base64 = (bytes: Uint8Array): string =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));

/** Text of a stranger: cut, without what looks like a secret, and such that Postgres takes it. */
function excerptOf(body: Uint8Array): string {
  const text = new TextDecoder().decode(body).toWellFormed().replaceAll("\0", "\uFFFD");
  return redactText(text).slice(0, ANSWER_BYTES_MAX);
}

/** Seconds or a date, as milliseconds from now; null when absent or not readable. Source: RFC 9110, 10.2.3. */
export function retryAfterMs(header: string | undefined, now: Instant): number | null {
  const text = header?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  if (!/^[A-Z][a-z]{2}, /.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
