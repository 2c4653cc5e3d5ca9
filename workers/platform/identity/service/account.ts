/** What users do with their own account: its name, its sessions, its identities. */
import { configurationOf } from "../../adapters/configuration.ts";
import type { Tx } from "../../adapters/sql.ts";
import type { AuditOrigin } from "../../audit/model.ts";
import { appendAudit } from "../../audit/service.ts";
import { revokeKeysOf } from "../../keys/service.ts";
import { done, refuse, type Result } from "../../model.ts";
import type { IdentityView, SessionView } from "../model.ts";
import { endAllFamilies, endFamily, findProfile, listFamilies } from "../store/families.ts";
import {
  deleteIdentity,
  listIdentities,
  lockUser,
  orgsWithOwnKeys,
  renameUser,
} from "../store/identities.ts";
import type { TokenPorts } from "./signing.ts";

/** The signed-in user, with the session the request came from. */
export interface Account {
  readonly userId: string;
  readonly sid: string | undefined;
  /** For the chain of the session's organization, or the reserved one [C49]. */
  readonly origin: AuditOrigin;
}

const inScope = <T>(
  ports: TokenPorts,
  { userId, origin }: Account,
  body: (tx: Tx) => Promise<T>,
): Promise<T> => ports.sql.transaction({ org: origin.org, user: userId }, body);

export async function rename(ports: TokenPorts, account: Account, name: string): Promise<void> {
  await inScope(ports, account, async (tx) => {
    const before = await findProfile(tx, account.userId);
    if (before?.status !== "active" || before.name === name) return;
    await renameUser(tx, account.userId, name);
    // Names are personal: the chain says that it changed, not from what to what.
    await appendAudit(tx, {
      ...account.origin,
      action: "identities.rename",
      resource: `users/${account.userId}`,
    });
  });
}

/** The living sessions of the user, the newest first. */
export const sessionsOf = (ports: TokenPorts, account: Account): Promise<readonly SessionView[]> =>
  ports.sql.transaction({ user: account.userId }, async (tx) => {
    const families = await listFamilies(tx, account.userId, ports.now());
    return families.map((family) => ({ ...family, current: family.id === account.sid }));
  });

/** Ends one session. Refusal: `not_found` for what is not the user's, or over. */
export function endSessionById(
  ports: TokenPorts,
  account: Account,
  id: string,
): Promise<Result<void>> {
  return inScope(ports, account, async (tx) => {
    if (!(await endFamily(tx, id, "revoked", ports.now()))) return refuse("not_found");
    await appendAudit(tx, {
      ...account.origin,
      action: "sessions.revoke",
      resource: `sessions/${id}`,
    });
    return done(undefined);
  });
}

export const identitiesOf = (
  ports: TokenPorts,
  account: Account,
): Promise<readonly IdentityView[]> =>
  ports.sql.transaction({ user: account.userId }, (tx) => listIdentities(tx, account.userId));

/**
 * Removes one identity. Refusals: `not_found`; `last_identity`, because without one nobody could sign in, unless the
 * launcher makes links for them [ID11].
 */
export function unlinkIdentity(
  ports: TokenPorts,
  account: Account,
  id: string,
): Promise<Result<void>> {
  return inScope(ports, account, async (tx) => {
    await lockUser(tx, account.userId);
    const identities = await listIdentities(tx, account.userId);
    const identity = identities.find((candidate) => candidate.id === id);
    if (identity === undefined) return refuse("not_found");
    if (identities.length === 1 && configurationOf(ports.env).environment !== "local")
      return refuse("last_identity");
    await deleteIdentity(tx, id);
    await appendAudit(tx, {
      ...account.origin,
      action: "identities.unlink",
      resource: `identities/${id}`,
      changes: { provider: { before: identity.provider, after: null } },
    });
    return done(undefined);
  });
}

/**
 * Ends every session of the user and revokes the keys they made, in every organization [ID15]. Keys go first: whoever
 * is interrupted in between is still signed in and can ask again. They go again afterwards: a key that was being made
 * holds its session until it is there, and without a session there are no more.
 */
export async function revokeAll(ports: TokenPorts, account: Account): Promise<void> {
  const { userId, origin } = account;
  await revokeOwnKeys(ports, account);
  await inScope(ports, account, async (tx) => {
    const sessions = await endAllFamilies(tx, userId, ports.now());
    await appendAudit(tx, {
      ...origin,
      action: "sessions.revoke_all",
      resource: `users/${userId}`,
      changes: { sessions: { before: sessions, after: 0 } },
    });
  });
  await revokeOwnKeys(ports, account);
}

async function revokeOwnKeys(ports: TokenPorts, { userId, origin }: Account): Promise<void> {
  const orgs = await ports.sql.transaction({ user: userId }, orgsWithOwnKeys);
  for (const org of orgs) {
    await ports.sql.transaction({ org, user: userId }, async (tx) => {
      const keys = await revokeKeysOf(tx, userId, ports.now());
      await appendAudit(tx, {
        ...origin,
        org,
        action: "keys.revoke",
        resource: `members/${userId}`,
        changes: { keys_revoked: { before: null, after: [...keys] } },
      });
    });
  }
}
