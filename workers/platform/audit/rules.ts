/** The text of audit records: RFC 8785, so that a hash has one meaning. */
import { assert, type JsonValue } from "../model.ts";
import type { AuditEvent, AuditPii } from "./model.ts";

/**
 * Canonical JSON: keys in order of UTF-16 units, no spaces, integers only. U+0000 becomes U+FFFD because Postgres has no
 * room for it, halves of surrogate pairs likewise [AU2].
 * @throws Bug on a number that is not a safe integer
 */
export function canonicalJson(value: JsonValue): string {
  if (typeof value === "string") return JSON.stringify(storable(value));
  if (typeof value === "number") {
    assert(Number.isSafeInteger(value), "an audit record holds integers only");
    return String(value === 0 ? 0 : value);
  }
  if (value === null || typeof value === "boolean") return String(value);
  if (isList(value)) return `[${value.map(canonicalJson).join(",")}]`;
  // Sorted as they will stand there: a replaced character sorts elsewhere than the one it replaces.
  const parts = new Map(Object.entries(value).map(([key, part]) => [storable(key), part]));
  const entries = [...parts].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, part]) => `${JSON.stringify(key)}:${canonicalJson(part)}`).join(",")}}`;
}

const storable = (text: string): string => text.toWellFormed().replaceAll("\0", "\uFFFD");

const isList = (value: object): value is readonly JsonValue[] => Array.isArray(value);

export const piiText = (pii: AuditPii): string =>
  canonicalJson({ ip: pii.ip, name: pii.name, user_agent: pii.userAgent });

/** The record's text before and behind its number, which only the database knows. `at` is ISO 8601 in UTC. */
export function recordAround(
  event: Omit<AuditEvent, "at">,
  at: string,
  piiHash: string,
): { readonly before: string; readonly behind: string } {
  const text = canonicalJson({
    v: 1,
    org: event.org,
    seq: 0,
    at,
    actor: { kind: event.actor.kind, id: event.actor.id },
    action: event.action,
    resource: event.resource,
    outcome: event.outcome ?? "done",
    changes: event.changes ?? {},
    request_id: event.requestId,
    pii: piiHash,
  });
  const end = ',"seq":0,"v":1}';
  assert(text.endsWith(end), "seq and v are the last keys of a record");
  return { before: `${text.slice(0, -end.length)},"seq":`, behind: ',"v":1}' };
}
