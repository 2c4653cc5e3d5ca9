/**
 * `file:line:column message` lines of every tool that prints them. What follows the place is cut as each tool's own
 * error format cuts it; the tool is told by its marks (a code, a letter, a bracket), else by the file's language.
 */
import type { Category, Diagnostic } from "../../model.ts";
import type { Findings, Parser } from "./contract.ts";
import { COMPILERS, LINTERS, MARKS, type Mark, PY, TOOLS } from "./located-marks.ts";
import { compileCode, group, intOf, LANGUAGES, positive, oneLine, severityOf } from "./words.ts";

/** Up to four spaces (lists of some linters), a log level (build tools), a path without blanks, a place, the rest. */
const LOCATED =
  /^( {0,4})(?:\[(error|warn|ERROR|WARN|WARNING|INFO|info)\] |vet: |error:|[\w./-]+: (?=[^\s:]+\.go:))?((?:[A-Za-z]:(?=[\\/]))?[^\s:"'()<>{}|*=[][^\s:"'()<>{}|*=]{0,400}):(\d{1,7})(?:[:.](\d{1,7})(?:-\d{1,7})?)?(?=[:\s])[:\s]?(.*)$/;
const FILE =
  /\.([A-Za-z][\w+-]{0,15})$|(?:^|[\\/])(?:[A-Z][a-z]+file|\.?[a-z]+rc|\.env\S*|BUILD|WORKSPACE)$/;
/** Ends of host names, which are followed by a port. */
const HOST = /^(?:com|org|net|io|local|internal|dev|localdomain|svc|cluster)$/;

interface Place {
  readonly indent: number;
  readonly level: string | undefined;
  readonly file: string;
  readonly ext: string;
  readonly line: number;
  readonly column: number | undefined;
  readonly rest: string;
}

/** Languages whose linters indent every line; elsewhere an indented place belongs to the message above. */
const INDENTED = /^(?:[cm]?[jt]sx?|vue)$/;
/** Codes of Python's style checkers; their own parser tells the tools apart. */
const PYTHON_CODE = /^[A-Z]{1,4}\d{2,4} /;
/** A severity proves a linter's line whatever the file is called: scripts often have no ending. */
const LETTERED = /^(?:[CWEFR]|(?:fatal )?error|warning|note): \S/;

export const located: Parser = oneLine({
  id: "located",
  kind: "linter",
  prefilter: [
    String.raw`[A-Za-z]:\d{1,6}:\d{1,5}[: ]`,
    String.raw`\.[A-Za-z]\w{0,3}:\d`,
    String.raw`\.(?:gradle|groovy|scala|swift|class|clang|proto|gemspec|podspec|markdown|ipynb|astro|svelte|graphql):\d`,
    String.raw`^(?:\S*/)?(?:[A-Z][a-z]{2,9}file|\.env\S*):\d`,
  ],
  rows: [
    {
      shape: LOCATED,
      found(match, n, findings) {
        const place = placeOf(match);
        if (place !== undefined) report(findings, place, n);
      },
    },
  ],
});

function placeOf(match: RegExpExecArray): Place | undefined {
  const [file, rest] = [group(match, 3), group(match, 6).trim()];
  const place: Place = {
    indent: group(match, 1).length,
    level: match[2],
    file,
    ext: group(FILE.exec(file), 1),
    line: intOf(match[4]) ?? 0,
    column: positive(match[5]),
    rest,
  };
  if (HOST.test(place.ext) || file.includes("://")) return undefined;
  const lettered = match[5] !== undefined && LETTERED.test(rest);
  if (!FILE.test(file)) return lettered ? place : undefined;
  if (place.ext === "" || LANGUAGES.has(place.ext)) return place;
  // An ending nobody knows needs a column to be believed.
  return match[5] === undefined || place.level !== undefined ? undefined : place;
}

function report(findings: Findings, place: Place, n: number): void {
  if (place.rest === "" || noMessage(place)) return;
  for (const mark of MARKS) {
    const match = fits(mark, place) ? mark.rest.exec(place.rest) : null;
    if (match === null) continue;
    if (place.indent <= (mark.indent ?? 2)) emit(findings, place, n, read(mark, match, place));
    return;
  }
  if (place.indent === 0 || (place.indent <= 2 && INDENTED.test(place.ext)))
    emit(findings, place, n, unmarked(place));
}

/** A message without any mark is kept whole; only a leading dash goes. */
function unmarked(place: Place): Reading {
  const word = /^(?:syntax )?(error|warning|info|note)\b/i.exec(place.rest)?.[1];
  return {
    tool: TOOLS.get(place.ext) ?? "generic",
    severity: severityOf(place.level ?? word, "warning"),
    rule: undefined,
    message: place.rest.replace(/^- /, ""),
  };
}

/** Lines of the same shape that are no message: stack frames, coverage tables, code excerpts, headings of two lines. */
function noMessage(place: Place): boolean {
  const { rest, ext } = place;
  // The last line of a pytest frame; the traceback says the rest.
  if (/^\w+(?:Error|Exception|Failure)$/.test(rest)) return true;
  if (
    PY.test(ext) &&
    (PYTHON_CODE.test(rest) || /^(?:in|at) .*:$/.test(rest) || /^in \S+$/.test(rest))
  )
    return true;
  if (/^l?hs$/.test(ext) && /^(?:(?:error|warning):.*|Warning:)?$/.test(rest)) return true;
  return (
    /^(?:lint|format|parse|assist)\S*.*━/.test(rest) ||
    /^(?:in [`'"]|at \S+ |passed|ok$|\||\[\d+\/\d+\]|[\d.%\s]+$)/.test(rest) ||
    /^\W*$/.test(rest)
  );
}

const fits = (mark: Mark, place: Place): boolean =>
  (mark.ext === undefined || mark.ext.test(place.ext)) &&
  (mark.column === undefined || mark.column === (place.column !== undefined));

interface Reading {
  readonly tool: string;
  readonly severity: Diagnostic["severity"];
  readonly rule: string | undefined;
  readonly message: string;
}

/** Negative `message` numbers: everything behind the marking letter (-2, -3), or behind the severity word (-1). */
function read(mark: Mark, match: RegExpExecArray, place: Place): Reading {
  const severity =
    typeof mark.severity === "number"
      ? severityOf(match[mark.severity])
      : (mark.severity ?? severityOf(place.level));
  const message = messageOf(mark.message, match, place.rest);
  const tool = mark.tool === "gnu" ? (COMPILERS.get(place.ext) ?? "generic") : mark.tool;
  return { tool, severity, rule: mark.rule === undefined ? undefined : match[mark.rule], message };
}

function messageOf(group: number | undefined, match: RegExpExecArray, rest: string): string {
  if (group === undefined) return rest;
  if (group > 0) return match[group] ?? rest;
  if (group === -1) return rest.slice(rest.indexOf(": ") + 2);
  return rest.slice(group === -2 ? rest.indexOf("] ") + 2 : rest.indexOf(": ") + 2);
}

function emit(findings: Findings, place: Place, n: number, reading: Reading): void {
  const { tool, severity, rule, message } = reading;
  findings.diagnostic({
    tool,
    severity,
    file: place.file,
    line: place.line,
    column: place.column,
    rule,
    message,
    log_line: n,
  });
  if (severity !== "error") return;
  const code: Category = LINTERS.test(tool) ? "lint.static" : compileCode(message);
  findings.failure({ from: n, to: n, code });
}
