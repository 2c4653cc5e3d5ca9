/** Writes one JSON line per event; what looks like a secret never gets into it. */

export type LogLevel = "info" | "warn" | "error";
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface Log {
  readonly info: (msg: string, fields?: LogFields) => void;
  readonly warn: (msg: string, fields?: LogFields) => void;
  readonly error: (msg: string, fields?: LogFields) => void;
}

const SECRET_KEY = /authorization|cookie|x-api-key|token|secret|password/i;
const SECRET_SHAPES =
  /eyJ[\w-]{5,}\.[\w-]+\.[\w-]*|\b(?:ewk_|ewr_|whsec_|gh[opsur]_|sk-)[\w-]{8,}|-----BEGIN [A-Z ]+-----[\s\S]*|(?<=:\/\/)[^/\s:@]+:[^/\s@]+(?=@)/g;

/** `text` with tokens, keys and URL credentials replaced. */
export const redactText = (text: string): string => text.replace(SECRET_SHAPES, "[redacted]");

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
        if (SECRET_KEY.test(key)) line[key] = "[redacted]";
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
