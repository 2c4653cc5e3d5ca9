/** The rooms of an organization: what the navigation, the `g` keys and the palette offer, in their order [CN6]. */
import type { LinkProps } from "@tanstack/react-router";
import { permits } from "./can.ts";
import { paths } from "./paths.ts";
import type { IconName } from "./ui/icons.tsx";

export interface Room {
  readonly label: string;
  readonly icon: IconName;
  readonly to: LinkProps;
  /** Key after `g`. */
  readonly key: string;
  readonly group: "Work" | "Organization" | "You";
}

/** In the order of the navigation; `You` stands at its foot. */
export const GROUPS = ["Work", "Organization"] as const satisfies readonly Room["group"][];

/** Only rooms that are built, and only those the role may read. */
export function roomsOf(org: string, grants: readonly string[]): readonly Room[] {
  return ALL.filter(
    ({ needs }) =>
      needs === undefined || permits(grants, needs, needs.slice(0, needs.indexOf("."))),
  ).map(({ label, icon, to, key, group }) => ({ label, icon, to: to(org), key, group }));
}

interface Known extends Omit<Room, "to"> {
  readonly to: (org: string) => LinkProps;
  readonly needs?: string;
}

const work: Pick<Room, "group"> = { group: "Work" };
const organization: Pick<Room, "group"> = { group: "Organization" };

const ALL: readonly Known[] = [
  { ...work, label: "Overview", icon: "overview", to: paths.overview, key: "o" },
  {
    ...work,
    label: "Analyses",
    icon: "analyses",
    to: (org) => paths.analyses(org),
    key: "a",
    needs: "analyses.read",
  },
  {
    ...work,
    label: "Runs",
    icon: "runs",
    to: (org) => paths.runs(org),
    key: "r",
    needs: "runs.read",
  },
  {
    ...organization,
    label: "Members",
    icon: "members",
    to: (org) => paths.members(org),
    key: "p",
    needs: "members.read",
  },
  {
    ...organization,
    label: "API keys",
    icon: "keys",
    to: (org) => paths.keys(org),
    key: "k",
    needs: "keys.read",
  },
  {
    ...organization,
    label: "Secrets",
    icon: "secrets",
    to: (org) => paths.secrets(org),
    key: "v",
    needs: "secrets.list",
  },
  {
    ...organization,
    label: "Webhooks",
    icon: "webhooks",
    to: (org) => paths.webhooks(org),
    key: "w",
    needs: "webhooks.read",
  },
  {
    ...organization,
    label: "Usage",
    icon: "usage",
    to: (org) => paths.usage(org),
    key: "u",
    needs: "usage.read",
  },
  {
    ...organization,
    label: "Audit",
    icon: "audit",
    to: (org) => paths.audit(org),
    key: "l",
    needs: "audit.read",
  },
  {
    ...organization,
    label: "Settings",
    icon: "settings",
    to: (org) => paths.settingsOrg(org),
    key: "s",
    needs: "org.read",
  },
  { label: "Account", icon: "account", to: (org) => paths.account(org), key: "m", group: "You" },
];
