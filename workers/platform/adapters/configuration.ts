/** The settings of this installation, parsed once. A wrong value is refused with its name. */
import { z } from "zod";
import { fromBase64url } from "./bytes.ts";

const KEY_BYTES = 32;

export interface KeyEncryptionKey {
  readonly version: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface Configuration {
  readonly environment: "local" | "production";
  /** Origin of this installation, without a final slash. */
  readonly issuer: string;
  /** Values of `Host` that are answered. */
  readonly publicHosts: ReadonlySet<string>;
  /** Origins whose pages may refresh a session. */
  readonly origins: ReadonlySet<string>;
  readonly tokenKey: Uint8Array<ArrayBuffer>;
  readonly keyPepper: Uint8Array<ArrayBuffer>;
  /** The first one seals; all of them open. */
  readonly kekPlatform: readonly KeyEncryptionKey[];
  /** The same for secrets of all organizations but the reserved one [SC1]. */
  readonly kekOrg: readonly KeyEncryptionKey[];
  readonly launcherToken: string | undefined;
}

const Key = z.string().transform((text, context) => {
  const bytes = fromBase64url(text);
  if (bytes?.length === KEY_BYTES) return bytes;
  context.addIssue("must be 32 bytes as base64url");
  return z.NEVER;
});

const Keks = z.string().transform((text, context): KeyEncryptionKey[] => {
  const keks = text.split(",").map((part) => {
    const [version = "", encoded = ""] = part.trim().split(":");
    const bytes = fromBase64url(encoded);
    return /^v\d+$/.test(version) && bytes?.length === KEY_BYTES ? { version, bytes } : undefined;
  });
  const valid = keks.filter((kek) => kek !== undefined);
  if (valid.length === keks.length) return valid;
  context.addIssue("must be v2:<32 bytes as base64url>,v1:...");
  return z.NEVER;
});

const Settings = z.object({
  ENVIRONMENT: z.enum(["local", "production"]),
  ISSUER: z.string().regex(/^https?:\/\/[^/]+$/, "must be an origin without a final slash"),
  PUBLIC_HOSTS: z.string().min(1),
  TOKEN_KEY: Key,
  KEY_PEPPER: Key,
  KEK_PLATFORM: Keks,
  KEK_ORG: Keks,
  LAUNCHER_TOKEN: z.string().min(1).optional(),
});

const parsed = new WeakMap<object, Configuration>();

/** @throws when a setting is missing or wrong; the message names settings, never values */
export function configurationOf(env: Env): Configuration {
  const known = parsed.get(env);
  if (known !== undefined) return known;
  const settings = Settings.safeParse(env);
  if (!settings.success) {
    const wrong = settings.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`);
    throw new Error(`configuration: ${wrong.join("; ")}`);
  }
  const { data } = settings;
  const hosts = data.PUBLIC_HOSTS.split(",").map((host) => host.trim().toLowerCase());
  const scheme = data.ISSUER.startsWith("https:") ? "https" : "http";
  const configuration: Configuration = {
    environment: data.ENVIRONMENT,
    issuer: data.ISSUER,
    publicHosts: new Set(hosts),
    origins: new Set([data.ISSUER, ...hosts.map((host) => `${scheme}://${host}`)]),
    tokenKey: data.TOKEN_KEY,
    keyPepper: data.KEY_PEPPER,
    kekPlatform: data.KEK_PLATFORM,
    kekOrg: data.KEK_ORG,
    launcherToken: data.LAUNCHER_TOKEN,
  };
  parsed.set(env, configuration);
  return configuration;
}
