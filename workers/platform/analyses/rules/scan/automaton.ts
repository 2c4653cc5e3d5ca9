/** One automaton over bytes that finds the fragments of many patterns and the ends of lines in a single pass. */
import type { Fragment } from "./pattern.ts";

/** States kept; beyond, the table is dropped and grows again. A log visits some hundreds. */
const STATES_MAX = 16_000;
const STATES_FIRST = 1_024;
const LF = 10;
const ESC = 27;

/** Negative transitions. From LOUD down, `LOUD - transition` is an index of a state with outputs. */
export const UNKNOWN = -1;
export const LINE = -2;
export const ESCAPE = -3;
export const LOUD = -4;

/** Glushkov positions of all patterns: which bytes enter each, and what may follow. */
interface Nfa {
  readonly sets: (Uint8Array | null)[];
  readonly follow: number[][];
  readonly accepts: Map<number, number>;
  readonly starts: number[];
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
  if (fragment.kind === "run") {
    const { ends } = link(nfa, { kind: "bytes", set: fragment.set }, from);
    for (const end of ends) nfa.follow[end]?.push(end);
    return { ends: [...from.ends, ...ends], start: from.start };
  }
  if (fragment.kind === "sequence")
    return fragment.parts.reduce((front, part) => link(nfa, part, front), from);
  const fronts = fragment.options.map((option) => link(nfa, option, from));
  return {
    ends: [...new Set(fronts.flatMap((front) => front.ends))],
    start: fronts.some((front) => front.start),
  };
}

/** Bytes no set tells apart share a class; LF and ESC stand alone. */
function byteClasses(sets: readonly (Uint8Array | null)[]): {
  classes: Uint8Array;
  samples: number[];
} {
  const distinct = new Map<string, Uint8Array>();
  for (const set of new Set(sets)) if (set) distinct.set(set.join(""), set);
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
interface State {
  readonly klass: number;
  readonly extras: readonly number[];
}

/** A state with outputs: where it goes on, and the patterns that ended in it. */
export interface Loud {
  readonly state: number;
  readonly outputs: readonly number[];
}

/**
 * `next[state + classes[byte]]` is the next state (a multiple of `row`), or negative: LINE after LF, ESCAPE at ESC
 * (the caller skips the sequence and goes on with the state before, so that colours never split a word), LOUD and
 * below where patterns end, UNKNOWN where `resolve` has to be asked. States are made when first visited, so making
 * the automaton costs milliseconds however many there might be. `next` may be another array after `resolve`.
 */
export class Automaton {
  readonly classes: Uint8Array;
  readonly row: number;
  next: Int32Array;
  /** The state at the start of a line. */
  readonly lineState = 0;
  readonly #nfa: Nfa;
  readonly #classesOf: readonly (readonly number[])[];
  readonly #starts: readonly ReadonlySet<number>[];
  readonly #bases: readonly ReadonlyMap<number, readonly number[]>[];
  readonly #lineClass: number;
  #states: State[] = [];
  #known = new Map<string, number>();
  #louds: Loud[] = [];

  /** Output `k` stands for `fragments[k]`. */
  constructor(fragments: readonly Fragment[]) {
    this.#nfa = positions(fragments);
    const { classes, samples } = byteClasses(this.#nfa.sets);
    this.classes = classes;
    this.row = samples.length;
    this.next = new Int32Array(STATES_FIRST * this.row);
    this.#lineClass = classes[LF] ?? 0;
    const inSet = new Map<Uint8Array | null, number[]>([[null, []]]);
    for (const set of new Set(this.#nfa.sets))
      if (set)
        inSet.set(
          set,
          samples.flatMap((byte, klass) => (set[byte] === 1 ? [klass] : [])),
        );
    this.#classesOf = this.#nfa.sets.map((set) => inSet.get(set) ?? []);
    const starts = samples.map(() => new Set<number>());
    for (const at of this.#nfa.starts)
      for (const klass of this.#classesOf[at] ?? []) starts[klass]?.add(at);
    this.#starts = starts;
    this.#bases = starts.map((from) => this.#beyond(from));
    this.#reset();
  }

  /** The transition of a state by a byte class, made and stored. */
  resolve(state: number, klass: number): number {
    const from = this.#states[state / this.row];
    if (!from) throw new Error("an automaton was asked for a state it dropped");
    const entered = [
      ...(this.#bases[from.klass]?.get(klass) ?? []),
      ...this.#step(from.extras, klass),
    ];
    if (this.#states.length >= STATES_MAX) {
      this.#reset();
      return this.#transition(klass, entered);
    }
    const transition = this.#transition(klass, entered);
    this.next[state + klass] = transition;
    return transition;
  }

  /** What a transition of LOUD or below stands for. */
  loud(transition: number): Loud {
    const loud = this.#louds[LOUD - transition];
    if (!loud) throw new Error("an automaton was asked for an output it does not have");
    return loud;
  }

  #reset(): void {
    this.#states = [];
    this.#known = new Map();
    this.#louds = [];
    this.#transition(this.#lineClass, []);
  }

  #transition(klass: number, entered: readonly number[]): number {
    const extras = [...new Set(entered)]
      .filter((at) => this.#starts[klass]?.has(at) !== true)
      .sort((a, b) => a - b);
    const key = `${klass}:${extras.join()}`;
    const found = this.#known.get(key);
    if (found !== undefined) return found;
    const state = this.#added({ klass, extras });
    const follow = [...(this.#starts[klass] ?? []), ...extras].flatMap(
      (at) => this.#nfa.follow[at] ?? [],
    );
    const outputs = [...new Set(follow.flatMap((at) => this.#nfa.accepts.get(at) ?? []))];
    const transition =
      outputs.length === 0 ? state : LOUD - (this.#louds.push({ state, outputs }) - 1);
    this.#known.set(key, transition);
    return transition;
  }

  #added(state: State): number {
    const offset = (this.#states.push(state) - 1) * this.row;
    if (offset + this.row > this.next.length) {
      const wider = new Int32Array(this.next.length * 2);
      wider.set(this.next);
      this.next = wider;
    }
    this.next.fill(UNKNOWN, offset, offset + this.row);
    this.next[offset + this.#lineClass] = LINE;
    this.next[offset + (this.classes[ESC] ?? 0)] = ESCAPE;
    return offset;
  }

  #step(from: readonly number[], klass: number): number[] {
    return from.flatMap((position) =>
      (this.#nfa.follow[position] ?? []).filter((at) => this.#classesOf[at]?.includes(klass)),
    );
  }

  /** Positions entered from `from`, by byte class. */
  #beyond(from: Iterable<number>): Map<number, number[]> {
    const byClass = new Map<number, number[]>();
    for (const at of new Set([...from].flatMap((position) => this.#nfa.follow[position] ?? []))) {
      for (const klass of this.#classesOf[at] ?? [])
        (byClass.get(klass) ?? byClass.set(klass, []).get(klass))?.push(at);
    }
    return byClass;
  }
}
