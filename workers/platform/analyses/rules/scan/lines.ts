/** Walks the bytes of a log once: finds lines, their numbers and byte offsets, and which of them need a closer look. */
import { INDEX_STRIDE_LINES, type LogSource } from "../../model.ts";
import { RAW_LINE_BYTES_MAX } from "../normalise.ts";
import { type Automaton, ESCAPE, LINE, UNKNOWN } from "./automaton.ts";
import { Hits } from "./hits.ts";
import { hasLabels, leadEnd } from "./lead.ts";
import type { Prefilter } from "./prefilter.ts";

/** Bytes asked for at once; small enough for the second-level cache. */
export const BLOCK_BYTES = 256 * 1024;
/** Looked at to tell whether lines carry labels; no block is smaller. */
const HEAD_BYTES = 512;
const ESC = 27;
const LF = 10;

/** A line as the walk hands it on. `decode` is only valid during the call. */
export interface RawLine {
  /** 1-based. */
  readonly n: number;
  /** Byte offset of its first byte. */
  readonly offset: number;
  readonly hits: Hits;
  /** Its bytes as text: at most RAW_LINE_BYTES_MAX of them. Bad UTF-8 becomes U+FFFD. */
  decode(): string;
}

/** Gets each line that hit the prefilter, and every line while it answers true. */
export type OnLine = (line: RawLine) => boolean;

/** How to walk: bytes asked for at once, and whether every line is handed on from the first. */
export interface How {
  readonly blockBytes?: number;
  readonly every?: boolean;
  /** Each line begins with a job and a step; default: as the source's first line does. */
  readonly labels?: boolean;
}

/** What the walk knows at the end. */
export interface Walked {
  readonly lines: number;
  /** Byte offset of lines 1, 1001, 2001, ... */
  readonly lineIndex: readonly number[];
  /** Each line begins with a job and a step. */
  readonly labels: boolean;
}

/**
 * Reads the whole source once, in order. Memory: two blocks, whatever the log. The result does not depend on the
 * block size: a line is judged by its first RAW_LINE_BYTES_MAX bytes wherever blocks end [AN22].
 */
export async function walkLines(
  source: LogSource,
  prefilter: Prefilter,
  onLine: OnLine,
  how: How = {},
): Promise<Walked> {
  const blockBytes = Math.max(HEAD_BYTES, how.blockBytes ?? BLOCK_BYTES);
  let bytes = await source.read(0, Math.min(blockBytes, source.size));
  const head = new TextDecoder().decode(bytes.subarray(0, HEAD_BYTES));
  const labels = how.labels ?? hasLabels(head);
  const walk = new Walk(prefilter, onLine, { blockBytes, every: how.every ?? false, labels });
  for (let offset = 0; bytes.length > 0;) {
    walk.take(bytes);
    offset += bytes.length;
    if (offset >= source.size) break;
    bytes = await source.read(offset, Math.min(blockBytes, source.size - offset));
  }
  return { ...walk.finish(), labels };
}

class Walk implements RawLine {
  readonly hits: Hits;
  readonly #automaton: Automaton;
  readonly #onLine: OnLine;
  readonly #buffer: Uint8Array;
  readonly #decoder = new TextDecoder("utf-8");
  readonly #lineIndex = [0];
  /** Log offset of `#buffer[0]`, were the buffer contiguous up to the current line. */
  #base = 0;
  #held = 0;
  /** The current line is longer than is looked at: its bytes are dropped up to the next LF. */
  #skipping = false;
  readonly #labels: boolean;
  #every: boolean;
  #lines = 0;
  #from = 0;
  #to = 0;

  constructor(prefilter: Prefilter, onLine: OnLine, how: Required<How>) {
    const { blockBytes } = how;
    this.#every = how.every;
    this.#labels = how.labels;
    this.#automaton = prefilter.automaton;
    this.hits = new Hits(prefilter);
    this.#onLine = onLine;
    this.#buffer = new Uint8Array(blockBytes + RAW_LINE_BYTES_MAX);
  }

  get n(): number {
    return this.#lines + 1;
  }

  get offset(): number {
    return this.#base + this.#from;
  }

  decode(): string {
    return this.#decoder.decode(this.#buffer.subarray(this.#from, this.#to));
  }

  take(bytes: Uint8Array): void {
    let at = 0;
    if (this.#skipping) {
      const end = bytes.indexOf(LF);
      this.#base += end < 0 ? bytes.length : end + 1;
      if (end < 0) return;
      this.#skipping = false;
      this.#lines++;
      this.#mark(this.#base);
      at = end + 1;
    }
    this.#buffer.set(at === 0 ? bytes : bytes.subarray(at), this.#held);
    const length = this.#held + bytes.length - at;
    this.#scan(length);
  }

