/** The small words that tool formats share: severities, numbers, and parsers whose every finding is one line. */
import type { Diagnostic } from "../../model.ts";
import type { Findings, Parser } from "./contract.ts";

/** No line, column or total is larger; what stores results counts with 32 bits. */
const INT_MAX = 2_147_483_647;

/** Decimal text to a number; undefined stays undefined, as does anything that is no integer up to INT_MAX. */
export function intOf(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  const value = Number(text);
  return Number.isInteger(value) && value <= INT_MAX ? value : undefined;
}

/** As `intOf`, for columns and lines, which begin at 1: tools print 0 when they know none. */
export function positive(text: string | undefined): number | undefined {
  const value = intOf(text);
  return value === 0 ? undefined : value;
}

/** The fields that are there: absent and undefined mean the same, and findings keep neither. */
export function present<T extends object>(fields: T): T {
  const kept = { ...fields };
  for (const key in kept) if (kept[key] === undefined) delete kept[key];
  return kept;
}

/** Longest message kept of one failed test. */
const MESSAGE_CHARS_MAX = 500;

/** A line as a message: trimmed and bounded; undefined when nothing is left. */
export function brief(text: string | undefined): string | undefined {
  const kept = (text ?? "").trim().slice(0, MESSAGE_CHARS_MAX);
  return kept === "" ? undefined : kept;
}

/** The text without any of `chars` at its end. A loop, as a regular expression would try at each of them. */
export function trimEndOf(text: string, chars: string): string {
  let end = text.length;
  while (end > 0 && chars.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

/** The line without the mark a CI runner puts before it; most lines come back as they are. */
export const unmarked = (line: string): string =>
  line.startsWith("##[") ? line.replace(/^##\[(?:error|warning|notice)\]/, "") : line;

/** What a group caught, empty when it caught nothing. */
export const group = (match: RegExpExecArray | null, index: number): string => match?.[index] ?? "";

/** The severity a tool means with a word, a letter or a glyph; `fallback` for words of no known meaning. */
export function severityOf(
  word: string | undefined,
  fallback: Diagnostic["severity"] = "warning",
): Diagnostic["severity"] {
  switch ((word ?? "").toLowerCase()) {
    case "error":
    case "err":
    case "fatal":
    case "fatal error":
    case "fatal-error":
    case "failure":
    case "e":
    case "f":
    case "high":
    case "critical":
    case "✖":
    case "×":
    case "✗":
      return "error";
    case "warning":
    case "warn":
    case "w":
    case "medium":
    case "⚠":
    case "‼":
      return "warning";
    case "info":
    case "information":
    case "note":
    case "hint":
    case "help":
    case "suggestion":
    case "style":
    case "refactor":
    case "convention":
    case "low":
    case "c":
    case "r":
    case "i":
    case "n":
      return "info";
    default:
      return fallback;
  }
}

/** One form of a one-line finding: where `shape` matches, `found` reports it. */
export interface Row {
  readonly shape: RegExp;
  readonly found: (match: RegExpExecArray, n: number, findings: Findings) => void;
}

/** One expression for "any of these": asking once is several times cheaper than asking each. None may have flags. */
export const anyOf = (shapes: readonly RegExp[]): RegExp =>
  new RegExp(shapes.map((shape) => `(?:${shape.source})`).join("|"));

/** A parser of whole one-line findings: it opens where a row matches, reports by the first such row, and is done. */
export function oneLine(
  spec: Pick<Parser, "id" | "kind" | "prefilter"> & { readonly rows: readonly Row[] },
): Parser {
  const any = anyOf(spec.rows.map((row) => row.shape));
  return {
    id: spec.id,
    kind: spec.kind,
    prefilter: spec.prefilter,
    opens: (line) => any.test(line),
    open: (findings) => ({
      feed(line, n) {
        for (const row of spec.rows) {
          const match = row.shape.exec(line);
          if (match === null) continue;
          row.found(match, n, findings);
          break;
        }
        return false;
      },
      end() {},
    }),
  };
}

/** The cause of a compile error, told by the words all compilers share. */
export function compileCode(
  message: string,
): "compile.syntax" | "compile.symbol" | "compile.link" | "compile.type" {
  if (
    /undefined reference|unresolved external|ld returned|duplicate symbol|multiple definition/i.test(
      message,
    )
  )
    return "compile.link";
  if (
    /syntax error|parse error|expected (?:['`"‘]|an? |expression|identifier|declaration)|unexpected (?:token|end|character)|unterminated|missing (?:['`"]|semicolon)/i.test(
      message,
    )
  )
    return "compile.syntax";
  if (
    /cannot find|not found|undeclared|undefined|unresolved|not declared|does not exist|no such|not in scope|unknown (?:type|import|identifier)|has no member|could not find/i.test(
      message,
    )
  )
    return "compile.symbol";
  return "compile.type";
}

/** File name endings of text that compilers and linters read: only these place a message without a column. */
export const LANGUAGES: ReadonlySet<string> = new Set(
  (
    "c cc cpp cxx c++ h hh hpp hxx inl m mm cu f f90 for s asm java kt kts scala sc groovy gradle clj cljs cs vb fs fsx go rs swift " +
    "py pyi pyx ipynb rb rake gemspec podspec ru erb haml slim php phtml twig blade pl pm t pod lua js jsx mjs cjs ts tsx mts cts vue svelte astro coffee " +
    "css scss sass less styl html htm xhtml hbs pug md markdown mdx rst adoc txt tex bib yml yaml json json5 toml ini cfg conf properties env xml xsd plist " +
    "sh bash zsh ksh fish bats ps1 psm1 psd1 bat cmd sql proto thrift graphql gql tf tfvars hcl nix bzl cmake mk mak am ac in ex exs erl hrl eex leex heex " +
    "hs lhs ml mli re elm purs idr agda v sv vhd vhdl jl r R Rmd dart nim cr d zig pas pp el lisp scm rkt vim sol feature robot dockerfile pl6 raku bazel rego cue dhall gleam typ jsonnet libsonnet tcl hsc ec slim adb ads f95 f03 f08 sbt wgsl glsl cl move cairo zig"
  ).split(" "),
);
