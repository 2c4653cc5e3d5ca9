/** What a parser of tool output is: a line automaton that a prefilter hit opens and that reads every line to its end. */
import type { Category, Diagnostic, FailedTest, TestCounts } from "../../model.ts";

/** Lines one open parser may hold; it ends itself there [AN21]. */
export const PARSER_LINES_MAX = 2_000;
/** Failed tests kept per log [AN21]. */
export const FAILED_TESTS_MAX = 10_000;
/** Diagnostics kept per log. */
export const DIAGNOSTICS_MAX = 10_000;

/** A range of lines (1-based, inclusive) that a parser proved to describe one failure. */
export interface FailureRange {
  readonly from: number;
  readonly to: number;
  readonly code: Category;
}

/** Where an open parser puts what it finds. All line numbers are 1-based numbers of the raw log. */
export interface Findings {
  failedTest(test: FailedTest): void;
  counts(counts: TestCounts): void;
  diagnostic(diagnostic: Diagnostic): void;
  /** The lines a person would point to for this failure; the ranker prefers blocks that hold one [AN18]. */
  failure(range: FailureRange): void;
}

/** An open automaton. It never throws on any input; an unexpected line ends it ("failing soft"). */
export interface OpenParser {
  /**
   * Takes the next line (normalised as in AN10: no terminator, escapes or leading time; at most 4,096 characters).
   * The opening line itself is fed first. Returns false when the automaton is done with the log's next lines.
   */
  feed(line: string, n: number): boolean;
  /** Called once, after `feed` returned false, at the unit's end, or at the log's end. */
  end(): void;
}

/** A tool's output format. Names tools, never a project, repository or organization [AN13]. */
export interface Parser {
  /** Stable id, lower_snake: `pytest`, `go_test`, `tsc`. */
  readonly id: string;
  readonly kind: "test" | "compiler" | "linter" | "build";
  /**
   * Regular expression sources that together match every opening line. The analyzer joins those of all parsers into
   * its one prefilter [AN12], so they must be linear, case sensitive and rare in healthy output.
   */
  readonly prefilter: readonly string[];
  /** Decides on a prefilter hit whether the automaton opens here. Must be cheap and linear. */
  opens(line: string): boolean;
  open(findings: Findings): OpenParser;
}
