/** A CI log drawn from a seed: the shape of a real GitHub Actions job, with one failure near its end that is known. */
import { createHash } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";
import { CHATTER, FAILURE, HEAD, TEARDOWN, type Draw } from "./synthetic-lines.ts";

/** What a log must measure exactly. */
export interface LogShape {
  readonly seed: number;
  readonly bytes: number;
  /** Lines, each ended by LF. */
  readonly lines: number;
  /** Bytes of the one longest line (a minified bundle), without its LF. */
  readonly longestLine: number;
}

/** The full size: the largest upload the product takes, with the line counts of a log met in the wild. */
export const FULL: LogShape = {
  seed: 20_261_120,
  bytes: 52_428_800,
  lines: 606_222,
  longestLine: 329_728,
};
/** The same shape for smoke runs. */
export const SMALL: LogShape = {
  seed: 20_261_120,
  bytes: 1_048_576,
  lines: 12_124,
  longestLine: 32_768,
};

/** The seven patterns a person would try; ripgrep searches for them, and the generator counts them on its own. */
export const PATTERNS = [
  "(?i)error",
  "(?i)fail(ed|ure)",
  "(?i)fatal",
  "Traceback \\(most recent call last\\)",
  "(?i)panic",
  "[A-Z][A-Za-z]+(Error|Exception)",
  "exit code [1-9]",
] as const;

/** What is true of a written log, for the proofs of each side [BH4]. */
export interface LogFacts {
  readonly bytes: number;
  readonly lines: number;
  readonly longestLine: number;
  readonly sha256: string;
  /** Lines that hold at least one of PATTERNS. */
  readonly matchingLines: number;
  /** Names of the tests that fail in it. */
  readonly failedTests: readonly string[];
  /** 1-based first and last line of the failure that explains the job. */
  readonly failure: readonly [number, number];
}

/** Where the longest line stands, as a share of all lines. */
const LONGEST_AT = 0.4;
/** Lines whose length closes the gap to the exact byte count; they stand before the failure. */
const FITTING_LINES = 2_000;
const STAMP_BYTES = "2026-11-20T09:00:00.0000000Z ".length;

/** The lines of a log, without LF. Equal shapes give equal lines. Throws when the shape cannot be met. */
export function* syntheticLines(shape: LogShape): Generator<string> {
  const draw = drawFrom(shape.seed);
  const clock = { us: 0 };
  const stamp = (text: string): string => `${stampOf(clock, draw)} ${text}`;
  const tail = [...FAILURE, ...TEARDOWN];
  let bytes = 0;
  const sent = (line: string): string => {
    bytes += Buffer.byteLength(line) + 1;
    return line;
  };
  for (const line of HEAD) yield sent(stamp(line));
  const tailBytes = tail.reduce((sum, line) => sum + STAMP_BYTES + Buffer.byteLength(line) + 1, 0);
  const body = shape.lines - HEAD.length - tail.length;
  const longestAt = Math.floor(body * LONGEST_AT);
  const average = (shape.bytes - bytes - tailBytes - shape.longestLine - 1) / (body - 1);
  for (let n = 0; n < body; n += 1) {
    const left = body - n;
    const longest = n > longestAt ? 0 : shape.longestLine + 1;
    const open = shape.bytes - bytes - tailBytes - longest;
    const ahead = open - average * (left - (longest > 0 ? 1 : 0));
    if (n === longestAt) yield sent(minified(shape.longestLine, stamp, draw));
    else if (left <= FITTING_LINES) yield sent(fitted(Math.floor(open / left), stamp));
    else yield sent(stamp(chatter(draw, average + ahead - 1 - STAMP_BYTES)));
  }
  for (const line of tail) yield sent(stamp(line));
  if (bytes !== shape.bytes)
    throw new Error(`The log came to ${bytes} bytes; its shape asks for ${shape.bytes}.`);
}

/** Writes the log to a file, in one pass, and returns what is true of it. */
export function writeSyntheticLog(path: string, shape: LogShape): LogFacts {
  const file = openSync(path, "w");
  const hash = createHash("sha256");
  const matcher = new RegExp(PATTERNS.map(jsPattern).join("|"));
  let [bytes, lines, longestLine, matchingLines] = [0, 0, 0, 0];
  let block: string[] = [];
  const flush = (): void => {
    const chunk = Buffer.from(`${block.join("\n")}\n`);
    bytes += writeSync(file, chunk);
    hash.update(chunk);
    block = [];
  };
  for (const line of syntheticLines(shape)) {
    lines += 1;
    longestLine = Math.max(longestLine, Buffer.byteLength(line));
    if (matcher.test(line)) matchingLines += 1;
    block.push(line);
    if (block.length === 4_096) flush();
  }
  if (block.length > 0) flush();
  closeSync(file);
  const first = lines - TEARDOWN.length - FAILURE.length + 1;
  return {
    bytes,
    lines,
    longestLine,
    sha256: hash.digest("hex"),
    matchingLines,
    failedTests: failedTests(),
    failure: [first, first + FAILURE.length - 1],
  };
}

/** ripgrep's inline flag in JavaScript's spelling. */
const jsPattern = (pattern: string): string =>
  pattern.startsWith("(?i)") ? `(?i:${pattern.slice(4)})` : `(?:${pattern})`;

/** The names in pytest's short summary. */
const failedTests = (): string[] =>
  FAILURE.flatMap((line) => /^FAILED \S+::(\S+)/.exec(line)?.[1] ?? []).toSorted();

/** A line of build chatter of about `target` bytes; a few templates are drawn and the nearest is taken. */
function chatter(draw: Draw, target: number): string {
  let best = "";
  for (let tries = 0; tries < 2; tries += 1) {
    const line = CHATTER[draw(CHATTER.length)]?.(draw) ?? "";
    if (best === "" || Math.abs(line.length - target) < Math.abs(best.length - target)) best = line;
  }
  return best;
}

/** A progress line of exactly `bytes` bytes with its LF. */
function fitted(bytes: number, stamp: (text: string) => string): string {
  const line = stamp("  Compressing objects: ");
  const room = bytes - 1 - line.length;
  if (room < 0)
    throw new Error("The log's shape leaves no room: more bytes or fewer lines are needed.");
  return line + "=".repeat(room);
}

function minified(bytes: number, stamp: (text: string) => string, draw: Draw): string {
  const parts = [stamp("!function(e,t){")];
  for (let length = 0; length < bytes;) {
    const part = `var a${draw(99_999)}=function(n,r){return n[${draw(999)}](r,${draw(99_999)})};`;
    parts.push(part);
    length += part.length;
  }
  return parts.join("").slice(0, bytes);
}

/** A stamp as the runner writes it; time passes by up to 6 ms per line. */
function stampOf(clock: { us: number }, draw: Draw): string {
  clock.us += 1 + draw(6_000);
  const seconds = Math.floor(clock.us / 1e6);
  const two = (value: number): string => String(value).padStart(2, "0");
  const time = `${two(9 + Math.floor(seconds / 3_600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return `2026-11-20T${time}.${String((clock.us % 1e6) * 10).padStart(7, "0")}Z`;
}

/** mulberry32: a small generator with a 32-bit state. `draw(n)` is a whole number below n. */
function drawFrom(seed: number): Draw {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}
