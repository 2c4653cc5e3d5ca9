/** Log files of the local runtime: JSON lines, rotated by size, never larger than 5 x 10 MiB per name. */
import {
  closeSync,
  copyFileSync,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { codeOf } from "./failure.ts";

export const LOG_BYTES_MAX = 10 * 1024 ** 2;
export const LOG_FILES_MAX = 5;

/** The last lines of a file, oldest first; none when it does not exist. */
export function readEnd(path: string, lines = 20): string[] {
  const size = sizeOf(path);
  if (size === 0) return [];
  const bytes = Math.min(size, 64 * 1024);
  const file = openSync(path, "r");
  try {
    const buffer = Buffer.alloc(bytes);
    readSync(file, buffer, 0, bytes, size - bytes);
    const text: string = buffer.toString("utf8");
    return text
      .split("\n")
      .filter((line) => line !== "")
      .slice(-lines);
  } finally {
    closeSync(file);
  }
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** A file of JSON lines, appended to by one process. */
export class JsonLog {
  readonly #path: string;
  readonly #bytesMax: number;
  #file: number;
  #bytes: number;

  constructor(path: string, bytesMax = LOG_BYTES_MAX) {
    this.#path = path;
    this.#bytesMax = bytesMax;
    this.#file = openSync(path, "a", 0o600);
    this.#bytes = fstatSync(this.#file).size;
  }

  /** Writes one line at once: what a crash prints last is what explains it. */
  write(fields: Record<string, unknown>): void {
    const line = `${JSON.stringify({ time: new Date().toISOString(), ...fields })}\n`;
    this.#bytes += writeSync(this.#file, line);
    if (this.#bytes <= this.#bytesMax) return;
    closeSync(this.#file);
    shift(this.#path);
    renameSync(this.#path, `${this.#path}.1`);
    this.#file = openSync(this.#path, "a", 0o600);
    this.#bytes = 0;
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** Rotates a file that another process holds open for appending: it keeps writing at the new end. */
export function rotateForeign(path: string, bytesMax = LOG_BYTES_MAX): void {
  if (sizeOf(path) <= bytesMax) return;
  shift(path);
  copyFileSync(path, `${path}.1`);
  truncateSync(path, 0);
}

/** Moves `name.1` to `name.2` and so on; the oldest goes. */
function shift(path: string): void {
  rmSync(`${path}.${LOG_FILES_MAX - 1}`, { force: true });
  for (let n = LOG_FILES_MAX - 2; n >= 1; n -= 1) {
    try {
      renameSync(`${path}.${n}`, `${path}.${n + 1}`);
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
    }
  }
}
