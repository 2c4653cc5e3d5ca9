/** Turns one raw line into the text patterns see: no terminator, escapes, overwritten progress or leading time [AN10]. */
import { LINE_CHARS_MAX } from "../model.ts";

/** Bytes of a line that are looked at; progress bars redraw far beyond, but their first part tells enough. */
export const RAW_LINE_BYTES_MAX = 4 * LINE_CHARS_MAX;

/** One line after AN10. `red`: part of it was printed in red; `cut`: it was longer than LINE_CHARS_MAX. */
export interface NormalLine {
  readonly text: string;
  readonly red: boolean;
  readonly cut: boolean;
}

// CSI (colours, cursor), OSC and APC (titles, links, Buildkite times), and two-character escapes.
const ESCAPES =
  /\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]_P^X][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]+[0-~]|[0-Z\\^-~])/g;
const RED = /\x1b\[(?:[0-9;]*;)?(?:31|91|38;5;(?:1|9|124|160|196)|41)(?:;[0-9;]*)?m/;
/** Characters a terminal does not show. */
const INVISIBLE = /[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f\u200b\ufeff]/g;
const BLANK = /^\s*$/;

/** Times and labels CI services put before each line. Order matters: each is tried once. */
const LEADS: readonly RegExp[] = [
  // GitHub, Azure, GitLab (with its stream mark), Buildkite exports, Kubernetes.
  /^\ufeff?\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?\]?(?: \d\d[OE]\+?)? ?/,
  // Jenkins timestamper, TeamCity, gulp and others.
  /^\[?\d\d:\d\d:\d\d(?:[.,]\d{1,6})?\]?(?:[WEi]?:| |(?=\[))[ \t]{0,2}/,
];

/** The text of a raw line, terminator excluded. Pure, total: no input throws. Cost is linear in the line. */
export function normalise(raw: string): NormalLine {
  let text = raw;
  let red = false;
  if (text.includes("\x1b")) {
    red = RED.test(text);
    text = text.replace(ESCAPES, "");
  }
  if (text.includes("\r")) text = lastSegment(text);
  if (text.includes("\t")) text = text.replace(LABELS, "");
  if (LEAD_HEAD.test(text)) text = withoutLead(text);
  text = text.replace(INVISIBLE, "");
  const cut = text.length > LINE_CHARS_MAX;
  return { text: (cut ? text.slice(0, LINE_CHARS_MAX) : text).trimEnd(), red, cut };
}

/** `gh run view --log`: job, step, then the time. */
const LABELS = /^[^\t]{1,200}\t[^\t]{1,200}\t(?=\ufeff?\d{4}-\d\d-\d\dT)/;
/** Cheap test for a line that may begin with a lead. */
const LEAD_HEAD = /^[\d[\ufeff]/;

/** What a terminal would show at the end: the last part between carriage returns that is not blank. */
function lastSegment(text: string): string {
  const segments = text.split("\r");
  for (let at = segments.length - 1; at > 0; at--) {
    const segment = segments[at] ?? "";
    if (!BLANK.test(segment)) return segment;
  }
  return segments[0] ?? "";
}

function withoutLead(text: string): string {
  let rest = text;
  for (const lead of LEADS) rest = rest.replace(lead, "");
  return rest;
}
