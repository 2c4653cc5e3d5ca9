/** The vocabulary of organizations and their members. */
import { z } from "zod";

/** Each role includes the ones before it. */
export const ROLES = ["viewer", "operator", "developer", "admin", "owner"] as const;
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
  status: z.enum(["active", "suspended", "deleting"]),
  created_at: z.iso.datetime(),
  version: z.int(),
});
export type Org = z.infer<typeof Org>;
