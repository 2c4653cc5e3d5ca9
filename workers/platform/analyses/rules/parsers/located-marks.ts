/** The marks by which a message behind `file:line:column` names its tool, and how that tool's text is cut. Data only. */
import type { Diagnostic } from "../../model.ts";

/** How one tool's text after the place is read. `message` is the number of the capture that is the message. */
export interface Mark {
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

/** Endings of Python text. */
export const PY = /^(?:pyi?|pyx|ipynb)$/;
const RB = /^(?:rb|rake|gemspec|ru|podspec|rbi|[A-Z].*)?$/;

/** First match wins. A row without `message` keeps the whole rest. */
export const MARKS: readonly Mark[] = [
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
    tool: "eslint",
    ext: /^[cm]?[jt]sx?$/,
    rest: /^.*\[(Error|Warning)\/([\w@/-]+)\]$/,
    severity: 1,
    rule: 2,
  },
  { tool: "cspell", rest: /^- (Unknown word .*)$/, message: 1, severity: "info" },
  {
    tool: "swiftlint",
    ext: /^swift$/,
    rest: /^(error|warning): (.* Violation: .*\((\w+)\))$/,
    severity: 1,
    rule: 3,
    message: 2,
  },
  {
    tool: "scss_lint",
    ext: /^(?:scss|sass|css)$/,
    rest: /^\[([WEF])\] (?:([A-Z]\w+): )?/,
    severity: 1,
    rule: 2,
    message: -2,
  },
  {
    tool: "haml_lint",
    ext: /^(?:haml|slim|erb)$/,
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
  {
    tool: "pyright",
    ext: PY,
    rest: /^- (error|warning|information): (.*)$/,
    severity: 1,
    message: 2,
    column: true,
  },
  { tool: "credo", ext: /^exs?$/, rest: /^([CRWFDE]): (.*)$/, severity: 1, message: 2 },
  {
    tool: "gnu",
    rest: /^ ?((?:fatal |internal compiler )?error|warning|note|info|remark)(?: ?#?\d+)?: (.*)$/,
    severity: 1,
    message: 2,
  },
  {
    tool: "luacheck",
    ext: /^lua$/,
    rest: /^(?:\(([EW]\d+)\) )?\S/,
    rule: 1,
    column: true,
    indent: 4,
  },
  { tool: "codespell", rest: /^\S+ ==> \S/, column: false },
  { tool: "ld", rest: /^undefined reference to /, severity: "error" },
];

/** Whose compiler says `error: ...` behind a place in a file of this ending. */
export const COMPILERS = new Map<string, string>([
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
export const TOOLS = new Map<string, string>([
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

/** Tools that judge style or risk rather than compile. */
export const LINTERS =
  /lint|python|codespell|pylint|standard|buf|phpstan|mypy|cop|bandit|clippy|psalm|staticcheck|gosec|reek|fasterer|phpcs|credo|shellcheck/;
