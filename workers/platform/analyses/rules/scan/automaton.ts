/** One table over bytes that finds the fragments of many patterns and the ends of lines in a single pass. */
import type { Fragment } from "./pattern.ts";

/** States beyond this would leave the caches; the built-in patterns need about a third. */
const STATES_MAX = 30_000;
const LF = 10;
const ESC = 27;

/**
 * `next[state + classes[byte]]` is the next state, already multiplied by the row length (the number of classes). States from `special` on
 * need attention: `lineState` is entered by each LF, `escapeState` by each ESC (the caller skips the sequence and goes
 * on with the state before it, so that colours never split a word), the others carry outputs.
 */
export interface Automaton {
  readonly classes: Uint8Array;
  readonly row: number;
  readonly next: Int32Array;
  readonly special: number;
  readonly lineState: number;
  readonly escapeState: number;
  readonly outputs: readonly (readonly number[])[];
}

interface Nfa {
  readonly sets: (Uint8Array | null)[];
  readonly follow: number[][];
  readonly accepts: Map<number, number>;
  readonly starts: number[];
}

/** Builds the automaton; output `k` stands for `fragments[k]`. Cost: states x byte classes, some 10 ms. */
export function automatonOf(fragments: readonly Fragment[]): Automaton {
  const nfa = positions(fragments);
  const { classes, samples } = byteClasses(nfa.sets);
  return determinise(nfa, classes, samples);
}

/** Where a fragment may go on: behind some positions, or still at the very start. */
interface Front {
  readonly ends: readonly number[];
  readonly start: boolean;
}

/** Glushkov positions: every byte set is a state, entered by reading it. */
function positions(fragments: readonly Fragment[]): Nfa {
  const nfa: Nfa = { sets: [], follow: [], accepts: new Map(), starts: [] };
  for (const [output, fragment] of fragments.entries()) {
    const front = link(nfa, fragment, { ends: [], start: true });
    if (front.start) throw new Error(`pattern ${output} matches the empty string`);
    const accept = nfa.sets.push(null) - 1;
    nfa.follow.push([]);
    nfa.accepts.set(accept, output);
    for (const end of front.ends) nfa.follow[end]?.push(accept);
  }
  return nfa;
}

/** Links a fragment behind `from` and returns where the next one goes on. */
function link(nfa: Nfa, fragment: Fragment, from: Front): Front {
  if (fragment.kind === "bytes") {
    const at = nfa.sets.push(fragment.set) - 1;
    nfa.follow.push([]);
    if (from.start) nfa.starts.push(at);
    for (const before of from.ends) nfa.follow[before]?.push(at);
    return { ends: [at], start: false };
  }
  if (fragment.kind === "sequence") return fragment.parts.reduce((front, part) => link(nfa, part, front), from);
  const fronts = fragment.options.map((option) => link(nfa, option, from));
  return { ends: [...new Set(fronts.flatMap((front) => front.ends))], start: fronts.some((front) => front.start) };
}

/** Bytes no set tells apart share a class; LF and ESC stand alone. */
function byteClasses(sets: readonly (Uint8Array | null)[]): { classes: Uint8Array; samples: number[] } {
  const distinct = new Map<string, Uint8Array>();
  for (const set of sets) if (set) distinct.set(set.join(""), set);
  let classes = new Uint8Array(256);
  classes[LF] = 1;
  classes[ESC] = 2;
  for (const set of distinct.values()) {
    const pairs = new Map<number, number>();
    classes = classes.map((old, byte) => {
      const pair = old * 2 + (set[byte] ?? 0);
      return pairs.get(pair) ?? pairs.set(pair, pairs.size).get(pair) ?? 0;
    });
  }
  const samples: number[] = [];
  classes.forEach((klass, byte) => (samples[klass] ??= byte));
  return { classes, samples };
}

/** A state: entered by a byte class, which starts patterns by itself, and `extras`, positions further on. */
interface Built {
  readonly klass: number;
  readonly extras: readonly number[];
  readonly outputs: readonly number[];
}

