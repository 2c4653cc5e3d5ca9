/** What happens to a key after it was made: it is renamed, gets another end, a successor, or is revoked. */
import type { AuditChanges, AuditOrigin } from "../../audit/model.ts";
import { appendAudit } from "../../audit/service.ts";
import type { Tx } from "../../adapters/sql.ts";
import { includesGrant, parseGrant } from "../../http/rules.ts";
import { done, refuse, type Instant, type Result } from "../../model.ts";
import { holdSession } from "../../identity/service/seats.ts";
import { grantsHeld } from "../../orgs/service.ts";
import { KEYS_MAX, type ApiKey, type ChangeKey, type RotateKey } from "../model.ts";
import { GRACE_MS, KEY_RANDOM_BYTES, keyText, newKeyToken } from "../rules.ts";
import {
  EXPIRES_PAST,
  hashOf,
  isPast,
  mayWriteKeys,
  tooMany,
  type CreatedKey,
  type KeyPorts,
  type MakePorts,
} from "../service.ts";
import { countLive, readKey, replaceKey, revokeKey, updateKey } from "../store.ts";

/** Neither revoked nor expired. */
const isLiveAt = (key: ApiKey, now: Instant): boolean =>
  key.revoked_at === null && !isPast(key.expires_at, now);

/** The key a change is meant for, and the version it was based on. */
export interface Target {
  readonly id: string;
  readonly version: number;
}

/** Refusals: `not_found`, `version_mismatch`. */
async function targetOf(tx: Tx, target: Target): Promise<Result<ApiKey>> {
  const key = await readKey(tx, target.id);
  if (key === undefined) return refuse("not_found");
  return key.version === target.version ? done(key) : refuse("version_mismatch");
}

/**
 * Another name, another end. A key that has ended, or was replaced, keeps its end.
 * Refusals: `not_found`, `version_mismatch`, `validation_failed`.
 */
export async function changeKey(
  ports: KeyPorts,
  origin: AuditOrigin,
  target: Target,
  change: ChangeKey,
): Promise<Result<ApiKey>> {
  const now = ports.now();
  if (isPast(change.expires_at, now))
    return refuse("validation_failed", { errors: [EXPIRES_PAST] });
  return ports.sql.transaction({ org: origin.org }, async (tx) => {
    const found = await targetOf(tx, target);
    if (!found.ok) return found;
    const before = found.value;
    if (change.expires_at !== undefined && !(isLiveAt(before, now) && before.replaced_by === null))
      return refuse("validation_failed", { errors: [ENDS_ALREADY] });
    const after = await updateKey(tx, {
      ...target,
      name: change.name ?? before.name,
      expires_at: change.expires_at === undefined ? before.expires_at : change.expires_at,
    });
    if (after === undefined) return refuse("version_mismatch");
    await appendAudit(tx, {
      ...origin,
      action: "keys.update",
      resource: `keys/${after.id}`,
      changes: changesOf(before, after),
    });
    return done(after);
  });
}

const ENDS_ALREADY = {
  location: "/expires_at",
  message: "cannot be changed: the key has ended, or was replaced",
  fix: "Make a new key.",
} as const;

function changesOf(before: ApiKey, after: ApiKey): AuditChanges {
  const fields = ["name", "expires_at"] as const;
  return Object.fromEntries(
    fields
      .filter((field) => before[field] !== after[field])
      .map((field) => [field, { before: before[field], after: after[field] }]),
  );
}

export interface Rotation extends Target {
  readonly grace: RotateKey["grace"];
  /** Id of the successor: a repeated request finds it. */
  readonly subjectId: string;
}

/**
 * Gives a key its one successor, with new id and secret and the same settings [KY4]; the old one goes on for `grace`,
 * never past its own end.
 * Refusals: `not_found`, `version_mismatch` (changed or replaced meanwhile), `forbidden` (it may more than the user),
 * `validation_failed` (it has ended; the organization has KEYS_MAX live keys).
 */
export async function rotateKey(
  ports: MakePorts,
  origin: AuditOrigin,
  wish: Rotation,
): Promise<Result<CreatedKey>> {
  const now = ports.now();
  const token = newKeyToken(ports.random(KEY_RANDOM_BYTES));
  const hash = await hashOf(ports.env, token.secret);
  return ports.sql.transaction({ org: origin.org, user: origin.actor.id }, async (tx) => {
    const first = await readKey(tx, wish.subjectId);
    if (first !== undefined) return done({ key: first, token: null });
    if (!(await holdSession(tx, ports.sid, now))) return refuse("unauthenticated");
    const allowed = await mayRotate(tx, origin, wish, now);
    if (!allowed.ok) return allowed;
    const key = await replaceKey(tx, {
      of: wish,
      id: wish.subjectId,
      keyId: token.keyId,
      hash,
      madeBy: origin.actor.id,
      now,
      oldEnds: now + GRACE_MS[wish.grace],
    });
    if (key === undefined) return refuse("version_mismatch");
    await appendAudit(tx, {
      ...origin,
      action: "keys.rotate",
      resource: `keys/${wish.id}`,
      changes: {
        replaced_by: { before: null, after: key.id },
        grace: { before: null, after: wish.grace },
      },
    });
    return done({ key, token: keyText(token) });
  });
}

/** Nobody gets a token that may more than they do [KY3]. */
async function mayRotate(
  tx: Tx,
  { org, actor }: AuditOrigin,
  wish: Rotation,
  now: Instant,
): Promise<Result<true>> {
  const held = await grantsHeld(tx, org, actor.id);
  if (!mayWriteKeys(held)) return refuse("forbidden");
  const live = await countLive(tx, org, now);
  const found = await targetOf(tx, wish);
  if (!found.ok) return found;
  if (found.value.replaced_by !== null) return refuse("version_mismatch");
  if (!isLiveAt(found.value, now)) {
    return refuse("validation_failed", { detail: "The key has ended. Make a new one." });
  }
  const grants = found.value.grants.map(parseGrant);
  if (!grants.every((grant) => grant === undefined || includesGrant(held, grant)))
    return refuse("forbidden", { detail: "The key may do more than you: ask who may." });
  return live - (wish.grace === "0" ? 1 : 0) >= KEYS_MAX ? tooMany : done(true);
}

/**
 * Revokes a key; one that is revoked stays so.
 * Refusals: `not_found`; `version_mismatch` when a version was named and is not the current one.
 */
export async function endKey(
  ports: KeyPorts,
  origin: AuditOrigin,
  target: { readonly id: string; readonly version: number | undefined },
): Promise<Result<true>> {
  return ports.sql.transaction({ org: origin.org }, async (tx) => {
    const key = await readKey(tx, target.id);
    if (key === undefined) return refuse("not_found");
    if (target.version !== undefined && target.version !== key.version)
      return refuse("version_mismatch");
    const revoked = await revokeKey(tx, key.id, ports.now());
    if (revoked === undefined) return done(true);
    await appendAudit(tx, {
      ...origin,
      action: "keys.revoke",
      resource: `keys/${key.id}`,
      changes: { revoked_at: { before: null, after: revoked.revoked_at } },
    });
    return done(true);
  });
}
