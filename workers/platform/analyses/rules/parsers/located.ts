/**
 * `file:line:column message` lines of every tool that prints them. What follows the place is cut as each tool's own
 * error format cuts it; the tool is told by its marks (a code, a letter, a bracket), else by the file's language.
 */
import type { Category, Diagnostic } from "../../model.ts";
import type { Findings, Parser } from "./contract.ts";
import { compileCode, group, intOf, LANGUAGES, positive, oneLine, severityOf } from "./words.ts";

/** Up to two spaces (lists of some linters), a log level (build tools), a path without blanks, a place, the rest. */
const LOCATED =
  /^( {0,2})(?:\[(error|warn|ERROR|WARN|WARNING|INFO|info)\] |vet: |error:)?((?:[A-Za-z]:(?=[\\/]))?[^\s:"'()<>{}|*=[][^\s:"'()<>{}|*=]{0,400}):(\d{1,7})(?:[:.](\d{1,7})(?:-\d{1,7})?)?(?=[:\s])[:\s]?(.*)$/;
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

/** How one tool's text after the place is read. `message` is the number of the capture that is the message. */
interface Mark {
  readonly tool: string;
  readonly ext?: RegExp;
  readonly rest: RegExp;
  readonly severity?: number | Diagnostic["severity"];
  readonly rule?: number;
  readonly message?: number;
  /** Only for lines with a column, or only for lines without. */
  readonly column?: boolean;
  readonly indent?: number;
}

const PY = /^(?:pyi?|pyx|ipynb)$/;
const RB = /^(?:rb|rake|gemspec|ru|podspec|rbi|[A-Z].*)?$/;

/** First match wins. A row without `message` keeps the whole rest. */
const MARKS: readonly Mark[] = [
  {
    tool: "mypy",
    ext: PY,
    rest: /^(error|warning|note|info): (.*?)(?: {2}\[([\w-]+)\])?$/,
    severity: 1,
    rule: 3,
    message: -1,
  },
  {
    tool: "bandit",
    ext: PY,
    rest: /^(B\d+)\[bandit\]: (LOW|MEDIUM|HIGH): (.*)$/,
    rule: 1,
    severity: 2,
    message: 3,
  },
  { tool: "pylint", ext: PY, rest: /^([CRWEFI])(\d{4}): (.*)$/, severity: 1, rule: 2, message: 3 },
  {
    tool: "pylint",
    ext: PY,
    rest: /^\[([CRWEFI])(\d{4})(?:\([\w-]+\))?(?:, [^\]]*)?\] (.*)$/,
    severity: 1,
    rule: 2,
    message: 3,
  },
  { tool: "clippy", ext: /^rs$/, rest: /^(error|warning)(?:\[(\w+)\])?: /, severity: 1, rule: 2 },
  {
    tool: "haml_lint",
    ext: /^(?:haml|slim|scss|sass|css|erb)$/,
    rest: /^\[([WEF])\] (?:([A-Z]\w+): )?/,
    severity: 1,
    rule: 2,
    message: -2,
  },
  {
    tool: "rubocop",
    rest: /^([CWEFRI]): (?:\[Corrected\] )?(?:([A-Z]\w*(?:\/[A-Z]\w*)+): )?/,
    severity: 1,
    rule: 2,
    message: -3,
  },
  { tool: "standardrb", ext: RB, rest: /^([A-Z]\w*(?:\/[A-Z]\w*)+): (.*)$/, rule: 1, message: 2 },
  {
    tool: "rails_best_practices",
    ext: /^(?:rb|erb|haml|slim|rake|rxml)$/,
    rest: /^- (.*)$/,
    message: 1,
    column: false,
  },
  {
    tool: "reek",
    ext: RB,
    rest: /^([A-Z]\w+): (?=.*\[https?:|[A-Z]\w*[#:. ])/,
    rule: 1,
    column: false,
  },
  {
    tool: "fasterer",
    ext: RB,
    rest: /^[A-Z]\w*[#.]\S+.* (?:slower|faster|using) /,
    severity: "info",
    column: false,
  },
  { tool: "yamllint", rest: /^\[(error|warning)\] .*?(?:\(([\w-]+)\))?$/, severity: 1, rule: 2 },
  { tool: "ansible_lint", ext: /^ya?ml$/, rest: /^\[(E\d+)\] /, rule: 1, severity: "error" },
  {
    tool: "hadolint",
    rest: /^((?:DL|SC)\d{4}) (error|warning|info|style): /,
    rule: 1,
    severity: 2,
  },
  {
    tool: "markdownlint",
    ext: /^(?:md|markdown|mdx)$/,
    rest: /^(?:(?:error|warning) )?(MD\d{3})(?:\/\S+)? /,
    rule: 1,
  },
  {
    tool: "psalm",
    ext: /^php$/,
    rest: /^(error|info|warning) - ([A-Z]\w+): /,
    severity: 1,
    rule: 2,
  },
  { tool: "phpcs", ext: /^php$/, rest: /^(error|warning) - (.*)$/, severity: 1, message: 2 },
  {
    tool: "tsc",
    ext: /^[cm]?tsx?$/,
    rest: /^-? ?(error|warning) (TS\d+): (.*)$/,
    severity: 1,
    rule: 2,
    message: 3,
  },
  { tool: "tslint", ext: /^tsx?$/, rest: /^- (.*)$/, message: 1 },
  {
    tool: "tflint",
    ext: /^(?:tf|hcl)$/,
    rest: /^(Error|Warning|Notice) - .*?(?:\((\w+)\))?$/,
    severity: 1,
    rule: 2,
  },
  {
    tool: "hlint",
    ext: /^l?hs$/,
    rest: /^(Suggestion|Warning|Error|Ignore): /,
    severity: 1,
    column: true,
  },
  {
    tool: "golangci_lint",
    ext: /^go$/,
    rest: /^.* \(((?!SA|ST|S\d|QF)[a-z][a-z0-9]+)\)$/,
    rule: 1,
    severity: "error",
  },
  { tool: "staticcheck", ext: /^go$/, rest: /^.* \(((?:SA|ST|S|U|QF)\d{4})\)$/, rule: 1 },
  {
    tool: "gosec",
    ext: /^go$/,
    rest: /^.*\(Rule:(G\d+), Severity:(LOW|MEDIUM|HIGH)/,
    rule: 1,
    severity: 2,
  },
  {
    tool: "shellcheck",
    ext: /^(?:sh|bash|ksh|dash|bats|zsh)$/,
    rest: /^(error|warning|note|style): (.*?\[(SC\d+)\])$/,
    severity: 1,
    rule: 3,
    message: 2,
  },
  {
    tool: "lintr",
    ext: /^(?:R|r|Rmd)$/,
    rest: /^(style|warning|error): (?:\[(\w+)\] )?/,
    severity: 1,
    rule: 2,
  },
  { tool: "credo", ext: /^exs?$/, rest: /^([CRWFDE]): (.*)$/, severity: 1, message: 2 },
  {
    tool: "gnu",
    rest: /^ ?((?:fatal |internal compiler )?error|warning|note|info|remark)(?: ?#?\d+)?: (.*)$/i,
    severity: 1,
    message: 2,
  },
  { tool: "codespell", rest: /^\S+ ==> \S/, column: false },
  { tool: "ld", rest: /^undefined reference to /, severity: "error" },
];

/** Codes of Python's style checkers; their own parser tells the tools apart. */
const PYTHON_CODE = /^[A-Z]{1,4}\d{2,4} /;
/** A severity letter proves a linter's line whatever the file is called: scripts often have no ending. */
const LETTERED = /^[CWEFR]: \S/;

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
    emit(findings, place, n, read(mark, match, place));
    return;
  }
  if (place.indent > 0 && !/^(?:js|jsx|mjs|cjs|ts|tsx|vue)$/.test(place.ext)) return;
  const severity = severityOf(
    place.level ?? /^(?:syntax )?error\b/i.exec(place.rest)?.[0].slice(0, 5),
    "warning",
  );
  emit(findings, place, n, {
    tool: TOOLS.get(place.ext) ?? "generic",
    severity,
    rule: undefined,
    message: place.rest,
  });
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
    /^(?:in [`'"]|at \S+ |passed|ok$|\||\[\d+\/\d+\]|[\d.%\s]+$)/.test(rest) || /^\W*$/.test(rest)
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

const COMPILERS = new Map<string, string>([
  ...["c", "cc", "cpp", "cxx", "h", "hh", "hpp", "hxx", "m", "mm", "cu", "inl", "f90", "f"].map(
    (ext): [string, string] => [ext, "gcc"],
  ),
  ["java", "javac"],
  ["scala", "scalac"],
  ["swift", "swiftc"],
  ["kt", "kotlinc"],
  ["go", "go"],
  ["rb", "ruby"],
  ["py", "mypy"],
]);

/** Who most likely wrote a message that carries no mark at all. */
const TOOLS = new Map<string, string>([
  ["go", "go"],
  ["py", "python"],
  ["rb", "ruby"],
  ["rs", "rustc"],
  ["php", "phpstan"],
  ["proto", "buf"],
  ["lua", "luacheck"],
  ["js", "standard"],
  ["jsx", "standard"],
  ["erb", "erb_lint"],
  ["ex", "elixir"],
  ["exs", "elixir"],
  ["erl", "erlc"],
  ["yml", "yamllint"],
  ["yaml", "yamllint"],
  ["md", "markdownlint"],
  ["env", "dotenv_linter"],
]);

const LINTERS =
  /lint|python|codespell|pylint|standard|buf|phpstan|mypy|cop|bandit|clippy|psalm|staticcheck|gosec|reek|fasterer|phpcs|credo|shellcheck/;

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
