/** Members of the organization and invitations to it: what is read, changed, sent and taken back. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api } from "../api.ts";
import { pathOf, send } from "../client.ts";
import type {
  ExtraGrant,
  Invitation,
  InvitationPreview,
  InvitationWithLink,
  Member,
  OrgMembership,
  Page,
  Role,
  Session,
} from "../wire.ts";

export const membersKey = ["members"] as const;
export const invitationsKey = ["invitations"] as const;

/** One page of members, newest first; the cursor is in the URL [CN12]. */
export const membersQuery = (cursor?: string) =>
  queryOptions({
    queryKey: [...membersKey, cursor ?? ""],
    queryFn: ({ signal }) =>
      api.call<Page<Member>>("GET", "/members", { query: { limit: 50, cursor }, signal }),
    placeholderData: keepPreviousData,
  });

export const invitationsQuery = queryOptions({
  queryKey: invitationsKey,
  queryFn: ({ signal }) =>
    api.call<Page<Invitation>>("GET", "/invitations", { query: { limit: 100 }, signal }),
});

export interface MemberChange {
  readonly member: Member;
  readonly role: Role;
  readonly grants: readonly ExtraGrant[];
}

/** @throws ApiError `version_mismatch` when somebody changed the member since it was read */
export const changeMember = ({ member, role, grants }: MemberChange) =>
  api.call<Member>("PATCH", `/members${pathOf(member.user_id)}`, {
    body: { role, grants },
    ifMatch: member.version,
  });

export const removeMember = (input: { readonly member: Member; readonly keepKeys: boolean }) =>
  api.call<undefined>("DELETE", `/members${pathOf(input.member.user_id)}`, {
    query: { keep_keys: input.keepKeys ? "true" : undefined },
    ifMatch: input.member.version,
  });

/** Leaves an organization in any role; the keys one made there are revoked [ID26]. */
export const leaveOrg = (orgId: string) =>
  api.call<undefined>("DELETE", `/me/memberships${pathOf(orgId)}`);

export interface InvitationInput {
  readonly role: Role;
  readonly email?: string | undefined;
}

/** `url` is null when the answer is a replay: the link was shown once already. */
export const createInvitation = (input: InvitationInput, idempotencyKey: string) =>
  api.call<InvitationWithLink>("POST", "/invitations", { body: input, idempotencyKey });

export const revokeInvitation = (id: string) =>
  api.call<undefined>("DELETE", `/invitations${pathOf(id)}`);

/** What an invitation is for; needs no session. */
export const previewInvitation = (token: string) =>
  send<InvitationPreview>("POST", "/invitations/preview", { body: { token } });

export const acceptInvitation = (token: string, idempotencyKey: string) =>
  api.call<OrgMembership>("POST", "/invitations/accept", { body: { token }, idempotencyKey });

/** Makes a user of this installation from the link alone: only where no provider could say who they are. */
export const joinByInvitation = (input: {
  readonly token: string;
  readonly name: string;
}): Promise<Session> => send("POST", "/auth/invite", { body: input });
