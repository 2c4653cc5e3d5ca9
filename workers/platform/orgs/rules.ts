/** What each role may do, as a table [ID24], and what members may do to each other [ID16, ID17, ID18]. */
import type { Grant } from "../http/model.ts";
import type { Instant } from "../model.ts";
import { PLATFORM_ORG_ID } from "../tasks/rules.ts";
import type { Invitation, Role } from "./model.ts";

/** Each role includes the ones before it. Here and not in the model, so that the console reads it without zod. */
export const ROLES = ["viewer", "operator", "developer", "admin", "owner"] as const;

const READ_AREAS =
  "org members apps dags runs datasets alerts reviews rules analyses documents webhooks usage".split(
    " ",
  );

/** What a role adds to the role before it. Source: platform.md section 1. */
const ADDED: Readonly<Record<Role, readonly string[]>> = {
  viewer: [...READ_AREAS.map((area) => `${area}.read`), "queries.run"],
  operator: [
    "tasks.cancel",
    "tasks.retry",
    "backfills.write",
    "silences.write",
    "deliveries.retry",
    "sources.emit",
    "reviews.run",
    "reviews.dismiss",
    "reviews.write",
    "analyses.write",
    "analyses.run",
    "analyses.read_raw",
    "documents.write",
  ],
  developer: [
    "apps.write",
    "apps.deploy",
    "apps.data",
    "dags.plan",
    "dags.deploy",
    "webhooks.write",
    "secrets.list",
  ],
  admin: [
    "org.write",
    "members.write",
    "keys.write",
    "secrets.write",
    "usage.write",
    "alerts.write",
    "channels.write",
    "keys.read",
    "audit.read",
    "apps.admin",
    "apps.delete",
    "dags.drop",
    "rules.manage",
    "analyses.manage",
    "github.manage",
    "workers.connect",
  ],
  owner: ["org.delete", "org.owners"],
};

/** Grants that membership rows may add to a role. */
const EXTRA: Readonly<Record<string, readonly string[]>> = {
  secret_writer: ["secrets.list", "secrets.write"],
};

/** Runs the installation; owners of the reserved organization hold it. */
const INSTALL = "install.admin";

/** All actions anybody can be granted. */
export const ACTIONS: readonly string[] = [...Object.values(ADDED).flat(), INSTALL];

/** Everything a member of `orgId` may do, on every resource of the organization. */
export function grantsOf(
  role: Role,
  extra: readonly string[] = [],
  orgId?: string,
): readonly Grant[] {
  const actions = ROLES.slice(0, ROLES.indexOf(role) + 1).flatMap((included) => ADDED[included]);
  const added = extra.flatMap((name) => EXTRA[name] ?? []);
  const install = orgId === PLATFORM_ORG_ID && role === "owner" ? [INSTALL] : [];
  return [...new Set([...actions, ...added, ...install])].map((action) => ({
    action,
    resource: "**",
  }));
}

const rankOf = (role: Role): number => ROLES.indexOf(role);

/** True when `holder` may give `role` to somebody: at most the own one [ID17]. */
export const mayGive = (holder: Role, role: Role): boolean => rankOf(role) <= rankOf(holder);

/** The lowest role that invites and changes members. */
const MANAGER: Role = "admin";

/** The lowest role a member of `role` may not give; undefined when they may give all. */
export function firstNotGiven(role: Role | undefined): Role | undefined {
  const given = role !== undefined && mayGive(role, MANAGER) ? rankOf(role) + 1 : 0;
  return ROLES[given];
}

export interface MemberMove {
  /** Role of who changes; undefined when they are no member any more. */
  readonly actor: Role | undefined;
  /** Role of the member that is changed, before. */
  readonly from: Role;
  /** After; undefined when the member is removed. */
  readonly to: Role | undefined;
  /** Owners of the organization, before. */
  readonly owners: number;
}

/** Why a member may not be changed or removed like this; undefined when they may. */
export function moveRefusal(move: MemberMove): "last_owner" | "forbidden" | undefined {
  const { actor, from, to, owners } = move;
  if (from === "owner" && to !== "owner" && owners <= 1) return "last_owner";
  if (actor === undefined || !mayGive(actor, MANAGER)) return "forbidden";
  if (from === "owner" && actor !== "owner") return "forbidden";
  return to === undefined || mayGive(actor, to) ? undefined : "forbidden";
}

/** What became of an invitation [ID18]. */
export function invitationStatus(
  invitation: {
    readonly acceptedAt: Instant | null;
    readonly revokedAt: Instant | null;
    readonly expiresAt: Instant;
  },
  now: Instant,
): Invitation["status"] {
  if (invitation.acceptedAt !== null) return "accepted";
  if (invitation.revokedAt !== null) return "revoked";
  return invitation.expiresAt <= now ? "expired" : "open";
}

/** True when the acceptor's verified address is the invited one; without an address only a local install asks no more. */
export function mayAccept(
  invited: string | null,
  verified: string | null,
  local: boolean,
): boolean {
  if (invited === null) return local;
  return verified !== null && verified.toLowerCase() === invited.toLowerCase();
}

const SLUG_CHARS_MAX = 40;

/** `My Team!` -> `my-team`; `org` when nothing is left. */
export function slugOf(name: string): string {
  const folded = name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-");
  const slug = folded.slice(0, SLUG_CHARS_MAX).replace(/^-+|-+$/g, "");
  return slug === "" || slug === "platform" ? "org" : slug;
}
