/** What one line says: the family that explains it best, and how surely [AN13]. */
import type { Family } from "./families/family.ts";

/** The verdict on a line. `family` null: nothing known matched. */
export interface Verdict {
  readonly family: Family | null;
  readonly weight: number;
  /** Another family of some weight matched as well. */
  readonly several: boolean;
  readonly match: RegExpExecArray | null;
}

/** Families below this weight do not count as a second opinion. */
const SECOND_WEIGHT_MIN = 3;
const NOTHING: Verdict = { family: null, weight: 0, several: false, match: null };
/** Lines of more than this are data, not messages: only their first part is matched. */
const MATCHED_CHARS_MAX = 1_000;

/**
 * The heaviest matching family among `asked` (indices into `families`); the first one wins a tie.
 * Each pattern runs at most once over at most MATCHED_CHARS_MAX characters.
 */
export function classify(text: string, asked: readonly number[], families: readonly Family[]): Verdict {
  const head = text.length > MATCHED_CHARS_MAX ? text.slice(0, MATCHED_CHARS_MAX) : text;
  let best: Verdict = NOTHING;
  let known = 0;
  for (const index of asked) {
    const family = families[index];
    if (!family || (family.weight < best.weight && (best.several || known >= SECOND_WEIGHT_MIN && family.weight < SECOND_WEIGHT_MIN))) continue;
    const match = family.re.exec(head);
    if (!match || family.unless?.test(head)) continue;
    const several = Math.min(known, family.weight) >= SECOND_WEIGHT_MIN || best.several;
    known = Math.max(known, family.weight);
    best = family.weight > best.weight ? { family, weight: family.weight, several, match } : { ...best, several };
  }
  return best;
}
