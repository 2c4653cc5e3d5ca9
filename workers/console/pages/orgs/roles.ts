/** What each role means, in a line, for those who choose one. */
import { grantsOf, mayGive, ROLES } from "../../../platform/orgs/rules.ts";
import type { Role } from "../../wire.ts";

interface RoleText {
  readonly label: string;
  readonly hint: string;
}

export const ROLE_TEXTS: Readonly<Record<Role, RoleText>> = {
  viewer: { label: "Viewer", hint: "reads everything but keys, secrets and the audit log" },
  operator: { label: "Operator", hint: "also analyses logs, retries and cancels work" },
  developer: { label: "Developer", hint: "also deploys apps and DAGs, and manages webhooks" },
  admin: { label: "Admin", hint: "also manages members, keys, secrets and spending" },
  owner: { label: "Owner", hint: "also manages owners and deletes the organization" },
};

/** The roles from the lowest up to one's own: nobody grants more than they have [ID17]. */
export const rolesUpTo = (own: Role): readonly Role[] => ROLES.filter((role) => mayGive(own, role));

export const roleOptions = (own: Role) =>
  rolesUpTo(own).map((role) => ({ value: role, ...ROLE_TEXTS[role] }));

/** Whether the role may write secrets by itself, so that the extra grant adds nothing. */
export const writesSecrets = (role: Role): boolean =>
  grantsOf(role).some(({ action }) => action === "secrets.write");
