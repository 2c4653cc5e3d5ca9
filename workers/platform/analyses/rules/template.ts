/** How often a line of the same shape occurs: templates as 32-bit hashes, counted in bounded memory [AN14]. */

const ROWS = 4;
const COLUMNS = 16_384;
const PRIME = 0x01000193;
const BASIS = 0x811c9dc5;
const COUNT_MAX = 0xffff;
/** Marks that stand for a folded part. */
const NUMBER = 1;
const HEX = 2;
const TEXT = 3;
const HEX_CHARS_MIN = 7;
const QUOTED_CHARS_MAX = 200;

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isHex = (code: number): boolean =>
  isDigit(code) || (code >= 97 && code <= 102) || (code >= 65 && code <= 70);
const isWord = (code: number): boolean =>
  isDigit(code) || (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95;
const isSpace = (code: number): boolean => code === 32 || code === 9;
const isQuote = (code: number): boolean => code === 34 || code === 39 || code === 96;

/**
 * FNV-1a of the line with digit runs, hex of 7 or more, quoted paths and whitespace folded. UUIDs fold as hex and
 * digits. One pass, no allocation.
 */
export function templateOf(text: string): number {
  let hash = BASIS;
  for (let at = 0; at < text.length;) {
    const code = text.charCodeAt(at);
    const end = foldEnd(text, at, code);
    const value = end > at + 1 || isSpace(code) || isDigit(code) ? foldMark(text, at, code) : code;
    hash = Math.imul(hash ^ value, PRIME);
    at = Math.max(end, at + 1);
  }
  return hash >>> 0;
}

/** Where the run that starts here ends; `at + 1` when nothing folds. */
function foldEnd(text: string, at: number, code: number): number {
  if (isSpace(code)) return runEnd(text, at, isSpace);
  if (isQuote(code)) return quotedEnd(text, at, code);
  if (!isHex(code) || (at > 0 && isWord(text.charCodeAt(at - 1))))
    return isDigit(code) ? runEnd(text, at, isDigit) : at + 1;
  const hexEnd = runEnd(text, at, isHex);
  if (hexEnd - at >= HEX_CHARS_MIN) return hexEnd;
  return isDigit(code) ? runEnd(text, at, isDigit) : at + 1;
}

function foldMark(text: string, at: number, code: number): number {
  if (isSpace(code)) return 32;
  if (isQuote(code)) return TEXT;
  return isDigit(text.charCodeAt(at)) ? NUMBER : HEX;
}

function runEnd(text: string, at: number, inside: (code: number) => boolean): number {
  let end = at + 1;
  while (end < text.length && inside(text.charCodeAt(end))) end++;
  return end;
}

/** A quoted part folds when it holds a path separator or a dot: names stay, places go. */
function quotedEnd(text: string, at: number, quote: number): number {
  let path = false;
  const limit = Math.min(text.length, at + QUOTED_CHARS_MAX);
  for (let end = at + 1; end < limit; end++) {
    const code = text.charCodeAt(end);
    if (code === quote) return path ? end + 1 : at + 1;
    if (code === 47 || code === 92 || code === 46) path = true;
  }
  return at + 1;
}

/** Count-min sketch: never under-counts; 128 KiB whatever the log. */
export class TemplateCounts {
  readonly #cells = new Uint16Array(ROWS * COLUMNS);

  /** Counts one more and returns the estimate before. */
  add(hash: number): number {
    let least = COUNT_MAX;
    for (let row = 0; row < ROWS; row++)
      least = Math.min(least, this.#cells[this.#cell(hash, row)] ?? 0);
    if (least === COUNT_MAX) return least;
    // Conservative update: only the smallest cells grow, which halves the error.
    for (let row = 0; row < ROWS; row++) {
      const cell = this.#cell(hash, row);
      if (this.#cells[cell] === least) this.#cells[cell] = least + 1;
    }
    return least;
  }

  estimate(hash: number): number {
    let least = COUNT_MAX;
    for (let row = 0; row < ROWS; row++)
      least = Math.min(least, this.#cells[this.#cell(hash, row)] ?? 0);
    return least;
  }

  #cell(hash: number, row: number): number {
    const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d + row * 0x297a2d38);
    return row * COLUMNS + ((mixed ^ (mixed >>> 13)) & (COLUMNS - 1));
  }
}
