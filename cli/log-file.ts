/** Log files and standard input as sources the analyzer can read from. */
import { type FileHandle, open, stat } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import type { LogSource } from "../workers/platform/analyses/model.ts";

/** A source that holds a file; `close` lets go of it. */
export interface OpenLog extends LogSource {
  close(): Promise<void>;
}

/** Why a path cannot be read, with what to do; the message is for people. */
export class LogUnreadable extends Error {}

const STDIN_BYTES_MAX = 1024 ** 3;
const GZIP_BYTES_MAX = 256 * 1024 ** 2;
const BINARY_CHECKED_BYTES = 64 * 1024;

/** Opens a file, or standard input for `-`. Gzip is inflated. Throws LogUnreadable with a remedy. */
export async function openLog(path: string): Promise<OpenLog> {
  const log = path === "-" ? inMemory(await standardInput()) : await openFile(path);
  const head = await log.read(0, Math.min(log.size, BINARY_CHECKED_BYTES));
  if (!head.includes(0)) return log;
  await log.close();
  throw new LogUnreadable(`${path} is binary, not a log. Give the text of a log, or a gzip of it.`);
}

async function openFile(path: string): Promise<OpenLog> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error) {
    throw new LogUnreadable(
      found.code === "ENOENT"
        ? `There is no file ${path}. Check the path.`
        : `${path} cannot be read: ${found.message}`,
    );
  }
  if (found.isDirectory())
    throw new LogUnreadable(
      `${path} is a directory. Name the log files in it, for example ${path.replace(/\/$/, "")}/*.log`,
    );
  const file = await open(path, "r").catch((error: Error) => {
    throw new LogUnreadable(`${path} cannot be opened: ${error.message}`);
  });
  const source = fileSource(file, found.size);
  // Pipes and /proc files have no size; gzip must be inflated: both are read whole.
  const magic = await source.read(0, Math.min(2, found.size));
  if (found.isFile() && found.size > 0 && !(magic[0] === 0x1f && magic[1] === 0x8b)) return source;
  const bytes = await file.readFile();
  await file.close();
  return inMemory(magic[0] === 0x1f && magic[1] === 0x8b ? inflated(bytes, path) : bytes);
}

function fileSource(file: FileHandle, size: number): OpenLog {
  return {
    size,
    async read(offset, length) {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, size - offset)));
      let filled = 0;
      while (filled < bytes.length) {
        const { bytesRead } = await file.read(
          bytes,
          filled,
          bytes.length - filled,
          offset + filled,
        );
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return filled === bytes.length ? bytes : bytes.subarray(0, filled);
    },
    close: () => file.close(),
  };
}

function inflated(bytes: Uint8Array, path: string): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: GZIP_BYTES_MAX });
  } catch (error) {
    throw new LogUnreadable(
      `${path} is no readable gzip (${error instanceof Error ? error.message : String(error)}). Inflate it first: gunzip -c`,
    );
  }
}

const inMemory = (bytes: Uint8Array): OpenLog => ({
  size: bytes.length,
  read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)),
  close: () => Promise.resolve(),
});

async function standardInput(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of process.stdin) {
    const bytes: Uint8Array = chunk;
    size += bytes.length;
    if (size > STDIN_BYTES_MAX)
      throw new LogUnreadable(
        "Standard input has more than 1 GiB. Save it to a file and name that.",
      );
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
