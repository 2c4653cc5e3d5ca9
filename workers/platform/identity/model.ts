/** The vocabulary of people and their sessions. */
import { z } from "zod";
import type { Instant } from "../model.ts";
import { OrgMembership, Role } from "../orgs/model.ts";

/** Life of an access token [platform.md 2]. */
export const ACCESS_TOKEN_S = 900;
/** Sliding life of a session; each refresh renews it [TK13]. */
export const SESSION_MS = 7 * 86_400_000;
/** A session ends after this, however often it is refreshed [TK13]. */
export const SESSION_ABSOLUTE_MS = 90 * 86_400_000;
/** A refresh token may be sent twice within this: parallel tabs, a lost answer [TK12]. */
export const REISSUE_MS = 60_000;
export const SETUP_LINK_MS = 86_400_000;
export const LOGIN_LINK_MS = 600_000;
/** A sign-in that was started at a provider ends within this [ID2]. */
export const SIGN_IN_MS = 600_000;
/** How long after signing in a user may link another identity [ID7]. */
export const REAUTH_MS = 600_000;

export const Name = z.string().trim().min(1).max(200);
const LinkToken = z.string().max(100);

export const Setup = z.strictObject({
  token: LinkToken,
  name: Name,
  email: z.email().max(320).optional(),
  org_name: Name,
});
export type Setup = z.infer<typeof Setup>;

export const LinkLogin = z.strictObject({ token: LinkToken });

/** Joins an organization of a local install by an invitation that names nobody [ID18]. */
export const InviteLogin = z.strictObject({ token: LinkToken, name: Name });
export type InviteLogin = z.infer<typeof InviteLogin>;

export const Refresh = z.strictObject({ org_id: z.uuid().optional() });

export const AccessToken = z.strictObject({
  access_token: z.string(),
  expires_in: z.int(),
  org_id: z.uuid().nullable(),
});
export type AccessToken = z.infer<typeof AccessToken>;

export const Me = z.strictObject({
  user: z.strictObject({ id: z.uuid(), name: z.string(), email: z.string().nullable() }),
  org: OrgMembership.nullable(),
  orgs: z.array(OrgMembership),
  grants: z.array(z.string()),
  /** Whether POST /orgs takes one from this user: sign-up is open, or they run the installation. */
  may_create_orgs: z.boolean(),
});
export type Me = z.infer<typeof Me>;

export const ProviderId = z.enum(["github", "google", "oidc"]);
export type ProviderId = z.infer<typeof ProviderId>;

/** `login` signs in, `link` adds an identity to the signed-in user. */
export const Intent = z.enum(["login", "link"]);
export type Intent = z.infer<typeof Intent>;

/** Who may become a user: those who were invited, everybody, nobody [ID9]. */
export const Signup = z.enum(["invite", "open", "closed"]);
export type Signup = z.infer<typeof Signup>;

/** A way to sign in, as the sign-in page offers it. */
export const Provider = z.strictObject({
  id: ProviderId,
  name: z.string(),
});
export type Provider = z.infer<typeof Provider>;

/** `command` is what to run on the machine when there is no provider. */
export const Providers = z.strictObject({
  items: z.array(Provider),
  command: z.string().nullable(),
});
export type Providers = z.infer<typeof Providers>;

export const ChangeMe = z.strictObject({ name: Name.optional() });
export type ChangeMe = z.infer<typeof ChangeMe>;

/** One sign-in of the user, as their list of sessions shows it. */
export const SessionView = z.strictObject({
  id: z.uuid(),
  current: z.boolean(),
  ip: z.string().nullable(),
  user_agent: z.string().nullable(),
  created_at: z.iso.datetime(),
  last_used_at: z.iso.datetime(),
  expires_at: z.iso.datetime(),
});
export type SessionView = z.infer<typeof SessionView>;

/** One identity at a provider that signs this user in. */
export const IdentityView = z.strictObject({
  id: z.uuid(),
  provider: ProviderId,
  name: z.string(),
  email: z.string().nullable(),
  created_at: z.iso.datetime(),
  last_login_at: z.iso.datetime(),
});
export type IdentityView = z.infer<typeof IdentityView>;

/** What an access token of ours says. */
export const AccessClaims = z.object({
  sub: z.uuid(),
  sid: z.uuid(),
  org: z.uuid().optional(),
  org_role: Role.optional(),
  grants: z.array(z.string()).optional(),
  auth_time: z.int(),
  /** Missing in tokens of the release before. */
  name: z.string().optional(),
  jti: z.string(),
});
export type AccessClaims = z.infer<typeof AccessClaims>;

/** One sign-in; its counter says which refresh token is the next valid one. */
export interface Family {
  readonly id: string;
  readonly userName: string;
  readonly counter: number;
  readonly lastOrgId: string | null;
  readonly authAt: Instant;
  readonly rotatedAt: Instant;
  readonly expiresAt: Instant;
  readonly endedAt: Instant | null;
}

/** A member's place in one organization, as needed to issue a token. */
export interface Seat {
  readonly orgId: string;
  readonly role: Role;
  readonly grants: readonly string[];
  readonly orgStatus: string;
}

/** From where and with what somebody signs in, for their list of sessions and for the audit chain. */
export interface Visitor {
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly requestId: string;
}

/** What a provider proved about whoever signed in with it. */
export interface Proof {
  readonly provider: ProviderId;
  readonly issuer: string;
  readonly subject: string;
  /** How the provider shows this account. */
  readonly name: string;
  /** The person's name, for a new user. */
  readonly userName: string;
  /** Addresses the provider says were verified, the main one first; others are never taken [ID10]. */
  readonly emails: readonly string[];
  /** Whether such an address shows who it is: a generic provider may say any [ID8]. */
  readonly emailsTrusted: boolean;
}
