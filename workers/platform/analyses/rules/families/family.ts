/** What a family is: one shape of failure line of a tool or format, as data [AN13]. */
import type { Category } from "../../model.ts";

/** A shape of failure line. Names tools and formats, never a project, repository or organization. */
export interface Family {
  /** Stable id, lower_snake. */
  readonly id: string;
  readonly code: Category;
  /** 0..10: how surely such a line tells the cause. 0 marks an echo of a failure told elsewhere. */
  readonly weight: number;
  /** Linear in the line; named groups are the captures (file, line, col, message, test, symbol, package). */
  readonly re: RegExp;
  /** Prefilter fragments, matched without case: every line `re` matches holds at least one. */
  readonly words: readonly string[];
  /** A line that also matches this is not a failure. */
  readonly unless?: RegExp;
}
