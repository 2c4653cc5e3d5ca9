/** Every id the engine derives, each built in one place and injectively. */
import { sha256 } from "@noble/hashes/sha2.js";

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
const KEY_CHARS = 26;
/** 26 characters of 5 bits need 17 bytes. */
const KEY_BYTES = 17;

const encoder = new TextEncoder();

/** First 26 characters of lower-case base32(SHA-256(JSON array)): the `H` of engine.md. */
export function hashKey(...parts: readonly (string | number | null)[]): string {
  const digest = sha256(encoder.encode(JSON.stringify(parts)));
  let bits = 0;
  let held = 0;
  let key = "";
  for (const byte of digest.subarray(0, KEY_BYTES)) {
    bits = ((bits << 8) | byte) & 0xfff;
    held += 8;
    while (held >= 5 && key.length < KEY_CHARS) {
      held -= 5;
      key += ALPHABET.charAt((bits >> held) & 31);
    }
  }
  return key;
}

/** A source's own key decides: sending an event again is the same event [E2]. */
export const sourceEventId = (sourceId: string, dedup: string): string =>
  hashKey("src", sourceId, dedup);

/** An output is named by the task and its place in the answer [C32]. */
export const outputEventId = (
  taskId: string,
  output: { datasetId: string; partition: string; index: number },
): string => hashKey("ev", taskId, output.datasetId, output.partition, "append", output.index);

/** No attempt, worker, mode or version: whoever runs the task, it is the same task. */
export const taskIdOf = (instance: { fp: string; nodeId: string }, eventId: string): string =>
  hashKey("tk", instance.fp, instance.nodeId, 1, eventId);

export const runIdOf = (rootEventId: string): string => hashKey("run", rootEventId);
