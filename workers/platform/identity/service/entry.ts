/** From a proof to a user: the identity's own, the one with its address, or a new one. */
import { configurationOf } from "../../adapters/configuration.ts";
import type { Tx } from "../../adapters/sql.ts";
import { appendAudit } from "../../audit/service.ts";
import { done, refuse, uuidv7, UUID_RANDOM_BYTES, type Result } from "../../model.ts";
import { createOrg, openInvitationFor } from "../../orgs/service.ts";
import { PLATFORM_ORG_ID } from "../../tasks/rules.ts";
import { REAUTH_MS, type Proof, type Visitor } from "../model.ts";
import { entryOf, type Known } from "../rules/entry.ts";
import { findProfile, readFamily } from "../store/families.ts";
import {
  adoptEmail,
  findIdentity,
  findVerifiedEmail,
  insertIdentity,
  insertUser,
  isTaken,
  touchIdentity,
} from "../store/identities.ts";
import { isLive, openSession, originOf, type Opened, type SessionPorts } from "./sessions.ts";

export interface Entered {
  readonly opened: Opened;
  /** True when the identity was attached to a user who did not have it before [ID8]. */
  readonly attached: boolean;
}

/** Somebody may be quicker with the same identity or address; the second look then finds what they made. */
const LOOKS = 2;

/** Signs in whom a proof stands for. Refusals: `signup_closed`, `forbidden` for a disabled user. */
export async function enter(
  ports: SessionPorts,
  proof: Proof,
  visitor: Visitor,
): Promise<Result<Entered>> {
  for (let look = 1; ; look += 1) {
    try {
      return await enterOnce(ports, proof, visitor);
    } catch (error) {
      if (look === LOOKS || !isTaken(error)) throw error;
    }
  }
}

async function enterOnce(
  ports: SessionPorts,
  proof: Proof,
  visitor: Visitor,
): Promise<Result<Entered>> {
  const known = await ports.sql.transaction({ none: true }, (tx) => look(tx, ports, proof));
  const entry = entryOf(known, configurationOf(ports.env).signup);
  switch (entry.kind) {
    case "refused":
      return refuse(entry.code);
    case "known":
      await ports.sql.transaction({ user: entry.userId }, (tx) =>
        touchIdentity(tx, proof, ports.now()),
      );
      break;
    case "attach": {
      const attached = await attach(ports, { userId: entry.userId, session: null }, proof, visitor);
      if (!attached.ok) return attached;
      break;
    }
    case "new":
      return makeUser(ports, proof, visitor, entry.ownOrg);
  }
  const opened = await openSession(ports, entry.userId, visitor, proof.provider);
  if (!opened.ok) return opened;
  return done({ opened: opened.value, attached: entry.kind === "attach" });
}

/** What is known of a proof. Only trusted addresses lead to a user; any verified one may have been invited. */
async function look(
  tx: Tx,
  ports: SessionPorts,
  proof: Proof,
): Promise<Known & { invited: boolean }> {
  const identityOf = await findIdentity(tx, proof);
  if (identityOf !== undefined) return { identityOf, emailOf: undefined, invited: false };
  for (const email of proof.emailsTrusted ? proof.emails : []) {
    const emailOf = await findVerifiedEmail(tx, email);
    if (emailOf !== undefined) return { identityOf, emailOf, invited: false };
  }
  const invitation = await invitedEmail(tx, ports, proof);
  return { identityOf, emailOf: undefined, invited: invitation !== undefined };
}

async function invitedEmail(
  tx: Tx,
  ports: SessionPorts,
  proof: Proof,
): Promise<string | undefined> {
  for (const email of proof.emails)
    if ((await openInvitationFor(tx, email, ports.now())) !== undefined) return email;
  return undefined;
}

