/** Pages through a stored log and searches it. What is shown is redacted; the stored bytes are not [RD2]. */
import { logSource, ObjectGone } from "../../adapters/artifacts.ts";
import { done, refuse, type Result } from "../../model.ts";
import {
  INDEX_STRIDE_LINES,
  LOG_HITS_MAX,
  type LogHits,
  type LogPage,
  type LogSource,
  type ShownLine,
} from "../model.ts";
import { normalise } from "../rules/normalise.ts";
import { Redactor } from "../rules/redact.ts";
import type { LogRow } from "../store/rows.ts";

/** The first read is small, for a page; each next one is twice as long, for a search: a Worker may ask R2 1,000 times. */
const BLOCK_BYTES = 65_536;
const BLOCK_BYTES_MAX = 4 * 1_048_576;
/** A line is decoded up to here; UTF-8 needs at most four bytes a character, and lines are cut at 4,096. */
const LINE_BYTES_MAX = 16_384;
/** One search answer reads at most this much of the log: all of one upload, in about a second. */
const SEARCH_BYTES_MAX = 64 * 1_048_576;
const PEM_LINES_MAX = 200;

interface RawLine {
  readonly n: number;
  readonly text: string;
  readonly cut: boolean;
  /** Offset of the byte behind its line feed. */
  readonly end: number;
}

/** A log that can be paged: it was analysed, and its bytes are still there. */
interface ReadableLog {
  readonly source: LogSource & { close(): Promise<void> };
  readonly totalLines: number;
  readonly lineIndex: readonly number[];
}

function openLog(env: Env, row: LogRow): Result<ReadableLog> {
  if (row.logKey === null) return refuse("log_expired");
  if (row.totalLines === null || row.lineIndex === null) return refuse("analysis_running");
  return done({
    source: logSource(env.LOGS, row.logKey, row.bytes),
    totalLines: row.totalLines,
    lineIndex: row.lineIndex,
  });
}

/** At most `count` lines from line `from` (1-based). Refusals: `log_expired`, `analysis_running`. */
export async function pageOfLog(
  env: Env,
  row: LogRow,
  from: number,
  count: number,
): Promise<Result<LogPage>> {
  const log = openLog(env, row);
  if (!log.ok) return log;
  const lines: ShownLine[] = [];
  const redactor = new Redactor();
  return reading(log.value, async () => {
    for await (const line of linesFrom(log.value, from)) {
      if (line.n >= from + count) break;
      // Lines before the page are redacted too: a key block may have begun there.
      const shown = shownLine(line, redactor);
      if (line.n >= from) lines.push(shown);
    }
    return { from_line: from, total_lines: log.value.totalLines, lines };
  });
}

/**
 * Numbers of the lines from `from` on that contain `query`, whatever the case. A secret is not found: the redacted
 * line is searched. Refusals: `log_expired`, `analysis_running`.
 */
export async function searchLog(
  env: Env,
  row: LogRow,
  query: string,
  from: number,
): Promise<Result<LogHits>> {
  const log = openLog(env, row);
  if (!log.ok) return log;
  const needle = query.toLowerCase();
  const hits: number[] = [];
  const redactor = new Redactor();
  let pemUntil = 0;
  let began: number | undefined;
  return reading(log.value, async () => {
    for await (const line of linesFrom(log.value, from)) {
      began ??= line.end;
      if (line.end - began > SEARCH_BYTES_MAX) return { lines: hits, next_from_line: line.n };
      if (line.text.includes("-----BEGIN")) pemUntil = line.n + PEM_LINES_MAX;
      const found = line.text.toLowerCase().includes(needle);
      if (!found && line.n > pemUntil) continue;
      const shown = shownLine(line, redactor);
      if (line.n < from || !shown.text.toLowerCase().includes(needle)) continue;
      hits.push(line.n);
      if (hits.length === LOG_HITS_MAX)
        return { lines: hits, next_from_line: line.n < log.value.totalLines ? line.n + 1 : null };
    }
    return { lines: hits, next_from_line: null };
  });
}

async function reading<T>(log: ReadableLog, read: () => Promise<T>): Promise<Result<T>> {
  try {
    return done(await read());
  } catch (error) {
    if (error instanceof ObjectGone) return refuse("log_expired");
    throw error;
  } finally {
    await log.source.close();
  }
}

function shownLine(line: RawLine, redactor: Redactor): ShownLine {
  const normal = normalise(line.text);
  const text = redactor.line(normal.text, line.n);
  return line.cut || normal.cut ? { n: line.n, text, cut: true } : { n: line.n, text };
}

/** Lines from the last indexed one at or before `from`. Long lines are cut, not collected. */
async function* linesFrom(log: ReadableLog, from: number): AsyncGenerator<RawLine> {
  const stride = Math.min(Math.floor((from - 1) / INDEX_STRIDE_LINES), log.lineIndex.length - 1);
  let n = stride * INDEX_STRIDE_LINES + 1;
  let offset = log.lineIndex[stride] ?? 0;
  let length = BLOCK_BYTES;
  const line = new LineBuffer();
  while (offset < log.source.size) {
    const block = await log.source.read(offset, length);
    length = Math.min(2 * length, BLOCK_BYTES_MAX);
    let at = 0;
    while (at < block.length) {
      const feed = block.indexOf(10, at);
      line.add(block.subarray(at, feed < 0 ? block.length : feed));
      if (feed < 0) break;
      at = feed + 1;
      yield { n, ...line.take(), end: offset + at };
      n += 1;
    }
    offset += block.length;
  }
  if (!line.empty) yield { n, ...line.take(), end: offset };
}

class LineBuffer {
  readonly #bytes = new Uint8Array(LINE_BYTES_MAX);
  readonly #decoder = new TextDecoder();
  #used = 0;
  #cut = false;

  get empty(): boolean {
    return this.#used === 0;
  }

  add(bytes: Uint8Array): void {
    const fits = bytes.subarray(0, LINE_BYTES_MAX - this.#used);
    this.#bytes.set(fits, this.#used);
    this.#used += fits.length;
    this.#cut ||= fits.length < bytes.length;
  }

  take(): { text: string; cut: boolean } {
    const taken = {
      text: this.#decoder.decode(this.#bytes.subarray(0, this.#used)),
      cut: this.#cut,
    };
    this.#used = 0;
    this.#cut = false;
    return taken;
  }
}
