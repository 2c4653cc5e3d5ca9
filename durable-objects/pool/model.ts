/** What the Pool object offers over RPC: a transaction held open between calls. */
import { z } from "zod";

/** There is one pool. */
export const POOL_NAME = "_/pool";
/** Connections to the embedded Postgres; more only queue inside it on a small machine. */
export const POOL_CONNECTIONS_MAX = 16;

/** An error as a value: a thrown one would lose its SQLSTATE on the way. */
export const SqlFailure = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("refused"),
    code: z.string(),
    message: z.string(),
    constraint: z.string().optional(),
  }),
  z.strictObject({ kind: z.literal("outage"), message: z.string() }),
]);
export type SqlFailure = z.infer<typeof SqlFailure>;

export type SqlAnswer =
  | { readonly ok: true; readonly columns: string[]; readonly rows: unknown[][] }
  | { readonly ok: false; readonly failure: SqlFailure };
