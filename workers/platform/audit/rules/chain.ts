/** What makes a chain whole: each record's place, hash and text, and the signed ends. The offline check uses it too. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import type { JsonValue } from "../../model.ts";
import { AUDIT_DOMAIN, AuditRecord, type AuditHead, type AuditPii } from "../model.ts";
import { canonicalJson, piiText } from "../rules.ts";

/** A place of the chain: everything up to it is fixed by this hash. */
export interface ChainPoint {
  readonly seq: number;
  /** SHA-256 as hex. */
  readonly hash: string;
}

/** Before the first record. */
export const GENESIS: ChainPoint = { seq: 0, hash: "00".repeat(32) };

/** A record as it is kept: its text, and the hash that follows from it and the record before. */
export interface ChainLine {
  readonly record: string;
  readonly hash: string;
}

export type Broken = "gap" | "hash" | "record";

export type Followed =
  | { readonly ok: true; readonly point: ChainPoint; readonly record: AuditRecord }
  | { readonly ok: false; readonly seq: number; readonly reason: Broken };

/** SHA-256("ewaudit1" + the hash before + record) [AU3]. */
export const chainHash = (before: string, record: string): string =>
  bytesToHex(
    sha256(concatBytes(utf8ToBytes(AUDIT_DOMAIN), hexToBytes(before), utf8ToBytes(record))),
  );

/** Takes the next record, or says what is wrong at the place where one is expected. */
export function follow(point: ChainPoint, line: ChainLine): Followed {
  const seq = point.seq + 1;
  const record = recordOf(line.record);
  if (record !== undefined && record.seq !== seq) return { ok: false, seq, reason: "gap" };
  const hash = chainHash(point.hash, line.record);
  if (hash !== line.hash) return { ok: false, seq, reason: "hash" };
  if (record === undefined) return { ok: false, seq, reason: "record" };
  return { ok: true, point: { seq, hash }, record };
}

/** Undefined when the text is no record, or not in its one form: a hash is over the text, so the text must be unique. */
function recordOf(text: string): AuditRecord | undefined {
  try {
    const parsed: JsonValue = JSON.parse(text);
    const record = AuditRecord.safeParse(parsed);
    return record.success && canonicalJson(parsed) === text ? record.data : undefined;
  } catch {
    return undefined; // Not JSON, or numbers that no record holds.
  }
}

/** SHA-256 of salt and names: what the record says in their place [AU5]. */
export const piiHash = (salt: Uint8Array, pii: AuditPii): string =>
  bytesToHex(sha256(concatBytes(salt, utf8ToBytes(piiText(pii)))));

/** What the signature of a head covers. */
export function signedText(head: Omit<AuditHead, "sig">): string {
  const { org, seq, hash, at, prev_head, kid } = head;
  return canonicalJson({ org, seq, hash, at, prev_head, kid });
}

/** The head as it is stored; its hash is the next head's `prev_head`. */
export const headText = (head: AuditHead): string => canonicalJson({ ...head });

export const headHash = (text: string): string => bytesToHex(sha256(utf8ToBytes(text)));

/** Name of the sealed range, below `org/<org>/audit/` [AU6]. */
export const sealName = (from: number, to: number): string => `${from}-${to}`;

export const auditPrefixOf = (org: string): string => `org/${org}/audit/`;
