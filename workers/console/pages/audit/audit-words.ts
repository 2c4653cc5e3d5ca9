/** Records of the audit chain in words: changes as lines, the outcome of a check. Pure. */
import type { AuditEntry, AuditVerification } from "../../wire.ts";

export interface ChangeLine {
  readonly field: string;
  readonly before: string;
  readonly after: string;
}

/** Each changed field with what it was and what it is; what was not there is empty. */
export const linesOf = (changes: AuditEntry["changes"]): readonly ChangeLine[] =>
  Object.entries(changes).map(([field, { before, after }]) => ({
    field,
    before: valueText(before),
    after: valueText(after),
  }));

function valueText(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** First and last number of the records in sight; null without any. */
export function rangeOf(
  entries: readonly Pick<AuditEntry, "seq">[],
): { readonly from: number; readonly to: number } | null {
  if (entries.length === 0) return null;
  const numbers = entries.map(({ seq }) => seq);
  return { from: Math.min(...numbers), to: Math.max(...numbers) };
}

type Reason = NonNullable<AuditVerification["first_bad"]>["reason"];

/** What each kind of break means; the type keeps the table complete. */
export const REASONS = {
  gap: "the record before it is missing",
  hash: "its hash does not follow from the record before it",
  record: "its text is not a well-formed record",
  pii: "name, address or device stored beside it are not those it was made with",
  head: "it differs from what was sealed",
} as const satisfies Record<Reason, string>;

interface Area {
  readonly area: string;
  readonly verbs: readonly string[];
}

/** The actions that are recorded, for the filter; one that is not here can still be written into the URL. */
const AREAS: readonly Area[] = [
  { area: "keys", verbs: ["create", "update", "rotate", "revoke"] },
  { area: "secrets", verbs: ["put", "delete", "use"] },
  { area: "webhooks", verbs: ["create", "update", "delete", "rotate_secret", "disable"] },
  { area: "members", verbs: ["add", "update", "remove"] },
  { area: "invitations", verbs: ["create", "revoke", "accept"] },
  { area: "org", verbs: ["create", "update", "delete"] },
  { area: "identities", verbs: ["link", "unlink", "login", "rename"] },
  { area: "sessions", verbs: ["reuse", "revoke", "revoke_all"] },
  { area: "usage", verbs: ["cap", "refuse"] },
  { area: "limits", verbs: ["change"] },
  { area: "audit", verbs: ["export", "erase", "refusals"] },
];

/** The API takes a whole area as well as one action of it. */
export const ACTION_FILTERS: readonly string[] = AREAS.flatMap(({ area, verbs }) => [
  area,
  ...verbs.map((verb) => `${area}.${verb}`),
]);

/** `keys` reads `keys, all`; an action reads as it is. */
export const filterLabel = (filter: string): string =>
  filter.includes(".") ? filter : `${filter}, all`;
