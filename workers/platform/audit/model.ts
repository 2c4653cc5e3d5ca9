/** The vocabulary of the audit chain: who did what to which thing, when, with which outcome. */
import { z } from "zod";
import type { Instant, JsonValue } from "../model.ts";

/** First words of every hash; a new form of records gets another [AU3]. */
export const AUDIT_DOMAIN = "ewaudit1";
export const SALT_BYTES = 16;
/** Refusals of one organization that are recorded one by one in a minute; the others are counted [AU8]. */
export const REFUSALS_PER_MINUTE_MAX = 100;
/** Most records one verification reads; longer chains are verified range by range. */
export const VERIFY_RECORDS_MAX = 100_000;

/** Who acted. `system` is the platform itself: cron, deliveries. */
export interface AuditActor {
  readonly kind: "user" | "key" | "worker" | "system";
  readonly id: string;
}

/** What names a person: kept beside the chain, so that it can be erased [AU5]. */
export interface AuditPii {
  readonly name: string | null;
  readonly ip: string | null;
  readonly userAgent: string | null;
}

/** Before and after of the fields that changed; secrets as fingerprints [AU8]. */
export type AuditChanges = Readonly<
  Record<string, { readonly before: JsonValue; readonly after: JsonValue }>
>;

/** What stays the same for all records of one request. */
export interface AuditOrigin {
  readonly org: string;
  readonly at: Instant;
  readonly actor: AuditActor;
  readonly requestId: string;
  readonly pii: AuditPii;
  readonly random: (bytes: number) => Uint8Array;
}

export interface AuditEvent extends AuditOrigin {
  /** `area.verb`: `keys.create`, `members.update`. */
  readonly action: string;
  /** Organization-relative: `keys/<id>`, `members/<user>`. */
  readonly resource: string;
  readonly outcome?: "done" | "refused";
  readonly changes?: AuditChanges;
}

const Changes = z.record(z.string(), z.strictObject({ before: z.unknown(), after: z.unknown() }));

/** What the text of a record says [AU2]. */
export const AuditRecord = z.strictObject({
  v: z.literal(1),
  org: z.uuid(),
  seq: z.int().min(1),
  at: z.iso.datetime(),
  actor: z.strictObject({ kind: z.string(), id: z.string() }),
  action: z.string(),
  resource: z.string(),
  outcome: z.enum(["done", "refused"]),
  changes: Changes,
  request_id: z.string(),
  /** SHA-256 of salt and names, as hex. */
  pii: z.string(),
});
export type AuditRecord = z.infer<typeof AuditRecord>;

/** One line of a copy: the record's text, and its hash. */
export const AuditLine = z.strictObject({ record: z.string(), hash: z.string() });
export type AuditLine = z.infer<typeof AuditLine>;

/** One record as lists show it. */
export const AuditEntry = z.strictObject({
  /** Text of `seq`: lists page by it. */
  id: z.string(),
  seq: z.int(),
  created_at: z.iso.datetime(),
  actor: z.strictObject({ kind: z.string(), id: z.string() }),
  /** Null when it was erased, or nobody had a name. */
  actor_name: z.string().nullable(),
  ip: z.string().nullable(),
  user_agent: z.string().nullable(),
  action: z.string(),
  resource: z.string(),
  outcome: z.enum(["done", "refused"]),
  changes: Changes,
  request_id: z.string(),
  /** SHA-256 as hex. */
  hash: z.string(),
});
export type AuditEntry = z.infer<typeof AuditEntry>;

export const AuditVerification = z.strictObject({
  ok: z.boolean(),
  checked: z.int(),
  /** The first record that does not fit, and why. */
  first_bad: z
    .strictObject({ seq: z.int(), reason: z.enum(["gap", "hash", "record", "pii", "head"]) })
    .nullable(),
  /** Records whose personal part was erased; they verify all the same. */
  erased: z.int(),
  /** Where the next call goes on; null at the end of the chain. */
  next_seq: z.int().nullable(),
});
export type AuditVerification = z.infer<typeof AuditVerification>;

/** The sealed end of a day: what lies in R2 beside the records [AU6]. */
export const AuditHead = z.strictObject({
  org: z.uuid(),
  seq: z.int(),
  hash: z.string(),
  at: z.iso.datetime(),
  prev_head: z.string().nullable(),
  kid: z.string(),
  sig: z.string(),
});
export type AuditHead = z.infer<typeof AuditHead>;

/** A public key that signs heads. Its `kid` is its thumbprint, so a copy cannot name another key. Source: RFC 7638. */
export const AuditKey = z.strictObject({
  kty: z.literal("EC"),
  crv: z.literal("P-256"),
  x: z.string(),
  y: z.string(),
  kid: z.string(),
});
export type AuditKey = z.infer<typeof AuditKey>;
