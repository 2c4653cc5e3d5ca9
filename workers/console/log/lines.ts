/** The part of a log that is in memory: pages of 1,000 lines, the 20 used last, never the whole log. */
import type { LogLine, LogPage } from "../wire.ts";

export const PAGE_LINES = 1_000;
/** Pages kept; 20,000 lines of at most 4,096 characters. */
export const PAGES_MAX = 20;

type Load = (fromLine: number, lines: number, signal: AbortSignal) => Promise<LogPage>;

/** Reads pages as the viewer asks for lines, forgets the oldest, and aborts what was scrolled past. */
export class LinePages {
  /** Lines of the whole log; each page that arrives says it again. */
  total: number;
  /** Why the last page could not be read; asking again clears it. */
  error: unknown = null;
  readonly #pages = new Map<number, readonly LogLine[]>();
  readonly #loading = new Map<number, AbortController>();
  readonly #load: Load;
  readonly #changed: () => void;

  /**
   * @param total lines of the whole log, as the result says
   * @param changed called after each page that arrived or failed
   */
  constructor(load: Load, total: number, changed: () => void) {
    this.total = total;
    this.#load = load;
    this.#changed = changed;
  }

  /** The line with a 1-based number, or undefined while its page is not here. */
  line(n: number): LogLine | undefined {
    return this.#pages.get(pageOf(n))?.[(n - 1) % PAGE_LINES];
  }

  get pagesHeld(): number {
    return this.#pages.size;
  }

  /** Asks for the lines `first` to `last` and the page behind them; requests of all other pages are aborted. */
  want(first: number, last: number): void {
    const shown = range(pageOf(first), pageOf(last)).filter((page) => this.#exists(page));
    const ahead = pageOf(last) + 1;
    const wanted = this.#exists(ahead) ? [...shown, ahead] : shown;
    for (const [page, request] of this.#loading) {
      if (wanted.includes(page)) continue;
      request.abort();
      this.#loading.delete(page);
    }
    for (const page of wanted) this.#fetch(page);
    for (const page of shown) this.#touch(page);
  }

  /** Forgets everything and aborts what is on the way. */
  close(): void {
    for (const request of this.#loading.values()) request.abort();
    this.#loading.clear();
    this.#pages.clear();
  }

  #exists(page: number): boolean {
    return page >= 0 && page * PAGE_LINES < this.total;
  }

  #fetch(page: number): void {
    if (this.#pages.has(page) || this.#loading.has(page)) return;
    const request = new AbortController();
    this.#loading.set(page, request);
    this.#load(page * PAGE_LINES + 1, PAGE_LINES, request.signal).then(
      (answer) => this.#arrived(page, request, answer),
      (error: unknown) => this.#failed(page, request, error),
    );
  }

  #arrived(page: number, request: AbortController, answer: LogPage): void {
    if (this.#loading.get(page) !== request) return;
    this.#loading.delete(page);
    this.error = null;
    this.total = answer.total_lines;
    this.#pages.set(page, answer.lines);
    for (const oldest of this.#pages.keys()) {
      if (this.#pages.size <= PAGES_MAX) break;
      this.#pages.delete(oldest);
    }
    this.#changed();
  }

  #failed(page: number, request: AbortController, error: unknown): void {
    if (this.#loading.get(page) !== request) return;
    this.#loading.delete(page);
    this.error = error;
    this.#changed();
  }

  /** A Map keeps insertion order: the page used last stands at the end. */
  #touch(page: number): void {
    const lines = this.#pages.get(page);
    if (lines === undefined) return;
    this.#pages.delete(page);
    this.#pages.set(page, lines);
  }
}

const pageOf = (n: number): number => Math.floor((n - 1) / PAGE_LINES);

const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