async function makeUser(
  ports: SessionPorts,
  proof: Proof,
  visitor: Visitor,
  ownOrg: boolean,
): Promise<Result<Entered>> {
  const now = ports.now();
  const userId = uuidv7(now, ports.random(UUID_RANDOM_BYTES));
  const { userName: name } = proof;
  await ports.sql.transaction({ org: PLATFORM_ORG_ID, user: userId }, async (tx) => {
    const email = (await invitedEmail(tx, ports, proof)) ?? proof.emails[0] ?? null;
    const emailVerified = email !== null && proof.emailsTrusted;
    await insertUser(tx, { id: userId, name, email, emailVerified }, now);
    await recordIdentity(tx, ports, { org: PLATFORM_ORG_ID, userId, name }, proof, visitor);
  });
  if (ownOrg) await makeOwnOrg(ports, userId, name, visitor);
  const opened = await openSession(ports, userId, visitor, proof.provider);
  return opened.ok ? done({ opened: opened.value, attached: false }) : opened;
}

/** Leaves room for what follows it in the name of an organization. */
const OWNER_CHARS_MAX = 180;

/** Where everybody may sign up, everybody begins with an organization of their own [ID9]. */
async function makeOwnOrg(
  ports: SessionPorts,
  userId: string,
  userName: string,
  visitor: Visitor,
): Promise<void> {
  const now = ports.now();
  const id = uuidv7(now, ports.random(UUID_RANDOM_BYTES));
  const name = `${userName.slice(0, OWNER_CHARS_MAX)}'s organization`;
  const slug = `org-${id.slice(-12)}`;
  const tier = configurationOf(ports.env).defaultTier;
  await ports.sql.transaction({ org: id, user: userId }, async (tx) => {
    const made = await createOrg(tx, { id, name, tier, ownerId: userId, slug }, now);
    if (!made.ok) return;
    await appendAudit(tx, {
      ...originOf(ports, { org: id, userId, name: userName }, visitor),
      action: "org.create",
      resource: "org",
    });
  });
}

/**
 * Links an identity to the signed-in user who asked for it [ID7].
 * Refusals: `identity_taken` by another user, `reauth_required`, `unauthenticated` once the session is over.
 */
export async function linkIdentity(
  ports: SessionPorts,
  linker: { readonly user: string | null; readonly session: string | null },
  proof: Proof,
  visitor: Visitor,
): Promise<Result<void>> {
  if (linker.user === null || linker.session === null) return refuse("unauthenticated");
  const wish = { userId: linker.user, session: linker.session };
  try {
    return await attach(ports, wish, proof, visitor);
  } catch (error) {
    if (isTaken(error)) return refuse("identity_taken");
    throw error;
  }
}

async function attach(
  ports: SessionPorts,
  wish: { readonly userId: string; readonly session: string | null },
  proof: Proof,
  visitor: Visitor,
): Promise<Result<void>> {
  const { userId, session } = wish;
  const family = await ports.sql.transaction({ user: userId }, (tx) =>
    session === null ? Promise.resolve(undefined) : readFamily(tx, session),
  );
  if (session !== null) {
    if (family === undefined || !isLive(family, ports.now())) return refuse("unauthenticated");
    if (ports.now() - family.authAt > REAUTH_MS) return refuse("reauth_required");
  }
  const org = family?.lastOrgId ?? PLATFORM_ORG_ID;
  return ports.sql.transaction({ org, user: userId }, async (tx) => {
    const profile = await findProfile(tx, userId);
    if (profile === undefined || profile.status !== "active") return refuse("forbidden");
    const owner = await findIdentity(tx, proof);
    if (owner !== undefined && owner !== userId) return refuse("identity_taken");
    if (proof.emailsTrusted) for (const email of proof.emails) await adoptEmail(tx, userId, email);
    if (owner === userId) await touchIdentity(tx, proof, ports.now());
    else await recordIdentity(tx, ports, { org, userId, name: profile.name }, proof, visitor);
    return done(undefined);
  });
}

/** The identity and its record in the chain, in the caller's transaction [AU1]. */
async function recordIdentity(
  tx: Tx,
  ports: SessionPorts,
  actor: { readonly org: string; readonly userId: string; readonly name: string },
  proof: Proof,
  visitor: Visitor,
): Promise<void> {
  const id = uuidv7(ports.now(), ports.random(UUID_RANDOM_BYTES));
  await insertIdentity(tx, { id, userId: actor.userId, proof }, ports.now());
  await appendAudit(tx, {
    ...originOf(ports, actor, visitor),
    action: "identities.link",
    resource: `identities/${id}`,
    changes: { provider: { before: null, after: proof.provider } },
  });
}
