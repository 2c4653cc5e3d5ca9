/** The settings of this installation, parsed once. A wrong value is refused with its name. */
import { z } from "zod";
import type { Signup } from "../identity/model.ts";
import { signInSettings, type ProviderSetting } from "../identity/rules/providers.ts";
import { fromBase64url } from "./bytes.ts";
import { egressPolicy, type EgressPolicy } from "./rules/egress.ts";

const KEY_BYTES = 32;

export interface KeyEncryptionKey {
  readonly version: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** An OTLP/HTTP receiver, and the headers it wants. */
export interface Otlp {
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
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
  /** Who may become a user by signing in at a provider [ID9]. */
  readonly signup: Signup;
  /** Tier of new organizations but the first one (C44 of the register). */
  readonly defaultTier: string;
  /** Where users may sign in; none on most local installs [ID14]. */
  readonly providers: readonly ProviderSetting[];
  /** Origins of other sites whose pages may call the API, without cookies [AP11]. */
  readonly corsOrigins: ReadonlySet<string>;
  /** Proxies in front of an installation outside Cloudflare, whose X-Forwarded-For is believed; 0 believes none [RL3]. */
  readonly trustProxy: number;
  /** Where metrics are sent each minute; undefined sends none. */
  readonly otlp: Otlp | undefined;
  /** Which addresses of the outside may be called, and who looks up their names. */
  readonly egress: { readonly policy: EgressPolicy; readonly dohUrl: string };
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

/** Origins, separated by commas; empty is none. */
const Origins = z
  .string()
  .default("")
  .transform((text, context) => {
    const origins = listOf(text);
    for (const origin of origins)
      if (!URL.canParse(origin) || new URL(origin).origin !== origin)
        context.addIssue("must be origins such as https://app.example.com, separated by commas");
    return new Set(origins);
  });

/** `name=value` pairs, separated by commas, values percent-encoded. Source: OpenTelemetry, OTLP exporter settings. */
const Headers = z
  .string()
  .default("")
  .transform((text, context) => {
    const pairs = listOf(text).map((pair) => {
      const at = pair.indexOf("=");
      if (at < 1) context.addIssue("must be name=value pairs, separated by commas");
      return [pair.slice(0, at).trim(), decoded(pair.slice(at + 1).trim())] as const;
    });
    return Object.fromEntries(pairs);
  });

const listOf = (text: string): string[] =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const Settings = z.object({
  ENVIRONMENT: z.enum(["local", "production"]),
  ISSUER: z.string().regex(/^https?:\/\/[^/]+$/, "must be an origin without a final slash"),
  PUBLIC_HOSTS: z.string().min(1),
  TOKEN_KEY: Key,
  KEY_PEPPER: Key,
  KEK_PLATFORM: Keks,
  KEK_ORG: Keks,
  LAUNCHER_TOKEN: z.string().min(1).optional(),
  DEFAULT_TIER: z.enum(["free", "starter", "pro", "enterprise", "self_hosted"]).default("starter"),
  CORS_ORIGINS: Origins,
  TRUST_PROXY: z
    .string()
    .regex(/^\d$/, "must be the number of proxies, 0 to 9")
    .default("0")
    .transform(Number),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .union([z.literal(""), z.url({ protocol: /^https?$/ })])
    .default(""),
  OTEL_EXPORTER_OTLP_HEADERS: Headers,
  /** Exact `host:port` that may be called though they are not public https hosts, separated by commas. */
  EGRESS_ALLOW: z
    .string()
    .regex(/^\s*(?:[^\s,/]+:\d{1,5}\s*(?:,\s*|$))*$/, "must be host:port,host:port")
    .default(""),
  /** DNS over HTTPS with JSON answers. */
  DOH_URL: z.url({ protocol: /^https?$/ }).default("https://cloudflare-dns.com/dns-query"),
  /** `acme` of `acme.workers.dev`; empty when the account has none. */
  WORKERS_SUBDOMAIN: z
    .string()
    .regex(/^[a-z0-9-]*$/, "must be one label")
    .default(""),
});

/** Cloudflare says who called, and a client could write the other header as it likes. */
const NotBehindProxies = Settings.refine(
  ({ ENVIRONMENT, TRUST_PROXY }) => ENVIRONMENT === "local" || TRUST_PROXY === 0,
  { path: ["TRUST_PROXY"], message: "must be 0 on Cloudflare" },
);

const parsed = new WeakMap<object, Configuration>();

/** @throws when a setting is missing or wrong; the message names settings, never values */
export function configurationOf(env: Env): Configuration {
  const known = parsed.get(env);
  if (known !== undefined) return known;
  const settings = NotBehindProxies.safeParse(env);
  if (!settings.success) {
    const wrong = settings.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`);
    throw new Error(`configuration: ${wrong.join("; ")}`);
  }
  const signIn = signInSettings({ ...env });
  if (signIn.problems.length > 0) throw new Error(`configuration: ${signIn.problems.join("; ")}`);
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
    signup: signIn.signup,
    defaultTier: data.DEFAULT_TIER,
    providers: signIn.providers,
    corsOrigins: data.CORS_ORIGINS,
    trustProxy: data.TRUST_PROXY,
    otlp:
      data.OTEL_EXPORTER_OTLP_ENDPOINT === ""
        ? undefined
        : {
            endpoint: data.OTEL_EXPORTER_OTLP_ENDPOINT.replace(/\/+$/, ""),
            headers: data.OTEL_EXPORTER_OTLP_HEADERS,
          },
    egress: { policy: egressPolicy(data), dohUrl: data.DOH_URL },
  };
  parsed.set(env, configuration);
  return configuration;
}
