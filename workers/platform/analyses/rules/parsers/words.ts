/** The small words that tool formats share: severities, numbers, and parsers whose every finding is one line. */
import type { Diagnostic } from "../../model.ts";
import type { Findings, OpenParser, Parser } from "./contract.ts";

/** Decimal text to a number; undefined stays undefined, as does anything that is no safe integer. */
export function intOf(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

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

/** A parser of whole one-line findings: it opens where a row matches, reports by the first such row, and is done. */
export function oneLine(
  spec: Pick<Parser, "id" | "kind" | "prefilter"> & { readonly rows: readonly Row[] },
): Parser {
  return {
    id: spec.id,
    kind: spec.kind,
    prefilter: spec.prefilter,
    opens: (line) => spec.rows.some((row) => row.shape.test(line)),
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

/** An automaton that is done before it starts: for openings that turn out to be nothing. */
export const CLOSED: OpenParser = { feed: () => false, end() {} };
