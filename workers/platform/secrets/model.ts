/** The vocabulary of secrets: write-only values of an organization, sealed. */
import { z } from "zod";

export const SECRET_BYTES_MAX = 32 * 1024;

/** `env.NAME`, `app.<app>.NAME`, `channel.<id>.NAME`, `model.NAME`: the first part says who may read it. */
export const SecretName = z
  .string()
  .regex(/^(?:env|model|(?:app|channel)\.[A-Za-z0-9-]{1,64})\.[A-Za-z0-9_]{1,64}$/);
export type SecretName = z.infer<typeof SecretName>;

export const SecretKind = z.enum(["env", "app", "channel", "model"]);
export type SecretKind = z.infer<typeof SecretKind>;

/** What lists show; the value is shown to nobody [SC3]. */
export const Secret = z.strictObject({
  name: SecretName,
  version: z.int(),
  /** 8 hex digits: equal values of one name have equal fingerprints. */
  fingerprint: z.string(),
  created_by: z.string(),
  created_at: z.iso.datetime(),
  /** Resolutions in the last 30 days. */
  uses: z.int(),
});
export type Secret = z.infer<typeof Secret>;

/** Whose models an organization may pay for itself. */
export const ModelProvider = z.enum(["openai", "anthropic", "google", "openai_compatible"]);
export type ModelProvider = z.infer<typeof ModelProvider>;

/** Where the key of a provider is put: `model.OPENAI_KEY`. Its one reader resolves it as `adapters/model`. */
export const modelKeyName = (provider: ModelProvider): SecretName =>
  `model.${provider.toUpperCase()}_KEY`;

export const PutSecret = z.strictObject({ value: z.string().min(1).max(SECRET_BYTES_MAX) });
export type PutSecret = z.infer<typeof PutSecret>;

export const SecretVersion = z.strictObject({
  name: SecretName,
  version: z.int(),
  fingerprint: z.string(),
});
export type SecretVersion = z.infer<typeof SecretVersion>;
