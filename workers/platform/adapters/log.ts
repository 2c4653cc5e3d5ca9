/** Writes one JSON line per event; what looks like a secret, or is known to be one, never gets into it. */

export type LogLevel = "info" | "warn" | "error";
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface Log {
  readonly info: (msg: string, fields?: LogFields) => void;
  readonly warn: (msg: string, fields?: LogFields) => void;
  readonly error: (msg: string, fields?: LogFields) => void;
}

const REDACTED = "[redacted]";

/** Fields whose name says that they hold a credential. */
const SECRET_KEY = /authorization|cookie|x-api-key|token|secret|password/i;

/**
 * Credentials by their shape: JWT; our keys, refresh tokens and webhook secrets, GitHub's tokens, keys that begin with
 * `sk-`; PEM; what stands before the @ of a URL. A letter or digit before a prefix makes it the end of a longer word,
 * as in `weighs_...` or `task-...`, which is no credential.
 */
const SECRET_SHAPES = new RegExp(
  [
    /eyJ[\w-]{5,}\.[\w-]+\.[\w-]*/,
    /(?<![A-Za-z0-9])(?:ewk_|ewr_|whsec_|gh[opsur]_|github_pat_)[\w+/=-]{8,}/,
    /(?<![A-Za-z0-9])sk-[\w-]{16,}/,
    /-----BEGIN [A-Z0-9 ]+-----[\s\S]*?(?:-----END [A-Z0-9 ]+-----|$)/,
    /(?<=:\/\/)[^/\s@?#]+(?=@)/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "g",
);

/** A shorter value would eat ordinary words. */
const REDACTION_CHARS_MIN = 8;
/** Values an isolate remembers; the oldest goes first. */
const REDACTIONS_MAX = 500;

/** Secrets that were resolved in this isolate, each in the forms it may be written in; the oldest first. */
const known = new Map<string, readonly string[]>();
/** All forms, the longest first: a shorter one may be part of it, and would leave the rest. */
let forms: readonly string[] = [];

/** From now on `value` is redacted in every line of this isolate. Values below 8 characters are left alone [SC7]. */
export function addRedaction(value: string): void {
  if (value.length < REDACTION_CHARS_MIN || known.has(value)) return;
  known.set(value, [value, JSON.stringify(value).slice(1, -1), encoded(value)]);
  const [oldest] = known.keys();
  if (known.size > REDACTIONS_MAX && oldest !== undefined) known.delete(oldest);
  forms = [...new Set([...known.values()].flat())].toSorted((a, b) => b.length - a.length);
}

/** Half of a surrogate pair cannot be percent-encoded. */
const encoded = (value: string): string => encodeURIComponent(value.toWellFormed());

/** `text` without tokens, keys, URL credentials and the values of `addRedaction`. */
export function redactText(text: string): string {
  let clean = text;
  for (const form of forms) if (clean.includes(form)) clean = clean.replaceAll(form, REDACTED);
  return clean.replace(SECRET_SHAPES, REDACTED);
}

/** A log whose lines all carry `base`. `write` gets one finished line. */
export function logTo(write: (line: string) => void, base: LogFields, now: () => number): Log {
  const emit =
    (level: LogLevel) =>
    (msg: string, fields: LogFields = {}): void => {
      const line: Record<string, unknown> = {
        ts: new Date(now()).toISOString(),
        level,
        msg: redactText(msg),
      };
      for (const [key, value] of Object.entries({ ...base, ...fields })) {
        if (value === undefined) continue;
        if (SECRET_KEY.test(key)) line[key] = REDACTED;
        else line[key] = typeof value === "string" ? redactText(value) : value;
      }
      write(JSON.stringify(line));
    };
  return { info: emit("info"), warn: emit("warn"), error: emit("error") };
}

/** The log of this Worker: standard output, which the runtime collects. */
export const workerLog = (version: string, now: () => number, base: LogFields = {}): Log =>
  // oxlint-disable-next-line no-console -- standard output is where a Worker's log goes
  logTo((line) => console.log(line), { service: "platform", version, ...base }, now);
