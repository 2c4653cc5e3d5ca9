/** The vocabulary of organizations and their members. */
import { z } from "zod";
import { ROLES } from "./rules.ts";

export const Role = z.enum(ROLES);
export type Role = z.infer<typeof Role>;

export const OrgMembership = z.strictObject({
  id: z.uuid(),
  slug: z.string(),
  name: z.string(),
  role: Role,
});
export type OrgMembership = z.infer<typeof OrgMembership>;

export const Org = z.strictObject({
  id: z.uuid(),
  slug: z.string(),
  name: z.string(),
  tier: z.string(),
  status: z.enum(["active", "suspended", "deleting", "deleted"]),
  created_at: z.iso.datetime(),
  version: z.int(),
});
export type Org = z.infer<typeof Org>;

/** Grants a membership may carry besides its role. */
export const ExtraGrant = z.enum(["secret_writer"]);

export const Member = z.strictObject({
  user_id: z.uuid(),
  name: z.string(),
  email: z.string().nullable(),
  role: Role,
  grants: z.array(ExtraGrant),
  source: z.string(),
  created_at: z.iso.datetime(),
  version: z.int(),
});
export type Member = z.infer<typeof Member>;

export const ChangeMember = z.strictObject({
  role: Role.optional(),
  grants: z.array(ExtraGrant).optional(),
});
export type ChangeMember = z.infer<typeof ChangeMember>;

/** An invitation is good for this long [ID18]. */
export const INVITATION_MS = 7 * 86_400_000;

export const Invitation = z.strictObject({
  id: z.uuid(),
  /** Null only on a local install: whoever has the link may use it. */
  email: z.string().nullable(),
  role: Role,
  status: z.enum(["open", "accepted", "revoked", "expired"]),
  invited_by: z.uuid(),
  created_at: z.iso.datetime(),
  expires_at: z.iso.datetime(),
});
export type Invitation = z.infer<typeof Invitation>;

export const CreateInvitation = z.strictObject({
  email: z.email().max(320).optional(),
  role: Role,
});
export type CreateInvitation = z.infer<typeof CreateInvitation>;

/** An invitation with its link, which is shown once. */
export const InvitationWithLink = z.strictObject({
  invitation: Invitation,
  url: z.string().nullable(),
});
export type InvitationWithLink = z.infer<typeof InvitationWithLink>;

export const AcceptInvitation = z.strictObject({ token: z.string().max(100) });

/** What an invitation's page shows before it is accepted. */
export const InvitationPreview = z.strictObject({
  org_name: z.string(),
  role: Role,
  email: z.string().nullable(),
});
export type InvitationPreview = z.infer<typeof InvitationPreview>;

export const CreateOrg = z.strictObject({ name: z.string().trim().min(1).max(200) });
export type CreateOrg = z.infer<typeof CreateOrg>;

export const ChangeOrg = z.strictObject({ name: z.string().trim().min(1).max(200).optional() });
export type ChangeOrg = z.infer<typeof ChangeOrg>;

/** A deleted organization can be restored by the operator for this long; then its rows and objects go [TN8]. */
export const PURGE_AFTER_MS = 30 * 86_400_000;

export const ChangeTier = z.strictObject({ tier: z.string().min(1).max(40) });
export const ChangeStatus = z.strictObject({ status: z.enum(["active", "suspended"]) });

/** An organization as the operator of the installation sees it. */
export const AdminOrg = Org.extend({ members: z.int(), purge_at: z.iso.datetime().nullable() });
export type AdminOrg = z.infer<typeof AdminOrg>;
