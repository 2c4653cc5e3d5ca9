/** API keys: who sent one, making one, and revoking all that a user made. */
import type { AuditOrigin } from "../audit/model.ts";
import { appendAudit } from "../audit/service.ts";
import { equalBytes, hmacSha256, utf8 } from "../adapters/bytes.ts";
import { configurationOf } from "../adapters/configuration.ts";
import type { Sql, Tx } from "../adapters/sql.ts";
import type { Grant, Principal } from "../http/model.ts";
import { allows, grantText, includesGrant, keyCannot, parseGrant } from "../http/rules.ts";
import { assert, done, refuse, type FieldError, type Instant, type Result } from "../model.ts";
import { ACTIONS } from "../orgs/rules.ts";
import { holdSession } from "../identity/service/seats.ts";
import { grantsHeld } from "../orgs/service.ts";
import { KEYS_MAX, type ApiKey, type CreateKey, type FoundKey } from "./model.ts";
import { KEY_RANDOM_BYTES, keyText, newKeyToken, parseKey } from "./rules.ts";
import {
  countLive,
  findByKeyId,
  insertKey,
  isLive,
  readKey,
  revokeKeysMadeBy,
  touchKey,
} from "./store.ts";

export interface KeyPorts {
  readonly env: Env;
  readonly sql: Sql;
  readonly now: () => Instant;
}

/** How long an isolate trusts what it read: a revoked key works at most this long on [KY5]. */
const HIT_MS = 30_000;
const MISS_MS = 5_000;
const ENTRIES_MAX = 10_000;
const TOUCH_MS = 60_000;

interface Entry {
  readonly key: FoundKey | undefined;
  readonly readAt: Instant;
}

/** Per isolate: what was read of keys, and when their use was last noted. */
class KeyCache {
  readonly #entries = new Map<string, Entry>();
  readonly #touched = new Map<string, Instant>();

  get(keyId: string, now: Instant): Entry | undefined {
    const entry = this.#entries.get(keyId);
    if (entry === undefined) return undefined;
    return now - entry.readAt < (entry.key === undefined ? MISS_MS : HIT_MS) ? entry : undefined;
  }

