/** Reads the bench's log file as the sides need it: by range, or line by line. */
import { closeSync, openSync, readSync } from "node:fs";
import { z } from "zod";

/** What the process of a side of `analysis` is opened with. */
export const LogConfig = z.strictObject({ path: z.string(), bytes: z.int(), variant: z.string() });
export type LogConfig = z.infer<typeof LogConfig>;

/** Bytes read at once by every side that runs in Node. */
export const READ_BYTES = 65_536;

/** Calls `visit` with each line without its LF, UTF-8 decoded; the last line may lack one. Memory: one block and one line. */
export function eachLine(path: string, visit: (line: string) => void): void {
  const file = openSync(path, "r");
  const block = Buffer.allocUnsafe(READ_BYTES);
  const decoder = new TextDecoder();
  let rest = "";
  for (let read = readSync(file, block); read > 0; read = readSync(file, block)) {
    const lines = (rest + decoder.decode(block.subarray(0, read), { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) visit(line);
  }
  if (rest !== "") visit(rest);
  closeSync(file);
}
