/** What a bench and the process of a side say to each other. */
import { z } from "zod";

/** What the module of a side exports as `open`. `round` returns plain JSON. */
export interface ChildModule {
  open(config: unknown): Promise<ChildSide>;
}
export interface ChildSide {
  readonly version: string;
  round(): Promise<unknown>;
  close(): Promise<void>;
}

/** Bench to child. The first request is `open`, the last `close`. */
export const Request = z.discriminatedUnion("do", [
  z.strictObject({ do: z.literal("open"), module: z.string(), config: z.unknown() }),
  z.strictObject({ do: z.literal("round") }),
  z.strictObject({ do: z.literal("close") }),
]);
export type Request = z.infer<typeof Request>;

/** Child to bench: `value` is the version after `open`, the outcome after `round`. */
export const Reply = z.discriminatedUnion("ok", [
  z.strictObject({
    ok: z.literal(true),
    value: z.unknown(),
    cpu_s: z.number().nullable(),
    peak_mb: z.number(),
  }),
  z.strictObject({ ok: z.literal(false), message: z.string() }),
]);
export type Reply = z.infer<typeof Reply>;
