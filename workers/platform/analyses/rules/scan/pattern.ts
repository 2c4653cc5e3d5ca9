/** Reads a subset of regular expression syntax and keeps its most selective fixed part, as sets of bytes. */

/** A piece of a pattern: one byte out of a set, any number of them, a sequence, or a choice. */
export type Fragment =
  | { readonly kind: "bytes"; readonly set: Uint8Array }
  | { readonly kind: "run"; readonly set: Uint8Array }
  | { readonly kind: "sequence"; readonly parts: readonly Fragment[] }
  | { readonly kind: "choice"; readonly options: readonly Fragment[] };

type Node = Fragment | { readonly kind: "loop"; readonly body: Fragment; readonly min: number };

/** What may stand before `^`: a break, the carriage return of a line that is redrawn, `##[error]`. The walk skips leads. */
const LINE_START = "\n\r]";
const REPEAT_MAX = 12;
/**
 * Runs of digits or blanks stay, and word characters after a dot (file extensions). Runs of wider sets are cut out:
 * each would double the states of all other patterns.
 */
const RUN_BYTES_MAX = 10;
const encoder = new TextEncoder();

const setOf = (chars: Iterable<number>): Uint8Array => {
  const set = new Uint8Array(256);
  for (const byte of chars) set[byte] = 1;
  return set;
};
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, at) => from + at);
const DIGIT = setOf(range(48, 57));
const WORD = setOf([...range(48, 57), ...range(65, 90), 95, ...range(97, 122)]);
const SPACE = setOf([9, 13, 32]);
const ANY = setOf(range(0, 255).filter((byte) => byte !== 10));
const LINE_BEGIN: Fragment = { kind: "bytes", set: setOf(encoder.encode(LINE_START)) };
const EMPTY: Fragment = { kind: "sequence", parts: [] };

const negated = (set: Uint8Array): Uint8Array =>
  set.map((has, byte) => (byte === 10 ? 0 : 1 - has));
const CLASSES: Readonly<Record<string, Uint8Array>> = {
  d: DIGIT,
  D: negated(DIGIT),
  w: WORD,
  W: negated(WORD),
  s: SPACE,
  S: negated(SPACE),
};
const CONTROLS: Readonly<Record<string, number>> = { t: 9, r: 13, f: 12, v: 11, n: 10 };

/**
 * The part of `source` every match must contain, cut at wide loops, so that an automaton over many patterns
 * stays small. It may match more than `source` does (anchors, `\b` and look-arounds are dropped), never less.
 *
 * @param source  literals, classes, groups, alternation and quantifiers; back-references are refused with an Error
 */
export function fragmentOf(source: string, ignoreCase: boolean): Fragment {
  const reader = new Reader(source, ignoreCase);
  return reader.whole();
}

/** The fewest bytes a match of the fragment has. */
export function shortest(fragment: Fragment): number {
  if (fragment.kind === "bytes") return 1;
  if (fragment.kind === "run") return 0;
  const lengths = (fragment.kind === "sequence" ? fragment.parts : fragment.options).map(shortest);
  return fragment.kind === "sequence"
    ? lengths.reduce((sum, n) => sum + n, 0)
    : Math.min(...lengths);
}

/** How rare a match is: narrow sets count much, wide ones little. */
function selectivity(fragment: Fragment): number {
  if (fragment.kind === "run") return 0;
  if (fragment.kind === "bytes") {
    const width = widthOf(fragment.set);
    return Math.max(0, 8 - Math.log2(Math.max(1, width)));
  }
  const values = (fragment.kind === "sequence" ? fragment.parts : fragment.options).map(
    selectivity,
  );
  return fragment.kind === "sequence" ? values.reduce((sum, n) => sum + n, 0) : Math.min(...values);
}

const isDot = (part: Fragment): boolean =>
  part.kind === "bytes" && part.set[46] === 1 && widthOf(part.set) === 1;
const isWordish = (part: Fragment): boolean =>
  part.kind === "bytes" && part.set.every((has, byte) => has <= (WORD[byte] ?? 0));

/** A loop of word characters right behind a dot, with at most two of them spelled out between. */
const isExtension = (body: Fragment, before: readonly Fragment[]): boolean => {
  const dot = before.findLastIndex(isDot);
  return (
    dot >= 0 &&
    before.length - dot <= 3 &&
    isWordish(body) &&
    before.slice(dot + 1).every(isWordish)
  );
};

/** All extensions become the same run, so that the automaton follows them in lockstep. */
function asExtension(piece: Fragment[]): void {
  piece.splice(piece.findLastIndex(isDot) + 1, Infinity, { kind: "run", set: WORD });
}

