/** Settings of one install that outlive a start: `settings.env` in its state folder, which also takes secrets [LN16]. */
import { chmodSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { PROVIDER_SECRETS, signInSettings } from "../workers/platform/identity/rules/providers.ts";
import { EXIT, Failure, codeOf } from "./failure.ts";
import type { StateDir } from "./state.ts";
import { checkVariables } from "./variables.ts";

/** Settings that stand in no command line: every program of the machine could read them there. */
const SECRET_SETTINGS: readonly string[] = [...PROVIDER_SECRETS, "OTEL_EXPORTER_OTLP_HEADERS"];

export const SETTINGS_FILE = "settings.env";

export type Settings = Readonly<Record<string, string>>;

/**
 * The file's settings and the command line's, which win.
 *
 * @param declared `[vars]` of wrangler.toml: with the secrets above these are the names there are
 * @throws Failure(check) naming what is wrong; no message holds a value
 */
export function readSettings(dir: StateDir, overrides: Settings, declared: Settings): Settings {
  const secret = SECRET_SETTINGS.find((name) => Object.hasOwn(overrides, name));
  if (secret !== undefined) {
    throw new Failure(
      EXIT.check,
      `--var ${secret} would be seen by every program of this machine`,
      {
        remedy: `write ${secret}=... into ${join(dir.root, SETTINGS_FILE)}`,
      },
    );
  }
  const kept = parseSettings(readFile(dir), [...Object.keys(declared), ...SECRET_SETTINGS]);
  const secrets = SECRET_SETTINGS.filter((name) => Object.hasOwn(kept, name));
  const variables = Object.fromEntries(
    Object.entries({ ...kept, ...overrides }).filter(([name]) => !secrets.includes(name)),
  );
  checkVariables(variables, declared);
  const all = { ...kept, ...overrides };
  const [problem] = signInSettings({ ...declared, ...all }).problems;
  if (problem === undefined) return all;
  throw new Failure(EXIT.check, problem, {
    remedy: `correct ${join(dir.root, SETTINGS_FILE)} or the --var, as docs/sign-in.md shows`,
  });
}

/** The text, or none. What may hold a secret is closed to others. */
function readFile(dir: StateDir): string {
  const path = join(dir.root, SETTINGS_FILE);
  try {
    if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
    return readFileSync(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return "";
    throw new Failure(EXIT.check, `${path} cannot be read`, {
      cause: error,
      remedy: "give this user the right to read and change it",
    });
  }
}

/** `NAME=value` per line; `#` begins a comment line, quotes around a value are taken off. */
export function parseSettings(text: string, known: readonly string[]): Settings {
  const settings: Record<string, string> = {};
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const [, name = "", value = ""] = /^([A-Z][A-Z0-9_]*)\s*=\s*(.*)$/.exec(line) ?? [];
    const where = `${SETTINGS_FILE}, line ${index + 1}`;
    if (name === "")
      throw new Failure(EXIT.check, `${where} is not NAME=value`, {
        remedy: "begin comments with #",
      });
    if (!known.includes(name))
      throw new Failure(EXIT.check, `${where}: there is no setting ${name}`, {
        remedy: `use one of: ${known.join(", ")}`,
      });
    settings[name] = value.replace(/^(["'])(.*)\1$/, "$2");
  }
  return settings;
}
