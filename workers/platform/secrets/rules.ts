/** What the name of a secret says: who reads it, what it is called in permissions, how long a replaced value stays. */
import { assert, type Instant } from "../model.ts";
import { PLATFORM_ORG_ID } from "../tasks/rules.ts";
import { modelKeyName, ModelProvider, SecretKind } from "./model.ts";

/** Names the form of the sealed bytes and of fingerprints; another form gets another. */
const DOMAIN = "ew1";

/** A replaced version resolves this long for a task that began with it [SC4]. */
export const REPLACED_MS = 15 * 60_000;
/** Signatures of channels are made with both secrets this long after a rotation [WH2]. */
export const REPLACED_CHANNEL_MS = 24 * 3_600_000;

/** Secrets of the reserved organization are sealed by a key that serves nothing else [SC1]. */
export type Namespace = "platform" | "org";
export const namespaceOf = (org: string): Namespace =>
  org === PLATFORM_ORG_ID ? "platform" : "org";

/** What the sealed bytes are bound to [SC2]; the cipher puts the domain in front. */
export const sealLabel = (org: string, name: string, version: number): (string | number)[] => [
  namespaceOf(org),
  org,
  name,
  version,
];

/** What a fingerprint is the MAC of [SC3]. */
export const fingerprintText = (org: string, name: string, value: string): string =>
  JSON.stringify([DOMAIN, "fingerprint", org, name, value]);

/** The first part of a valid name. */
export function kindOf(name: string): SecretKind {
  const kind = SecretKind.safeParse(name.split(".")[0]);
  assert(kind.success, "a secret's name begins with its kind");
  return kind.data;
}

/** Names of `model` that somebody reads; another one would lie there unread. */
export const MODEL_KEYS: readonly string[] = ModelProvider.options.map(modelKeyName);

/** `env.NAME` -> `secrets/env/NAME`: how permissions and records name it [ID20]. */
export const resourceOf = (name: string): string => `secrets/${name.replaceAll(".", "/")}`;

export const keptMs = (name: string): number =>
  kindOf(name) === "channel" ? REPLACED_CHANNEL_MS : REPLACED_MS;

/** True while a version that was replaced at `replacedAt` may still be read. */
export const stillKept = (name: string, replacedAt: Instant, now: Instant): boolean =>
  now - replacedAt < keptMs(name);

/** Signing secrets of webhooks are made with their endpoint and rotated there: another value could sign nothing [WH2]. */
export const isMadeByPlatform = (name: string): boolean => /^channel\.[^.]+\.signing$/.test(name);

const BARE = /^[A-Za-z0-9_]{1,64}$/;

/** `NAME` or `env.NAME` as a task asks for it -> the secret, if the task declared it; no other kind is ever a task's. */
export function declaredName(asked: string, declared: readonly string[]): string | undefined {
  const name = BARE.test(asked) ? `env.${asked}` : asked;
  return name.startsWith("env.") && declared.includes(name) ? name : undefined;
}
