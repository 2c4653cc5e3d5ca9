/** Hashes a log that was sent again, without storing it. */
import { sha256Stream } from "../../adapters/artifacts.ts";
import { bodyChunks, inflated } from "../../adapters/streams.ts";
import type { LogBody } from "./intake.ts";

/** Hex SHA-256 of the inflated body; undefined when it is larger than `limitBytes`, broken or absent. */
export async function hashOf(body: LogBody, limitBytes: number): Promise<string | undefined> {
  if (body.stream === null) return undefined;
  const unzipped = body.gzip ? inflated(body.stream) : undefined;
  const chunks = unzipped ?? bodyChunks(body.stream);
  const digest = sha256Stream();
  let bytes = 0;
  for (let chunk = await chunks.next(); chunk !== undefined; chunk = await chunks.next()) {
    bytes += chunk.length;
    if (bytes > limitBytes) {
      await chunks.cancel();
      return undefined;
    }
    await digest.update(chunk);
  }
  return unzipped?.failure() === undefined ? digest.finish() : undefined;
}
