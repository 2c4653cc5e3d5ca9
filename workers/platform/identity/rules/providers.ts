/** The settings of the sign-in providers: which are on, and which are set only by half. */
import { Signup, type ProviderId } from "../model.ts";

interface ClientSetting {
  readonly name: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** GitHub speaks OAuth only; an Enterprise server has other addresses. */
export interface GithubSetting extends ClientSetting {
  readonly id: "github";
  readonly url: string;
  readonly apiUrl: string;
}

/** A provider whose addresses are discovered from its issuer. */
export interface OidcSetting extends ClientSetting {
  readonly id: "google" | "oidc";
  readonly issuer: string;
}

export type ProviderSetting = GithubSetting | OidcSetting;

/** Settings that a launcher keeps secret: they stand in no command line. */
export const PROVIDER_SECRETS = [
  "GITHUB_CLIENT_SECRET",
  "GOOGLE_CLIENT_SECRET",
  "OIDC_CLIENT_SECRET",
] as const;

export interface SignInSettings {
  readonly signup: Signup;
  readonly providers: readonly ProviderSetting[];
  /** One sentence per setting that is missing or wrong; none of them repeats a value. */
  readonly problems: readonly string[];
}

const GITHUB_URL = "https://github.com";
const GITHUB_API_URL = "https://api.github.com";
const GOOGLE_ISSUER = "https://accounts.google.com";
const OIDC_NAME = "Single sign-on";

/** What each provider needs before it is on. */
const NEEDED: Readonly<Record<ProviderId, readonly string[]>> = {
  github: ["GITHUB_CLIENT_ID", "GITHUB_CLIENT_SECRET"],
  google: ["GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET"],
  oidc: ["OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"],
};
const ADDRESSES = ["GITHUB_URL", "GITHUB_API_URL", "GOOGLE_ISSUER", "OIDC_ISSUER"];

type Settings = Readonly<Record<string, unknown>>;

/** Reads the settings; an empty one is as good as none. A provider that is set by half is a problem [ID14]. */
export function signInSettings(settings: Settings): SignInSettings {
  const get = (name: string): string => {
    const value = settings[name];
    return typeof value === "string" ? value.trim() : "";
  };
  const signup = Signup.safeParse(get("SIGNUP") === "" ? "invite" : get("SIGNUP"));
  const problems = [
    ...Object.values(NEEDED).flatMap((names) => missingOf(names, get)),
    ...ADDRESSES.filter((name) => get(name) !== "" && !isAddress(get(name))).map(
      (name) => `${name} must be an https address without query or fragment`,
    ),
    ...(signup.success ? [] : ["SIGNUP must be invite, open or closed"]),
  ];
  const on = (id: ProviderId): boolean => NEEDED[id].every((name) => get(name) !== "");
  const providers: ProviderSetting[] = [];
  if (on("github"))
    providers.push({
      id: "github",
      name: "GitHub",
      ...clientOf("GITHUB", get),
      url: withoutSlash(or(get("GITHUB_URL"), GITHUB_URL)),
      apiUrl: withoutSlash(or(get("GITHUB_API_URL"), GITHUB_API_URL)),
    });
  if (on("google"))
    providers.push({
      id: "google",
      name: "Google",
      ...clientOf("GOOGLE", get),
      issuer: or(get("GOOGLE_ISSUER"), GOOGLE_ISSUER),
    });
  if (on("oidc"))
    providers.push({
      id: "oidc",
      name: or(get("OIDC_NAME"), OIDC_NAME),
      ...clientOf("OIDC", get),
      issuer: get("OIDC_ISSUER"),
    });
  return { signup: signup.success ? signup.data : "closed", providers, problems };
}

function missingOf(names: readonly string[], get: (name: string) => string): string[] {
  const given = names.filter((name) => get(name) !== "");
  if (given.length === 0 || given.length === names.length) return [];
  const missing = names.filter((name) => get(name) === "");
  return [`${missing.join(" and ")} must be set as well: ${given.join(" and ")} is`];
}

const clientOf = (prefix: string, get: (name: string) => string) => ({
  clientId: get(`${prefix}_CLIENT_ID`),
  clientSecret: get(`${prefix}_CLIENT_SECRET`),
});

const or = (text: string, fallback: string): string => (text === "" ? fallback : text);

/** http is for providers on the operator's own machine: the egress rules refuse it unless EGRESS_ALLOW names them. */
const isAddress = (text: string): boolean => /^https?:\/\/[^\s/?#@]+(?:\/[^\s?#]*)?$/.test(text);

const withoutSlash = (text: string): string => text.replace(/\/+$/, "");