  finish(): Omit<Walked, "labels"> {
    if (this.#held > 0 && !this.#skipping) {
      this.#buffer[this.#held] = LF;
      this.#scan(this.#held + 1);
    } else if (this.#skipping) this.#lines++;
    // An index entry belongs to a line that exists.
    const known = Math.max(1, Math.ceil(this.#lines / INDEX_STRIDE_LINES));
    return { lines: this.#lines, lineIndex: this.#lineIndex.slice(0, known) };
  }

  /** Scans the complete lines in the buffer and keeps the rest for the next block. */
  #scan(length: number): void {
    const consumed = this.#complete(length);
    const rest = length - consumed;
    this.#base += consumed;
    if (rest < RAW_LINE_BYTES_MAX) {
      this.#buffer.copyWithin(0, consumed, length);
      this.#held = rest;
      return;
    }
    this.#long(consumed, rest);
  }

  /** A line without end so far, as long as is ever looked at: judged now, its remainder is skipped. */
  #long(from: number, rest: number): void {
    const base = this.#base;
    this.#buffer.copyWithin(0, from, from + RAW_LINE_BYTES_MAX);
    this.#buffer[RAW_LINE_BYTES_MAX] = LF;
    this.#complete(RAW_LINE_BYTES_MAX + 1, true);
    this.#base = base + rest;
    this.#held = 0;
    this.#skipping = true;
  }

  /** The inner loop. Returns how many bytes the complete lines take. */
  #complete(length: number, long = false): number {
    const automaton = this.#automaton;
    const { classes, lineState } = automaton;
    const buffer = this.#buffer;
    const labels = this.#labels;
    this.hits.clear();
    let next = automaton.next;
    let state: number = lineState;
    let from = 0;
    let at = leadEnd(buffer, 0, labels);
    while (at < length) {
      const klass = classes[buffer[at++] as number] as number;
      let target = next[state + klass] as number;
      if (target >= 0) {
        state = target;
        continue;
      }
      if (target === UNKNOWN) {
        target = automaton.resolve(state, klass);
        next = automaton.next;
      }
      if (target >= 0) {
        state = target;
      } else if (target === ESCAPE) {
        at = pastEscape(buffer, at, length);
      } else if (target !== LINE) {
        state = this.#hit(target, at - from);
      } else {
        this.#line(from, at - 1);
        if (long) return 0;
        this.#lines++;
        if (this.#lines % INDEX_STRIDE_LINES === 0) this.#mark(this.#base + at);
        from = at;
        at = leadEnd(buffer, at, labels);
        state = lineState;
      }
    }
    return from;
  }

  /** Notes the outputs of a state and returns where it goes on. What ends behind the part looked at does not count. */
  #hit(transition: number, length: number): number {
    const { state, outputs } = this.#automaton.loud(transition);
    if (length <= RAW_LINE_BYTES_MAX) this.hits.add(outputs);
    return state;
  }

  #line(from: number, end: number): void {
    if (!this.#every && !this.hits.some) return;
    this.#from = from;
    this.#to = Math.min(end, from + RAW_LINE_BYTES_MAX);
    this.#every = this.#onLine(this);
    this.hits.clear();
  }

  #mark(offset: number): void {
    if (this.#lines % INDEX_STRIDE_LINES === 0) this.#lineIndex.push(offset);
  }
}

const [OPEN_BRACKET, CLOSE_BRACKET, UNDERSCORE, BELL] = [91, 93, 95, 7];

/** Where the text goes on after an escape sequence; `at` is behind the ESC. Stops at LF, which always ends a line. */
function pastEscape(buffer: Uint8Array, at: number, length: number): number {
  const kind = buffer[at] ?? LF;
  if (kind === LF || kind === ESC) return at;
  if (kind === OPEN_BRACKET) return pastControl(buffer, at + 1, length);
  if (kind === CLOSE_BRACKET || kind === UNDERSCORE) return pastString(buffer, at + 1, length);
  return at + 1;
}

/** A control sequence ends with a letter or the like. */
function pastControl(buffer: Uint8Array, at: number, length: number): number {
  let end = at;
  for (; end < length; end++) {
    const byte = buffer[end] ?? LF;
    if (byte === LF) return end;
    if (byte >= 64 && byte <= 126) return end + 1;
  }
  return end;
}

/** A string (title, link, time) ends with BEL or ESC and one more byte. */
function pastString(buffer: Uint8Array, at: number, length: number): number {
  let end = at;
  for (; end < length; end++) {
    const byte = buffer[end] ?? LF;
    if (byte === LF) return end;
    if (byte === BELL) return end + 1;
    if (byte === ESC) return Math.min(length, end + 2);
  }
  return end;
}