/** Sets are shared between patterns, so their widths are counted once. */
const widths = new WeakMap<Uint8Array, number>();
function widthOf(set: Uint8Array): number {
  const known = widths.get(set);
  if (known !== undefined) return known;
  let width = 0;
  for (const has of set) width += has;
  widths.set(set, width);
  return width;
}

/** A run at either end asks for nothing. */
function withoutOuterRuns(fragment: Fragment): Fragment {
  if (fragment.kind === "choice")
    return { kind: "choice", options: fragment.options.map(withoutOuterRuns) };
  if (fragment.kind !== "sequence") return fragment;
  const from = fragment.parts.findIndex((part) => part.kind !== "run");
  const to = fragment.parts.findLastIndex((part) => part.kind !== "run");
  return { kind: "sequence", parts: from < 0 ? [] : fragment.parts.slice(from, to + 1) };
}

/** One fragment per byte: equal sets are the same object. */
const literals = new Map<number, Fragment>();
function literal(byte: number, bothCases: boolean): Fragment {
  const key = bothCases ? (byte | 32) + 256 : byte;
  const known = literals.get(key);
  if (known) return known;
  const made: Fragment = {
    kind: "bytes",
    set: setOf(bothCases ? [byte | 32, byte & ~32] : [byte]),
  };
  literals.set(key, made);
  return made;
}

/** Reads a source once, left to right. A fragment in `#cut` stands inside its match: nothing is known to touch it. */
class Reader {
  readonly #cut = new Set<Fragment>();
  readonly #source: readonly string[];
  readonly #ignoreCase: boolean;
  #at = 0;

  constructor(source: string, ignoreCase: boolean) {
    this.#source = [...source];
    this.#ignoreCase = ignoreCase;
  }

  whole(): Fragment {
    const fragment = this.#choice();
    if (this.#at < this.#source.length)
      throw new Error(`pattern ${this.#source.join("")}: unbalanced )`);
    return withoutOuterRuns(fragment);
  }

  #choice(): Fragment {
    const options = [this.#sequence()];
    while (this.#take("|")) options.push(this.#sequence());
    const [only] = options;
    if (options.length === 1 && only) return only;
    return this.#marked(
      { kind: "choice", options },
      options.some((option) => this.#cut.has(option)),
    );
  }

  /** One branch: wide loops split it; the most selective piece between them stays. */
  #sequence(): Fragment {
    const pieces: Fragment[][] = [[]];
    for (let node = this.#quantified(); node; node = this.#quantified()) this.#append(pieces, node);
    const fragments = pieces.map((parts): Fragment => ({ kind: "sequence", parts }));
    const best = fragments.reduce((most, next) =>
      selectivity(next) > selectivity(most) ? next : most,
    );
    return this.#marked(best, pieces.length > 1);
  }

  #append(pieces: Fragment[][], node: Node): void {
    const piece = pieces.at(-1) ?? [];
    if (node.kind !== "loop") {
      if (this.#cut.has(node)) pieces.push([node], []);
      else piece.push(node);
      return;
    }
    const { body, min } = node;
    if (this.#cut.has(body)) {
      pieces.push(min > 0 ? [body] : [], []);
      return;
    }
    for (let n = 0; n < min; n++) piece.push(body);
    if (body.kind === "bytes" && widthOf(body.set) <= RUN_BYTES_MAX)
      piece.push({ kind: "run", set: body.set });
    else if (isExtension(body, piece)) asExtension(piece);
    else pieces.push(min > 0 ? [body] : []);
  }

  #marked(fragment: Fragment, cut: boolean): Fragment {
    if (cut) this.#cut.add(fragment);
    return fragment;
  }

  #quantified(): Node | null {
    const atom = this.#atom();
    if (!atom) return null;
    const [min, max] = this.#bounds();
    if (min === 1 && max === 1) return atom;
    const varies = max > REPEAT_MAX || (max > 1 && min < max);
    if (varies || this.#cut.has(atom))
      return { kind: "loop", body: atom, min: Math.min(min, REPEAT_MAX) };
    const options: Fragment[] = [];
    for (let n = min; n <= max; n++)
      options.push({ kind: "sequence", parts: Array<Fragment>(n).fill(atom) });
    return { kind: "choice", options };
  }

  #bounds(): [number, number] {
    let bounds: [number, number] = [1, 1];
    if (this.#take("*")) bounds = [0, Infinity];
    else if (this.#take("+")) bounds = [1, Infinity];
    else if (this.#take("?")) bounds = [0, 1];
    else {
      const braces = /^\{(\d+)(,?)(\d*)\}/.exec(
        this.#source.slice(this.#at, this.#at + 12).join(""),
      );
      if (!braces) return bounds;
      this.#at += braces[0].length;
      const min = Number(braces[1]);
      bounds = [min, braces[2] ? (braces[3] ? Number(braces[3]) : Infinity) : min];
    }
    this.#take("?");
    return bounds;
  }

  #atom(): Fragment | null {
    const char = this.#source[this.#at];
    if (char === undefined || char === "|" || char === ")") return null;
    this.#at++;
    if (char === "(") return this.#group();
    if (char === "[") return this.#charClass();
    if (char === ".") return { kind: "bytes", set: ANY };
    if (char === "^") return LINE_BEGIN;
    if (char === "$") return EMPTY;
    if (char === "\\") return this.#escaped();
    return this.#literal(char);
  }

  #group(): Fragment {
    let ignored = false;
    if (this.#take("?")) {
      const head = /^(?::|[=!]|<[=!]|<\w+>)/.exec(
        this.#source.slice(this.#at, this.#at + 40).join(""),
      )?.[0];
      if (head === undefined) throw new Error("pattern: unknown group");
      this.#at += head.length;
      ignored = /[=!]$/.test(head);
    }
    const inner = this.#choice();
    if (!this.#take(")")) throw new Error(`pattern ${this.#source.join("")}: missing )`);
    return ignored ? EMPTY : inner;
  }

  #escaped(): Fragment {
    const char = this.#source[this.#at++] ?? "";
    if (char === "b" || char === "B") return EMPTY;
    if (/[1-9k]/.test(char)) throw new Error("pattern: back-references are not linear");
    const set = CLASSES[char];
    if (set) return { kind: "bytes", set };
    return this.#literal(this.#unescape(char));
  }

  #unescape(char: string): string {
    const control = CONTROLS[char];
    if (control !== undefined) return String.fromCharCode(control);
    const digits = char === "x" ? 2 : char === "u" ? 4 : 0;
    if (digits === 0) return char;
    const hex = this.#source.slice(this.#at, this.#at + digits).join("");
    this.#at += digits;
    return String.fromCharCode(parseInt(hex, 16));
  }

