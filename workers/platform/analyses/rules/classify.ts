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
/** Lines that tell of a failure shown elsewhere: totals, exit codes, what a build tool says of the tool it ran. */
const ECHO =
  /\b(?:exited|failed|terminated|finished|died|returned?|exit) (?:with|by|on|code|non-?zero|status)\b.{0,40}\b(?:code|status|signal|\d+)\b|\(exit (?:code|status)|^npm (?:ERR!|error) (?:Failed at|code ELIFECYCLE|errno|[Tt]ell the|Exit status|Test failed|There is likely|This is probably|.*ELIFECYCLE)|There were (?:failing tests|test failures|\d+ errors)|What went wrong:|Execution failed for task|^(?:Tests?(?: Suites?| Files?)?|Suites?|Snapshots?|Specs?): +\d+ |^\s*(?:FAIL|FAILURES?!?|FAILED|failed|ERROR|error|Error|Failed)[.!:]*$|\b(?:[Ff]ound|[Tt]otal|with) \d+ (?:errors?|failures?|problems?|violations?|issues?)\b|^\W*\d+ (?:errors?|failures?|failing|failed|problems?|violations?|tests?|specs?|examples?|passed)\b.{0,60}$|\b(?:errors?|failures?) (?:generated|found|emitted)\b|\b[Tt]ests? run: ?\d|^error: (?:aborting due|could not compile|build failed|test failed)|^\S*make(?:\[\d+\])?: \*\*\* \[|Executed \d+ (?:of|tests)|^The following tests FAILED|^ERROR: +\S+: commands failed|^ERROR: InvocationError|: recipe for target .{1,200} failed|^FAILED: Build did NOT|^(?:Some|These) tests? (?:have )?failed|^Failed to execute goal/;
/** Lines that tell of success, or name something that only sounds like failure. */
const HEALTHY =
  /(?:^|\s|\.)(?:OK|ok|PASS|PASSED|passed|✓|SKIPPED|DONE)(?: [([][\d.,]+ ?m?s[)\]])?$|^\s*(?:ok\b|PASS\b|--- PASS|✓|✔|√|\[ +OK|\d+ passing)|^\+{2,}\w/;
const WARNING = /^\s*(?:\[(?:WARN|WARNING|warn|warning)\]|WARN(?:ING)?\b|npm WARN|[Ww]arning:|W:)/;
const EXPECTED = /\bshould\b|\b(?:it|when|if) (?:fails|throws|errors)\b/;

/** What GitHub and Azure put before a message of a tool. */
const ECHO_WEIGHT_MAX = 2;
const WARNING_WEIGHT_MAX = 1.5;
/** Families that know a format are believed even when the message says "should". */
const EXPECTED_BELOW = 7;
const ANNOTATION = /^##\[(?:error|warning)\]/;
export const NOTHING: Verdict = { family: null, weight: 0, several: false, match: null };
/** Lines of more than this are data, not messages: only their first part is matched. */
const MATCHED_CHARS_MAX = 1_000;

/**
 * The heaviest matching family among `asked` (indices into `families`); the first one wins a tie.
 * Each pattern runs at most once over at most MATCHED_CHARS_MAX characters.
 */
export function classify(
  text: string,
  asked: readonly number[],
  families: readonly Family[],
): Verdict {
  const head = text.length > MATCHED_CHARS_MAX ? text.slice(0, MATCHED_CHARS_MAX) : text;
  const bare = head.startsWith("##[") ? head.replace(ANNOTATION, "") : head;
  let best: Verdict = NOTHING;
  for (const index of asked) {
    const family = families[index];
    if (!family || settled(best, family)) continue;
    const match = matchOf(family, bare, head);
    if (match && family.unless?.test(head) !== true) best = joined(best, family, match);
  }
  return best.family === null ? best : damped(best, bare);
}

const matchOf = (family: Family, bare: string, head: string): RegExpExecArray | null =>
  family.re.exec(bare) ?? (bare === head ? null : family.re.exec(head));

/** Whether the family could change nothing any more. */
const settled = (best: Verdict, family: Family): boolean =>
  family.weight < best.weight && (best.several || family.weight < SECOND_WEIGHT_MIN);

function joined(best: Verdict, family: Family, match: RegExpExecArray): Verdict {
  const several = best.several || Math.min(best.weight, family.weight) >= SECOND_WEIGHT_MIN;
  return family.weight > best.weight
    ? { family, weight: family.weight, several, match }
    : { ...best, several };
}

/** Echoes and descriptions of tests weigh little, whatever family they look like. */
function damped(verdict: Verdict, text: string): Verdict {
  if (HEALTHY.test(text)) return NOTHING;
  if (verdict.weight > WARNING_WEIGHT_MAX && WARNING.test(text))
    return { ...verdict, weight: WARNING_WEIGHT_MAX, several: false };
  if (verdict.weight > ECHO_WEIGHT_MAX && ECHO.test(text))
    return { ...verdict, weight: ECHO_WEIGHT_MAX, several: false };
  if (verdict.weight < EXPECTED_BELOW && EXPECTED.test(text))
    return { ...verdict, weight: verdict.weight / 2, several: false };
  return verdict;
}
