/** What other capabilities need of organizations: who belongs to which, making one, and joining by invitation. */
import type { AuditOrigin } from "../audit/model.ts";
import { appendAudit } from "../audit/service.ts";
import { fromBase64url, sha256 } from "../adapters/bytes.ts";
import { configurationOf } from "../adapters/configuration.ts";
import type { Sql, Tx } from "../adapters/sql.ts";
import type { Grant } from "../http/model.ts";
import { done, refuse, type Instant, type Result } from "../model.ts";
import type { InvitationPreview, Org, OrgMembership } from "./model.ts";
import { grantsOf, invitationStatus, mayAccept, slugOf } from "./rules.ts";
import {
  findInvitation,
  findOpenFor,
  readInvitation,
  useInvitation,
  type FoundInvitation,
  type InvitationRow,
  type OpenInvitation,
} from "./store/invitations.ts";
import { holdMember, insertMember, readJoiner, roleOf } from "./store/members.ts";
import { insertOrg, listMemberships, lockOrg, readOrg } from "./store/orgs.ts";

export const INVITATION_TOKEN_BYTES = 32;

/** The organizations of a user, with the role in each. */
export const membershipsOf = (sql: Sql, userId: string): Promise<readonly OrgMembership[]> =>
  sql.transaction({ user: userId }, (tx) => listMemberships(tx, userId));

/** False for an organization whose credentials are refused [TN8]. */
export const isActiveOrg = async (sql: Sql, id: string): Promise<boolean> =>
  (await sql.transaction({ org: id }, (tx) => readOrg(tx, id)))?.status === "active";

/**
 * What a member may do, read in the transaction that relies on it; nothing once they are removed. Who is removed at the
 * same moment goes after this transaction, and loses what it made.
 */
export async function grantsHeld(tx: Tx, orgId: string, userId: string): Promise<readonly Grant[]> {
  const seat = await holdMember(tx, orgId, userId);
  return seat === undefined ? [] : grantsOf(seat.role, seat.grants, orgId);
}

/** The newest open invitation of a verified address; needs no scope. Whoever has one may sign up [ID9]. */
export const openInvitationFor = (
  tx: Tx,
  verifiedEmail: string,
  now: Instant,
): Promise<OpenInvitation | undefined> => findOpenFor(tx, verifiedEmail, now);

export interface OrgWish {
  readonly id: string;
  readonly name: string;
  readonly tier: string;
  readonly ownerId: string;
  /** Made of the name when it is left out. */
  readonly slug?: string;
}

/**
 * Makes an organization with its first owner, in a transaction whose scope is the new id; audited by the caller.
 * A second try with the same id finds the first. Refusal: `name_taken`.
 */
export async function createOrg(tx: Tx, wish: OrgWish, now: Instant): Promise<Result<Org>> {
  const slug = wish.slug ?? slugOf(wish.name);
  const org = await insertOrg(tx, { id: wish.id, slug, name: wish.name, tier: wish.tier }, now);
  if (org === undefined) return refuse("name_taken");
  const seat = { orgId: wish.id, userId: wish.ownerId, role: "owner", source: "created" } as const;
  await insertMember(tx, seat, now);
  return done(org);
}

export interface InvitationPorts {
  readonly env: Env;
  readonly sql: Sql;
  readonly now: () => Instant;
}

/** What the page of an invitation shows to whoever has its link. Refusal: `invite_invalid`. */
export async function previewInvitation(
  ports: InvitationPorts,
  token: string,
): Promise<Result<InvitationPreview>> {
  const found = await findByToken(ports, token);
  if (found === undefined || invitationStatus(found, ports.now()) !== "open")
    return refuse("invite_invalid");
  return done({ org_name: found.orgName, role: found.role, email: found.email });
}

/** Who accepts: a signed-in user, whose organization does not matter. */
export type Acceptor = Omit<AuditOrigin, "org">;

