/** Drives all parsers over the lines of one log as the analyzer does: for tests and benches of the parsers alone. */
import { collect, type Found } from "./collect.ts";
import type { OpenParser, Parser } from "./contract.ts";
import { PARSERS } from "./registry.ts";
import { unmarked } from "./words.ts";

/**
 * Feeds normalised lines (AN10: no terminators, escapes or leading times) to every parser that opens.
 * Never throws; equal lines give equal findings. O(lines x open parsers).
 *
 * @param lines   the whole log; the first is line 1
 * @param parsers default: all built-in ones
 */
export function parseLines(lines: Iterable<string>, parsers: readonly Parser[] = PARSERS): Found {
  const { findings, read } = collect();
  const prefilter = prefilterOf(parsers);
  const open = new Map<Parser, OpenParser>();
  let n = 0;
  for (const line of lines) {
    n += 1;
    const asked = prefilter.test(unmarked(line)) ? parsers : [];
    for (const parser of asked) {
      if (!open.has(parser) && parser.opens(line)) open.set(parser, parser.open(findings));
    }
    for (const [parser, automaton] of open) {
      if (automaton.feed(line, n)) continue;
      automaton.end();
      open.delete(parser);
    }
  }
  for (const automaton of open.values()) automaton.end();
  return read();
}

/** The one regular expression that every opening line of `parsers` matches [AN12]. */
export const prefilterOf = (parsers: readonly Parser[]): RegExp =>
  new RegExp(parsers.flatMap((parser) => parser.prefilter).join("|"));
