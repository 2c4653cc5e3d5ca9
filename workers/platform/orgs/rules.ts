/** What each role may do, as a table [ID24], and how an organization's short name is made from its name. */
import type { Grant } from "../http/model.ts";
import type { Role } from "./model.ts";

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

/** All actions anybody can be granted. */
export const ACTIONS: readonly string[] = Object.values(ADDED).flat();

/** Everything a member may do, on every resource of the organization. */
export function grantsOf(role: Role, extra: readonly string[] = []): readonly Grant[] {
  const actions = ROLES.slice(0, ROLES.indexOf(role) + 1).flatMap((included) => ADDED[included]);
  const added = extra.flatMap((name) => EXTRA[name] ?? []);
  return [...new Set([...actions, ...added])].map((action) => ({ action, resource: "**" }));
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
