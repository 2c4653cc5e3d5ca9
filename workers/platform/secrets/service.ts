/** Secrets: put, deleted, and resolved for those who may read them. Nothing else ever sees a value. */
import { hmacSha256, toHex, utf8 } from "../adapters/bytes.ts";
import { openValue, randomBytes, sealValue } from "../adapters/cipher.ts";
import { configurationOf, type KeyEncryptionKey } from "../adapters/configuration.ts";
import { addRedaction } from "../adapters/log.ts";
import type { Sql, Tx } from "../adapters/sql.ts";
import { appendAudit } from "../audit/service.ts";
import type { Instant } from "../model.ts";
import type { SecretVersion } from "./model.ts";
import { fingerprintText, kindOf, namespaceOf, resourceOf, sealLabel, stillKept } from "./rules.ts";
import {
  countUse,
  insertVersion,
  lastVersion,
  lockSecret,
  readVersions,
  shredAll,
  type StoredVersion,
} from "./store.ts";

const FINGERPRINT_CHARS = 8;

export interface PutPorts {
  readonly env: Env;
  readonly random: (bytes: number) => Uint8Array;
  readonly now: () => Instant;
}

export interface ResolvePorts {
  readonly env: Env;
  readonly sql: Sql;
  readonly now: () => Instant;
}

export interface NewSecret {
  readonly org: string;
  /** A valid SecretName. */
  readonly name: string;
  readonly value: string;
  /** `user:<id>`, or the part of the platform that made it. */
  readonly createdBy: string;
}

/** The keys that open and seal an organization's secrets, the first one seals [SC1]. */
export const keksOf = (env: Env, org: string): readonly KeyEncryptionKey[] => {
  const { kekPlatform, kekOrg } = configurationOf(env);
  return namespaceOf(org) === "platform" ? kekPlatform : kekOrg;
};

/**
 * Puts `value` in force as the next version, in the caller's transaction, whose scope holds the organization.
 * The version before stays readable for a while [SC4]. The caller audits.
 */
export async function putSecret(
  ports: PutPorts,
  tx: Tx,
  wish: NewSecret,
): Promise<SecretVersion & { readonly before: string | null }> {
  const { org, name } = wish;
  await lockSecret(tx, org, name);
  const last = await lastVersion(tx, name);
  const version = last.version + 1;
  const label = sealLabel(org, name, version);
  const sealed = await sealValue(keksOf(ports.env, org), label, utf8(wish.value), ports.random);
  const fingerprint = await fingerprintOf(ports.env, wish);
  const secret = { ...sealed, org, name, version, fingerprint, createdBy: wish.createdBy };
  await insertVersion(tx, secret, ports.now());
  return { name, version, fingerprint, before: last.fingerprint };
}

/** Equal values of one name have equal fingerprints; who lacks the key learns nothing from one [SC3]. */
async function fingerprintOf(env: Env, wish: NewSecret): Promise<string> {
  const mac = await hmacSha256(
    configurationOf(env).keyPepper,
    utf8(fingerprintText(wish.org, wish.name, wish.value)),
  );
  return toHex(mac).slice(0, FINGERPRINT_CHARS);
}

/**
 * Shreds every version, in the caller's transaction, whose scope holds the organization. The caller audits.
 * @returns the fingerprint that was in force, undefined when there was none
 */
export async function deleteSecret(
  tx: Tx,
  wish: { readonly org: string; readonly name: string },
): Promise<string | undefined> {
  await lockSecret(tx, wish.org, wish.name);
  return shredAll(tx, wish.name);
}

export interface ResolveWish {
  readonly org: string;
  readonly name: string;
  /** Who reads, without what changes per task: `deliveries`, `dags/<id>`. Counted, and chained once per version [SC6]. */
  readonly reader: string;
  readonly requestId?: string;
}

/**
 * The value in force; for `channel` behind it the ones replaced less than 24 h ago. Undefined when there is none.
 * @throws when the key-encryption key is not configured, or the stored bytes were changed
 */
export async function resolveSecret(
  ports: ResolvePorts,
  wish: ResolveWish,
): Promise<readonly string[] | undefined> {
  const versions = await takeVersions(ports, wish, (stored, now) => {
    const current = inForce(stored);
    if (current === undefined || kindOf(wish.name) !== "channel") return current;
    const kept = stored.filter(
      ({ replacedAt }) => replacedAt !== null && stillKept(wish.name, replacedAt, now),
    );
    return [...current, ...kept];
  });
  return versions && Promise.all(versions.map((stored) => opened(ports.env, wish, stored)));
}

export interface ResolvedVersion {
  readonly value: string;
  readonly version: number;
}

/** The value in force, or `version` if it is that or was replaced less than 15 minutes ago [SC4]. */
export async function resolveVersion(
  ports: ResolvePorts,
  wish: ResolveWish,
  version: number | undefined,
): Promise<ResolvedVersion | undefined> {
  const versions = await takeVersions(ports, wish, (stored, now) => {
    const current = inForce(stored);
    if (current === undefined || version === undefined) return current;
    const wanted = stored.find((one) => one.version === version);
    if (wanted === undefined) return undefined;
    const { replacedAt } = wanted;
    return replacedAt === null || stillKept(wish.name, replacedAt, now) ? [wanted] : undefined;
  });
  const stored = versions?.[0];
  if (stored === undefined) return undefined;
  return { value: await opened(ports.env, wish, stored), version: stored.version };
}

const inForce = (stored: readonly StoredVersion[]): readonly StoredVersion[] | undefined => {
  const current = stored.find(({ replacedAt }) => replacedAt === null);
  return current && [current];
};

/** The value of a version; from now on it is redacted in what this isolate logs [SC7]. */
async function opened(env: Env, wish: ResolveWish, stored: StoredVersion): Promise<string> {
  const label = sealLabel(wish.org, wish.name, stored.version);
  const bytes = await openValue(keksOf(env, wish.org), label, stored);
  // A byte order mark is part of the value.
  const value = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  addRedaction(value);
  return value;
}

type Picking = (
  stored: readonly StoredVersion[],
  now: Instant,
) => readonly StoredVersion[] | undefined;

/** The versions `pick` takes of those that still hold their bytes, after counting a use of the first of them. */
const takeVersions = (
  ports: ResolvePorts,
  wish: ResolveWish,
  pick: Picking,
): Promise<readonly StoredVersion[] | undefined> =>
  ports.sql.transaction({ org: wish.org }, async (tx) => {
    const now = ports.now();
    const picked = pick(await readVersions(tx, wish.name), now);
    const [first] = picked ?? [];
    if (first === undefined) return undefined;
    const use = { ...wish, version: first.version, at: now };
    if (await countUse(tx, use)) await chainFirstUse(tx, wish, first.version, now);
    return picked;
  });

async function chainFirstUse(
  tx: Tx,
  wish: ResolveWish,
  version: number,
  now: Instant,
): Promise<void> {
  await appendAudit(tx, {
    org: wish.org,
    at: now,
    actor: { kind: kindOf(wish.name) === "env" ? "worker" : "system", id: wish.reader },
    requestId: wish.requestId ?? "",
    pii: { name: null, ip: null, userAgent: null },
    random: randomBytes,
    action: "secrets.use",
    resource: resourceOf(wish.name),
    changes: { version: { before: null, after: version } },
  });
}