/**
 * Makes the acceptor a member, once [ID18]. Who is a member already stays what they are.
 * Refusals: `invite_invalid` (unknown, used by somebody else, revoked, expired), `invite_email_mismatch`,
 * `org_suspended`, `forbidden` for a disabled user.
 */
export async function acceptInvitation(
  ports: InvitationPorts,
  token: string,
  acceptor: Acceptor,
): Promise<Result<OrgMembership>> {
  const found = await findByToken(ports, token);
  return found === undefined ? refuse("invite_invalid") : joinByInvitation(ports, found, acceptor);
}

/** The same for an invitation that was found by address: see `openInvitationFor`. */
export async function joinByInvitation(
  ports: InvitationPorts,
  invited: { readonly orgId: string; readonly id: string },
  acceptor: Acceptor,
): Promise<Result<OrgMembership>> {
  const userId = acceptor.actor.id;
  return ports.sql.transaction({ org: invited.orgId, user: userId }, async (tx) => {
    const org = await lockOrg(tx, invited.orgId);
    const invitation = await readInvitation(tx, invited.id);
    if (org === undefined || invitation === undefined) return refuse("invite_invalid");
    if (org.status === "suspended") return refuse("org_suspended");
    if (org.status !== "active") return refuse("invite_invalid");
    if (invitation.acceptedBy === userId) return repeated(tx, org, userId);
    const usable = await checkUsable(tx, ports, invitation, userId);
    if (!usable.ok) return usable;
    await useInvitation(tx, invitation.id, userId, ports.now());
    return done(await seat(tx, org, invitation, acceptor));
  });
}

async function checkUsable(
  tx: Tx,
  ports: InvitationPorts,
  invitation: InvitationRow,
  userId: string,
): Promise<Result<true>> {
  if (invitationStatus(invitation, ports.now()) !== "open") return refuse("invite_invalid");
  const joiner = await readJoiner(tx, userId);
  if (joiner?.active !== true) return refuse("forbidden");
  const local = isLocal(ports.env);
  const addresses = [null, ...joiner.verifiedEmails];
  if (!addresses.some((address) => mayAccept(invitation.email, address, local)))
    return refuse("invite_email_mismatch");
  return done(true);
}

/** Only there an invitation may be for whoever has its link [ID18]. */
export const isLocal = (env: Env): boolean => {
  const { environment, issuer } = configurationOf(env);
  return environment === "local" && issuer.startsWith("http:");
};

/** A lost answer: the same user asks again. Gone when they were removed since. */
async function repeated(tx: Tx, org: Org, userId: string): Promise<Result<OrgMembership>> {
  const role = await roleOf(tx, org.id, userId);
  if (role === undefined) return refuse("invite_invalid");
  return done({ id: org.id, slug: org.slug, name: org.name, role });
}

async function seat(
  tx: Tx,
  org: Org,
  invitation: InvitationRow,
  acceptor: Acceptor,
): Promise<OrgMembership> {
  const userId = acceptor.actor.id;
  const { role } = invitation;
  const wish = { orgId: org.id, userId, role, source: "invitation" };
  const joined = await insertMember(tx, wish, acceptor.at);
  const held = joined ? role : ((await roleOf(tx, org.id, userId)) ?? role);
  const record = { ...acceptor, org: org.id };
  await appendAudit(tx, {
    ...record,
    action: "invitations.accept",
    resource: `invitations/${invitation.id}`,
  });
  if (joined) {
    await appendAudit(tx, {
      ...record,
      action: "members.add",
      resource: `members/${userId}`,
      changes: { role: { before: null, after: role } },
    });
  }
  return { id: org.id, slug: org.slug, name: org.name, role: held };
}

async function findByToken(
  ports: InvitationPorts,
  text: string,
): Promise<FoundInvitation | undefined> {
  const token = fromBase64url(text);
  if (token?.length !== INVITATION_TOKEN_BYTES) return undefined;
  const hash = await sha256(token);
  return ports.sql.transaction({ none: true }, (tx) => findInvitation(tx, hash));
}
