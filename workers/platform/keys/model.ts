/** The vocabulary of API keys: what they look like and what is shown of them. */
import { z } from "zod";

/** Live keys of one organization [KY7]. */
export const KEYS_MAX = 100;

export const ApiKey = z.strictObject({
  id: z.uuid(),
  key_id: z.string(),
  name: z.string(),
  grants: z.array(z.string()),
  created_by: z.uuid(),
  created_at: z.iso.datetime(),
  expires_at: z.iso.datetime().nullable(),
  last_used_at: z.iso.datetime().nullable(),
  revoked_at: z.iso.datetime().nullable(),
  /** The key that took its place, if it was rotated. */
  replaced_by: z.uuid().nullable(),
  version: z.int(),
});
export type ApiKey = z.infer<typeof ApiKey>;

export const CreateKey = z.strictObject({
  name: z.string().trim().min(1).max(200),
  /** Text form `analyses.write@**`; without `@` on everything. */
  grants: z.array(z.string().max(300)).min(1).max(100),
  expires_at: z.iso.datetime().optional(),
});
export type CreateKey = z.infer<typeof CreateKey>;

/** Name and expiry can be changed; grants cannot: a key keeps what it was made for. */
export const ChangeKey = z.strictObject({
  name: z.string().trim().min(1).max(200).optional(),
  expires_at: z.iso.datetime().nullable().optional(),
});
export type ChangeKey = z.infer<typeof ChangeKey>;

/** How long the old key still works beside its successor [KY4]. */
export const ROTATION_GRACES = ["0", "1h", "24h", "7d"] as const;
export const RotateKey = z.strictObject({ grace: z.enum(ROTATION_GRACES) });
export type RotateKey = z.infer<typeof RotateKey>;

/** The parts of `ewk_<id>_<secret>_<crc>`. */
export interface KeyToken {
  readonly keyId: string;
  readonly secret: string;
}

/** What the look-up by key id answers. */
export interface FoundKey {
  readonly orgId: string;
  readonly id: string;
  readonly name: string;
  readonly hash: Uint8Array;
  readonly grants: readonly string[];
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
  readonly orgStatus: string;
}
