/** What removing a member does, in sentences. Pure. */
import type { Key } from "../../wire.ts";
import { plural } from "../../ui/format.ts";

/** The keys a person made that still work. */
export const liveKeysOf = (keys: readonly Key[], userId: string, now: number): readonly Key[] =>
  keys.filter(
    (key) =>
      key.created_by === userId &&
      key.revoked_at === null &&
      (key.expires_at === null || Date.parse(key.expires_at) > now),
  );

interface Removal {
  /** null when one removes oneself. */
  readonly who: string | null;
  readonly org: string;
  /** null when they are not known (yet, or to this role). */
  readonly keys: readonly Pick<Key, "name">[] | null;
  readonly keepKeys: boolean;
}

/** How many names stand in a sentence before the rest is a number. */
const NAMES_MAX = 3;

export function removalTexts({ who, org, keys, keepKeys }: Removal) {
  const whom = who ?? "you";
  return {
    title: who === null ? `Leave ${org}?` : `Remove ${who}?`,
    action: who === null ? "Leave" : "Remove the member",
    done: who === null ? `You left ${org}.` : `${who} is removed.`,
    consequences: [
      who === null
        ? `You lose access to ${org} at once; only a new invitation brings you back.`
        : `${who} loses access to ${org} at once; only a new invitation brings them back.`,
      keySentence(whom, keys, keepKeys),
      "What was made here stays: analyses, runs and the audit log.",
    ],
  } as const;
}

function keySentence(who: string, keys: Removal["keys"], keepKeys: boolean): string {
  if (keys === null)
    return keepKeys ? `Keys made by ${who} keep working.` : `All keys made by ${who} are revoked.`;
  if (keys.length === 0) return `No live key was made by ${who}.`;
  const names = keys.slice(0, NAMES_MAX).map((key) => key.name);
  const rest = keys.length - names.length;
  const list = rest > 0 ? `${names.join(", ")} and ${rest} more` : names.join(", ");
  const some = `${plural(keys.length, "API key")} made by ${who} (${list})`;
  return keepKeys
    ? `${some} ${keys.length === 1 ? "keeps" : "keep"} working, with the permissions as they are.`
    : `${some} ${keys.length === 1 ? "is" : "are"} revoked: whatever uses ${keys.length === 1 ? "it" : "them"} stops.`;
}