/** Subset construction. What a byte class starts by itself is worked out once; states only keep what lies beyond. */
function determinise(nfa: Nfa, classes: Uint8Array, samples: readonly number[]): Automaton {
  const states: Built[] = [];
  const known = new Map<string, number>();
  const lineClass = classes[LF] ?? 0;
  const escapeClass = classes[ESC] ?? 0;
  const classesOf = nfa.sets.map((set) => (set ? samples.keys().filter((at) => set[samples[at] ?? 0] === 1).toArray() : []));
  const starts = samples.map((_, klass) => new Set(nfa.starts.filter((at) => classesOf[at]?.includes(klass))));
  const outputsOf = (positions: Iterable<number>): number[] =>
    [...positions].flatMap((at) => nfa.follow[at] ?? []).flatMap((at) => nfa.accepts.get(at) ?? []);
  const startOutputs = starts.map(outputsOf);
  const sameStarts = new Map<string, number>();
  const startIds = starts.map((positions) => {
    const key = [...positions].join();
    return sameStarts.get(key) ?? sameStarts.set(key, sameStarts.size).get(key) ?? 0;
  });
  const intern = (klass: number, entered: readonly number[]): number => {
    const extras = entered.filter((at) => starts[klass]?.has(at) !== true).sort((a, b) => a - b);
    const fixedClass = klass < 0 || klass === lineClass || klass === escapeClass;
    const key = `${fixedClass ? `#${klass}` : startIds[klass]}:${extras.join()}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    if (states.length === STATES_MAX) throw new Error("too many states: a pattern is too wide");
    known.set(key, states.length);
    const outputs = [...new Set([...(startOutputs[klass] ?? []), ...outputsOf(extras)])];
    return states.push({ klass, extras, outputs }) - 1;
  };
  /** Positions entered from `from`, by byte class. LF and ESC classes belong to no set, so nothing lies beyond them. */
  const beyond = (from: Iterable<number>): Map<number, number[]> => {
    const byClass = new Map<number, number[]>();
    for (const at of new Set([...from].flatMap((position) => nfa.follow[position] ?? []))) {
      for (const klass of classesOf[at] ?? []) (byClass.get(klass) ?? byClass.set(klass, []).get(klass))?.push(at);
    }
    return byClass;
  };
  const bases = starts.map(beyond);
  const fixed: Fixed = [intern(-1, []), intern(lineClass, []), intern(escapeClass, [])];
  const rows: Int32Array[] = [];
  const plainRows: (Int32Array | undefined)[] = [];
  for (let at = 0; at < states.length; at++) {
    const { klass = -1, extras = [] } = states[at] ?? {};
    const base = bases[klass] ?? new Map<number, number[]>();
    const plain = (plainRows[klass + 1] ??= Int32Array.from(samples, (_, to) => intern(to, base.get(to) ?? [])));
    const row = plain.slice();
    for (const [to, entered] of beyond(extras)) {
      if (to !== lineClass && to !== escapeClass) row[to] = intern(to, [...new Set([...(base.get(to) ?? []), ...entered])]);
    }
    row[lineClass] = fixed[1];
    row[escapeClass] = fixed[2];
    rows.push(row);
  }
  return laidOut({ states, rows, classes, fixed, row: samples.length });
}

/** The states before anything was read, after LF and after ESC. */
type Fixed = readonly [number, number, number];

interface Table {
  readonly states: readonly Built[];
  readonly rows: readonly Int32Array[];
  readonly classes: Uint8Array;
  readonly fixed: Fixed;
  readonly row: number;
}

/** Plain states first, then those of LF and ESC, then those with outputs: one comparison tells them apart. */
function laidOut({ states, rows, classes, fixed, row }: Table): Automaton {
  const [root, line, escape] = fixed;
  const others = states.keys().filter((at) => !fixed.includes(at)).toArray();
  const plain = others.filter((at) => states[at]?.outputs.length === 0);
  const loud = others.filter((at) => (states[at]?.outputs.length ?? 0) > 0);
  const order = [root, ...plain, line, escape, ...loud];
  const place = new Int32Array(states.length);
  for (const [at, state] of order.entries()) place[state] = at * row;
  const next = new Int32Array(states.length * row);
  for (const [at, targets] of rows.entries()) {
    const base = place[at] ?? 0;
    for (let klass = 0; klass < row; klass++) next[base + klass] = place[targets[klass] ?? 0] ?? 0;
  }
  const lineState = (plain.length + 1) * row;
  const outputs = [line, escape, ...loud].map((at) => states[at]?.outputs ?? []);
  return { classes, row, next, special: lineState, lineState, escapeState: lineState + row, outputs };
}