  #literal(char: string): Fragment {
    const code = char.codePointAt(0) ?? 0;
    if (code < 128) return literal(code, this.#ignoreCase && /[a-z]/i.test(char));
    return {
      kind: "sequence",
      parts: [...encoder.encode(char)].map((byte) => literal(byte, false)),
    };
  }

  /** A class with characters beyond ASCII also takes any single high byte: more than asked, never less. */
  #charClass(): Fragment {
    const inverse = this.#take("^");
    const set = new Uint8Array(256);
    const wide: Fragment[] = [];
    let previous = -1;
    for (let first = true; first || this.#source[this.#at] !== "]"; first = false) {
      const char = this.#source[this.#at++];
      if (char === undefined) throw new Error("pattern: missing ]");
      previous = this.#member(char, set, wide, previous);
    }
    this.#at++;
    const bytes: Fragment = { kind: "bytes", set: inverse ? negated(set) : set };
    return wide.length === 0 || inverse ? bytes : { kind: "choice", options: [bytes, ...wide] };
  }

  #member(char: string, set: Uint8Array, wide: Fragment[], previous: number): number {
    if (char === "-" && previous >= 0 && this.#source[this.#at] !== "]") {
      const to = (this.#source[this.#at++] ?? "").charCodeAt(0);
      for (const byte of range(previous, Math.min(to, 255))) this.#add(set, byte);
      return -1;
    }
    const literal = char === "\\" ? this.#escapedMember(set) : char;
    const code = literal?.codePointAt(0);
    if (literal === null || code === undefined) return -1;
    if (code < 128) this.#add(set, code);
    else wide.push(this.#literal(literal));
    return code < 128 ? code : -1;
  }

  /** Adds a class like `\d` and answers null, or gives the one character that is meant. */
  #escapedMember(set: Uint8Array): string | null {
    const escape = this.#source[this.#at++] ?? "";
    const known = CLASSES[escape];
    known?.forEach((has, byte) => has && this.#add(set, byte));
    if (known) return null;
    return escape === "b" ? "\b" : this.#unescape(escape);
  }

  #add(set: Uint8Array, byte: number): void {
    set[byte] = 1;
    if (!this.#ignoreCase || !/[a-z]/i.test(String.fromCharCode(byte))) return;
    set[byte ^ 32] = 1;
  }

  #take(char: string): boolean {
    if (this.#source[this.#at] !== char) return false;
    this.#at++;
    return true;
  }
}
