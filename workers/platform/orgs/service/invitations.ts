/** Inviting: who may, to which role, by a link that is shown once [ID18]. Accepting lies in service.ts. */
import type { AuditOrigin } from "../../audit/model.ts";
import { appendAudit } from "../../audit/service.ts";
import { sha256, toBase64url } from "../../adapters/bytes.ts";
import { configurationOf } from "../../adapters/configuration.ts";
import { assert, done, refuse, type Instant, type Result } from "../../model.ts";
import {
  INVITATION_MS,
  type CreateInvitation,
  type Invitation,
  type InvitationWithLink,
} from "../model.ts";
import { invitationStatus, mayGive } from "../rules.ts";
import { INVITATION_TOKEN_BYTES, isLocal, type InvitationPorts } from "../service.ts";
import {
  insertInvitation,
  readInvitation,
  revokeInvitation,
  type InvitationRow,
} from "../store/invitations.ts";
import { roleOf } from "../store/members.ts";
import { lockOrg } from "../store/orgs.ts";

export interface InvitePorts extends InvitationPorts {
  readonly random: (bytes: number) => Uint8Array;
}

export const invitationView = (row: InvitationRow, now: Instant): Invitation => ({
  id: row.id,
  email: row.email,
  role: row.role,
  status: invitationStatus(row, now),
  invited_by: row.invitedBy,
  created_at: row.createdAt,
  expires_at: new Date(row.expiresAt).toISOString(),
});

/**
 * An invitation with id `subjectId` and its link; a second try of the same request gets no link, which was shown.
 * Refusals: `forbidden` (a role above the own), `validation_failed` (no address, except on a local install).
 */
export async function invite(
  ports: InvitePorts,
  origin: AuditOrigin,
  wish: CreateInvitation,
  subjectId: string,
): Promise<Result<InvitationWithLink>> {
  if (wish.email === undefined && !isLocal(ports.env))
    return refuse("validation_failed", { errors: [EMAIL_NEEDED] });
  const now = ports.now();
  const token = new Uint8Array(ports.random(INVITATION_TOKEN_BYTES));
  const hash = await sha256(token);
  return ports.sql.transaction({ org: origin.org }, async (tx) => {
    await lockOrg(tx, origin.org);
    const held = await roleOf(tx, origin.org, origin.actor.id);
    if (held === undefined || !mayGive(held, wish.role))
      return refuse("forbidden", { detail: "Nobody invites to a role above their own." });
    const made = await insertInvitation(tx, {
      id: subjectId,
      orgId: origin.org,
      hash,
      email: wish.email ?? null,
      role: wish.role,
      invitedBy: origin.actor.id,
      createdAt: now,
      expiresAt: now + INVITATION_MS,
    });
    if (made === undefined) {
      const first = await readInvitation(tx, subjectId);
      assert(first !== undefined, "an invitation that could not be added is there");
      return done({ invitation: invitationView(first, now), url: null });
    }
    await appendAudit(tx, {
      ...origin,
      action: "invitations.create",
      resource: `invitations/${made.id}`,
      changes: { role: { before: null, after: made.role } },
    });
    const url = `${configurationOf(ports.env).issuer}/invite#t=${toBase64url(token)}`;
    return done({ invitation: invitationView(made, now), url });
  });
}

const EMAIL_NEEDED = {
  location: "/email",
  message: "is missing",
  fix: "Name the address the invitation is for.",
} as const;

/** Takes an invitation back; one that is not open any more stays what it is. Refusal: `not_found`. */
export async function withdraw(
  ports: InvitationPorts,
  origin: AuditOrigin,
  id: string,
): Promise<Result<true>> {
  return ports.sql.transaction({ org: origin.org }, async (tx) => {
    if ((await readInvitation(tx, id)) === undefined) return refuse("not_found");
    if (!(await revokeInvitation(tx, id, ports.now()))) return done(true);
    await appendAudit(tx, {
      ...origin,
      action: "invitations.revoke",
      resource: `invitations/${id}`,
    });
    return done(true);
  });
}
