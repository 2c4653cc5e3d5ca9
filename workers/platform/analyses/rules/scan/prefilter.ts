/** The one prefilter [AN12]: which families, markers and parsers a line may concern, found over raw bytes. */
import type { Parser } from "../parsers/contract.ts";
import type { Family } from "../families/family.ts";
import type { Marker } from "../sections.ts";
import { Automaton } from "./automaton.ts";
import { type Fragment, fragmentOf, shortest } from "./pattern.ts";

/** Who asked for a fragment: indices into the three lists the prefilter was made of. */
export interface Asked {
  readonly families: readonly number[];
  readonly markers: readonly number[];
  readonly parsers: readonly number[];
}

/** The automaton and what each of its outputs stands for. */
export interface Prefilter {
  readonly automaton: Automaton;
  readonly asked: readonly Asked[];
  readonly families: readonly Family[];
  readonly markers: readonly Marker[];
  readonly parsers: readonly Parser[];
}

interface Entry {
  readonly source: string;
  readonly families: number[];
  readonly markers: number[];
  readonly parsers: number[];
}

/**
 * Joins the fragments of all families, markers and parsers. A hit may be none of theirs (fragments match more than
 * their patterns); a line without a hit is surely none of theirs. Cost: some 20 ms, so make it once.
 */
export function prefilterOf(
  families: readonly Family[],
  markers: readonly Marker[],
  parsers: readonly Parser[],
): Prefilter {
  const entries = new Map<string, Entry>();
  const entry = (source: string): Entry => {
    const known = entries.get(source) ?? { source, families: [], markers: [], parsers: [] };
    entries.set(source, known);
    return known;
  };
  for (const [at, family] of families.entries())
    for (const word of family.words) entry(word).families.push(at);
  for (const [at, marker] of markers.entries())
    for (const word of marker.words) entry(word).markers.push(at);
  for (const [at, parser] of parsers.entries())
    for (const source of parser.prefilter) entry(source).parsers.push(at);
  const asked = [...entries.values()];
  const automaton = new Automaton(asked.map(({ source }) => selective(source)));
  return { automaton, asked, families, markers, parsers };
}

/** Fragments below this would hit nearly every line; beyond the other, more bytes only cost states. */
const FRAGMENT_BYTES_MIN = 2;
const FRAGMENT_BYTES_MAX = 14;

/** Case is ignored for all: the automaton halves, and who asked looks again anyway. */
function selective(source: string): Fragment {
  const fragment = fragmentOf(source, true);
  if (shortest(fragment) < FRAGMENT_BYTES_MIN)
    throw new Error(`prefilter ${source}: too little of it is fixed`);
  return shortened(fragment);
}

function shortened(fragment: Fragment): Fragment {
  if (fragment.kind === "bytes" || fragment.kind === "run") return fragment;
  if (fragment.kind === "choice")
    return { kind: "choice", options: fragment.options.map(shortened) };
  const parts: Fragment[] = [];
  let bytes = 0;
  for (const part of fragment.parts) {
    if (bytes >= FRAGMENT_BYTES_MAX) break;
    parts.push(shortened(part));
    bytes += shortest(part);
  }
  while (parts.at(-1)?.kind === "run") parts.pop();
  return { kind: "sequence", parts };
}
