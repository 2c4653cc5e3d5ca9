/** What the Worker and the launcher of a local install say to each other about calls to the outside. */
import { z } from "zod";

/** Why no answer came. */
export const FailureReason = z.enum(["timeout", "dns", "refused", "reset", "tls", "network"]);
export type FailureReason = z.infer<typeof FailureReason>;

const Common = { url: z.string(), timeout_ms: z.int().min(1) };

export const LauncherCall = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("check"), ...Common }),
  z.strictObject({
    kind: z.literal("send"),
    ...Common,
    method: z.string(),
    headers: z.record(z.string(), z.string()),
    /** Base64; null for none. */
    body: z.string().nullable(),
    bytes_max: z.int().min(0),
  }),
]);
export type LauncherCall = z.infer<typeof LauncherCall>;

export const LauncherAnswer = z.discriminatedUnion("kind", [
  /** The address may be called. */
  z.strictObject({ kind: z.literal("clear") }),
  z.strictObject({ kind: z.literal("refused"), detail: z.string() }),
  z.strictObject({ kind: z.literal("failed"), reason: FailureReason }),
  z.strictObject({
    kind: z.literal("answered"),
    status: z.int(),
    headers: z.record(z.string(), z.string()),
    /** Base64. */
    body: z.string(),
    truncated: z.boolean(),
  }),
]);
export type LauncherAnswer = z.infer<typeof LauncherAnswer>;
