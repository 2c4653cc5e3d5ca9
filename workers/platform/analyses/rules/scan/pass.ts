/** Pass 1: sees every line once and keeps what the ranking needs: candidates, counts, steps, findings of parsers. */
import type { LogSource } from "../../model.ts";
import { Candidates } from "../candidates.ts";
import { classify } from "../classify.ts";
import { normalise } from "../normalise.ts";
import { collect, type Found } from "../parsers/collect.ts";
import type { OpenParser, Parser } from "../parsers/contract.ts";
import { early } from "../rank.ts";
import { Outliner, type Outline } from "../sections.ts";
import { TemplateCounts, templateOf } from "../template.ts";
import { type How, type RawLine, type Walked, walkLines } from "./lines.ts";
import type { Prefilter } from "./prefilter.ts";

/** What pass 1 knows about a log. */
export interface Seen extends Walked {
  readonly candidates: Candidates;
  readonly counts: TemplateCounts;
  readonly outline: Outline;
  readonly found: Found;
  readonly parsersOpenMax: number;
}

/** Runs pass 1 over the whole source. Memory is bounded whatever the log [AN21]. */
export async function seeLines(
  source: LogSource,
  prefilter: Prefilter,
  how: How = {},
): Promise<Seen> {
  const pass = new Pass(source.size, prefilter);
  const walked = await walkLines(source, prefilter, (line) => pass.line(line), how);
  return { ...walked, ...pass.finish(walked.lines) };
}

class Pass {
  readonly #size: number;
  readonly #prefilter: Prefilter;
  readonly #candidates = new Candidates();
  readonly #counts = new TemplateCounts();
  readonly #outliner = new Outliner();
  readonly #collected = collect();
  readonly #open = new Map<Parser, OpenParser>();
  #openMax = 0;

  constructor(size: number, prefilter: Prefilter) {
    this.#size = size;
    this.#prefilter = prefilter;
  }

  /** Takes a line; true while a parser wants every next one. */
  line(line: RawLine): boolean {
    const { text, red } = normalise(line.decode());
    const { families, markers, parsers } = line.hits;
    const marked = markers.length > 0 && this.#mark(text, line.n, markers);
    if (families.length > 0 && !marked) this.#judge(text, red, line);
    if (this.#open.size > 0 || parsers.length > 0) this.#feed(text, line.n, parsers);
    return this.#open.size > 0;
  }

  finish(lines: number): Omit<Seen, keyof Walked> {
    for (const parser of this.#open.values()) parser.end();
    return {
      candidates: this.#candidates,
      counts: this.#counts,
      outline: this.#outliner.outline(lines),
      found: this.#collected.read(),
      parsersOpenMax: this.#openMax,
    };
  }

  #mark(text: string, n: number, markers: readonly number[]): boolean {
    let marked = false;
    for (const index of markers) {
      const marker = this.#prefilter.markers[index];
      const match = marker?.re.exec(text);
      if (!marker || !match) continue;
      this.#outliner.mark(marker, match.groups ?? {}, n);
      marked = true;
    }
    return marked;
  }

  #judge(text: string, red: boolean, line: RawLine): void {
    const verdict = classify(text, line.hits.families, this.#prefilter.families);
    if (verdict.family === null) return;
    const template = templateOf(text);
    const before = this.#counts.add(template);
    const place = this.#size === 0 ? 1 : line.offset / this.#size;
    const score = early(verdict, { red, before, place });
    this.#candidates.add({
      n: line.n,
      offset: line.offset,
      weight: verdict.weight,
      template,
      early: score,
    });
  }

  #feed(text: string, n: number, asked: readonly number[]): void {
    for (const index of asked) {
      const parser = this.#prefilter.parsers[index];
      if (!parser || this.#open.has(parser) || !parser.opens(text)) continue;
      this.#open.set(parser, parser.open(this.#collected.findings));
    }
    this.#openMax = Math.max(this.#openMax, this.#open.size);
    for (const [parser, automaton] of this.#open) {
      if (automaton.feed(text, n)) continue;
      automaton.end();
      this.#open.delete(parser);
    }
  }
}
