/** The launcher's flags: parsed once, every bad one refused with what would be right. */
import { EXIT, Failure } from "./failure.ts";

export type Flags = {
  command: "start" | "status" | "stop";
  /** 0 = any free port. */
  port: number;
  appsPort: number;
  host: string;
  state: string;
  demo: boolean;
  reset: boolean;
  yes: boolean;
  watch: boolean;
  json: boolean;
  /** Overrides of `[vars]` in wrangler.toml. */
  vars: Readonly<Record<string, string>>;
};

export const DEFAULTS: Flags = {
  command: "start",
  port: 8787,
  appsPort: 8788,
  host: "127.0.0.1",
  state: ".edgewright",
  demo: true,
  reset: false,
  yes: false,
  watch: false,
  json: false,
  vars: {},
};

type Change = (flags: Flags, value: string) => Flags;

/** Flags without a value. */
const SWITCHES: Readonly<Record<string, (flags: Flags) => Flags>> = {
  "--no-demo": (flags) => ({ ...flags, demo: false }),
  "--reset": (flags) => ({ ...flags, reset: true }),
  "--yes": (flags) => ({ ...flags, yes: true }),
  "--watch": (flags) => ({ ...flags, watch: true }),
  "--json": (flags) => ({ ...flags, json: true }),
  "--status": (flags) => ({ ...flags, command: "status" }),
  "--stop": (flags) => ({ ...flags, command: "stop" }),
};

/** Flags with one: `--port 0` or `--port=0`. */
const VALUES: Readonly<Record<string, Change>> = {
  "--port": (flags, value) => ({ ...flags, port: portOf("--port", value) }),
  "--apps-port": (flags, value) => ({ ...flags, appsPort: portOf("--apps-port", value) }),
  "--host": (flags, value) => ({ ...flags, host: value }),
  "--state": (flags, value) => ({ ...flags, state: value }),
  "--var": (flags, value) => ({ ...flags, vars: { ...flags.vars, ...variableOf(value) } }),
};

/**
 * @param args the words after `npm start --`
 * @throws Failure(check) naming the word that is wrong and what is allowed
 */
export function parseFlags(args: readonly string[]): Flags {
  let flags = DEFAULTS;
  for (let index = 0; index < args.length; index += 1) {
    const word = args[index] ?? "";
    const [name, attached] = splitOnce(word, "=");
    const onlySwitch = SWITCHES[word];
    const withValue = VALUES[name];
    if (onlySwitch !== undefined) flags = onlySwitch(flags);
    else if (withValue === undefined) throw refused(`there is no flag ${word}`);
    else {
      const value = attached ?? args[(index += 1)];
      if (value === undefined || value === "") throw refused(`${name} needs a value`);
      flags = withValue(flags, value);
    }
  }
  if (flags.port !== 0 && flags.port === flags.appsPort)
    throw refused("--port and --apps-port are the same");
  return flags;
}

const refused = (what: string): Failure =>
  new Failure(EXIT.check, what, {
    remedy: `flags are: ${[...Object.keys(VALUES).map((name) => `${name} VALUE`), ...Object.keys(SWITCHES)].join(", ")}`,
  });

function portOf(flag: string, value: string): number {
  const port = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN;
  if (!(port <= 65_535))
    throw refused(`${flag} ${value} is not a port (0 to 65535, 0 = any free one)`);
  return port;
}

function variableOf(value: string): Record<string, string> {
  const [name, text] = splitOnce(value, "=");
  if (text === undefined || !/^[A-Z][A-Z0-9_]*$/.test(name))
    throw refused(`--var ${value} is not NAME=VALUE`);
  return { [name]: text };
}

function splitOnce(text: string, mark: string): [string, string?] {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + mark.length)];
}