  set(keyId: string, entry: Entry): void {
    if (this.#entries.size >= ENTRIES_MAX) this.#entries.clear();
    this.#entries.set(keyId, entry);
  }

  /** True when the use should be written now. */
  shouldTouch(id: string, now: Instant): boolean {
    if (now - (this.#touched.get(id) ?? 0) < TOUCH_MS) return false;
    if (this.#touched.size >= ENTRIES_MAX) this.#touched.clear();
    this.#touched.set(id, now);
    return true;
  }
}

const caches = new WeakMap<object, KeyCache>();

function cacheOf(env: Env): KeyCache {
  const cache = caches.get(env) ?? new KeyCache();
  caches.set(env, cache);
  return cache;
}

/**
 * Who sent this key. Unknown, revoked and expired give the same refusal [KY7].
 *
 * @param fresh reads the row even if the isolate knows it, for changes that must not trust an old answer
 */
export async function principalOfKey(
  ports: KeyPorts,
  text: string,
  fresh: boolean,
): Promise<Result<Principal>> {
  const parsed = parseKey(text);
  if (parsed === undefined) return refuse("unauthenticated");
  const { env, sql } = ports;
  const now = ports.now();
  const cache = cacheOf(env);
  const known = fresh ? undefined : cache.get(parsed.keyId, now);
  const entry = known ?? {
    key: await sql.transaction({ none: true }, (tx) => findByKeyId(tx, parsed.keyId)),
    readAt: now,
  };
  if (known === undefined) cache.set(parsed.keyId, entry);
  // A MAC is computed for unknown keys too: the time taken tells nothing.
  const mac = await hashOf(env, parsed.secret);
  const { key } = entry;
  if (key === undefined || !equalBytes(mac, key.hash) || !isLive(key, now))
    return refuse("unauthenticated");
  if (key.orgStatus !== "active") return refuse("org_suspended");
  if (cache.shouldTouch(key.id, now))
    await sql.transaction({ org: key.orgId }, (tx) => touchKey(tx, key.id, now));
  const grants = key.grants.map(parseGrant).filter((grant) => grant !== undefined);
  return done({ kind: "key", id: key.id, org: key.orgId, name: key.name, grants });
}

export interface CreatedKey {
  readonly key: ApiKey;
  /** Shown once, stored nowhere: null when an earlier try of this request made the key and its answer was lost. */
  readonly token: string | null;
}

export interface MakePorts extends KeyPorts {
  readonly random: (bytes: number) => Uint8Array;
  /** The session of who makes it: a key outlives it only if it was made before the session ended [ID15]. */
  readonly sid: string | undefined;
}

/**
 * Makes a key with id `subjectId`. Its grants are a part of the maker's own [KY3].
 * Refusals: `unauthenticated` for who ended the session meanwhile, `forbidden` for who was removed or demoted;
 * `validation_failed` naming each wrong grant, or that
 * the organization has KEYS_MAX live keys.
 */
export async function createKey(
  ports: MakePorts,
  origin: AuditOrigin,
  wish: CreateKey,
  subjectId: string,
): Promise<Result<CreatedKey>> {
  const now = ports.now();
  const token = newKeyToken(ports.random(KEY_RANDOM_BYTES));
  const hash = await hashOf(ports.env, token.secret);
  return ports.sql.transaction({ org: origin.org, user: origin.actor.id }, async (tx) => {
    const first = await readKey(tx, subjectId);
    if (first !== undefined) return done({ key: first, token: null });
    if (!(await holdSession(tx, ports.sid, now))) return refuse("unauthenticated");
    const held = await grantsHeld(tx, origin.org, origin.actor.id);
    if (!mayWriteKeys(held)) return refuse("forbidden");
    const errors = wish.grants.flatMap((text, i) => grantErrors(text, i, held));
    if (isPast(wish.expires_at, now)) errors.push(EXPIRES_PAST);
    if (errors.length > 0) return refuse("validation_failed", { errors });
    if ((await countLive(tx, origin.org, now)) >= KEYS_MAX) return tooMany;
    const key = await insertKey(tx, {
      id: subjectId,
      orgId: origin.org,
      keyId: token.keyId,
      name: wish.name,
      hash,
      grants: wish.grants.map((text) => normalGrant(text)),
      createdBy: origin.actor.id,
      createdAt: now,
      expiresAt: wish.expires_at ?? null,
    });
    assert(key !== undefined, "under the lock of countLive nobody else made this key");
    await appendAudit(tx, {
      ...origin,
      action: "keys.create",
      resource: `keys/${key.id}`,
      changes: {
        name: { before: null, after: key.name },
        grants: { before: null, after: key.grants },
        expires_at: { before: null, after: key.expires_at },
      },
    });
    return done({ key, token: keyText(token) });
  });
}

/** Asked again in the transaction: the maker may have been removed since the request came in. */
export const mayWriteKeys = (held: readonly Grant[]): boolean => allows(held, "keys.write", "keys");

export const hashOf = (env: Env, secret: string): Promise<Uint8Array<ArrayBuffer>> =>
  hmacSha256(configurationOf(env).keyPepper, utf8(secret));

export const tooMany = refuse("validation_failed", {
  detail: `An organization has at most ${KEYS_MAX} live keys. Revoke one first.`,
});

export const isPast = (at: string | null | undefined, now: Instant): boolean =>
  at !== undefined && at !== null && Date.parse(at) <= now;

export const EXPIRES_PAST: FieldError = {
  location: "/expires_at",
  message: "lies in the past",
  fix: "Send a later time, or leave it out.",
};

/**
 * Revokes every live key of the scope's organization that the user made; audited by the caller, whose record names
 * how many. For a member who is removed, and for a user who revokes everything [ID15, ID17].
 */
export const revokeKeysOf = (tx: Tx, userId: string, now: Instant): Promise<readonly string[]> =>
  revokeKeysMadeBy(tx, userId, now);

const normalGrant = (text: string): string => {
  const grant = parseGrant(text);
  return grant === undefined ? text : grantText(grant);
};

function grantErrors(text: string, index: number, held: readonly Grant[]): FieldError[] {
  const location = `/grants/${index}`;
  const grant = parseGrant(text);
  if (grant === undefined || !ACTIONS.includes(grant.action)) {
    return [
      {
        location,
        message: "is not a permission",
        fix: "Send area.action, for example analyses.write@**.",
      },
    ];
  }
  if (keyCannot(grant.action))
    return [{ location, message: "is never given to a key", fix: "Do it as a signed-in user." }];
  if (!includesGrant(held, grant))
    return [
      { location, message: "is more than you hold", fix: "Leave it out, or ask an administrator." },
    ];
  return [];
}
