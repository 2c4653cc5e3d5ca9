/** Streams and R2 in the runtime itself: what Node's streams do differently shows here. */
import { env } from "cloudflare:test";
import { beforeEach, describe, expect, test } from "vitest";
import { logSource, ObjectGone, PART_BYTES, putChunks, hasObject, putOnce } from "./artifacts.ts";
import { CHUNK_BYTES, chunksOf, headOf, inflated, prepended } from "./streams.ts";

const KEY = "org/o/analyses/a/log";
const MIB = 1_048_576;

/** Bytes whose value tells their place. */
function patterned(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 1) bytes[at] = (at * 31 + (at >>> 8)) & 0xff;
  return bytes;
}

const bodyOf = (bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array> => {
  const { body } = new Response(bytes);
  if (body === null) throw new Error("a response with bytes has a body");
  return body;
};
const hexOf = async (bytes: Uint8Array<ArrayBuffer>): Promise<string> =>
  Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
const options = { limitBytes: 20 * MIB, contentType: "text/plain" };

beforeEach(() => env.LOGS.delete(KEY));

describe("reading a body", () => {
  test("[AN3] a body comes in whole chunks, its end included, and ends once", async () => {
    const bytes = patterned(3 * CHUNK_BYTES + 17);
    const chunks = chunksOf(bodyOf(bytes));
    const seen: number[] = [];
    const parts: Uint8Array<ArrayBuffer>[] = [];
    for (let chunk = await chunks.next(); chunk !== undefined; chunk = await chunks.next()) {
      seen.push(chunk.length);
      parts.push(chunk.slice());
    }
    expect(seen).toEqual([CHUNK_BYTES, CHUNK_BYTES, CHUNK_BYTES, 17]);
    expect(await chunks.next()).toBeUndefined();
    expect(await hexOf(new Uint8Array(await new Blob(parts).arrayBuffer()))).toBe(
      await hexOf(bytes),
    );
  });

  test("[AN4] gzip is inflated, and a bomb stops early", async () => {
    const zip = (bytes: Uint8Array<ArrayBuffer>) =>
      bodyOf(bytes).pipeThrough(new CompressionStream("gzip"));
    const chunks = inflated(zip(patterned(200_000)));
    let total = 0;
    for (let chunk = await chunks.next(); chunk !== undefined; chunk = await chunks.next())
      total += chunk.length;
    expect([total, chunks.failure()]).toEqual([200_000, undefined]);
    const bomb = inflated(zip(new Uint8Array(30 * MIB)));
    let taken = 0;
    for (let chunk = await bomb.next(); chunk !== undefined; chunk = await bomb.next())
      taken += chunk.length;
    expect(bomb.failure()).toBe("bomb");
    expect(taken).toBeLessThan(30 * MIB);
    const text = inflated(bodyOf(patterned(1_000)));
    expect([await text.next(), text.failure()]).toEqual([undefined, "corrupt"]);
  });
});

describe("storing", () => {
  test.each([1, CHUNK_BYTES, 2 * PART_BYTES, 2 * PART_BYTES + 5])(
    "[AN3] %i bytes are stored as they came, counted and hashed",
    async (length) => {
      const bytes = patterned(length);
      const chunks = chunksOf(bodyOf(bytes));
      const head = await headOf(chunks);
      const stored = await putChunks(env.LOGS, KEY, prepended(head, chunks), options);
      expect(stored).toEqual({ ok: true, value: { bytes: length, sha256: await hexOf(bytes) } });
      const object = await env.LOGS.get(KEY);
      expect(await hexOf(new Uint8Array((await object?.arrayBuffer()) ?? new ArrayBuffer(0)))).toBe(
        await hexOf(bytes),
      );
    },
  );

  test("[AN3] one byte over the limit leaves nothing", async () => {
    const stored = await putChunks(
      env.LOGS,
      KEY,
      chunksOf(bodyOf(patterned(options.limitBytes + 1))),
      options,
    );
    expect(stored).toMatchObject({ ok: false, refusal: { code: "log_too_large" } });
    expect(await env.LOGS.head(KEY)).toBeNull();
  });
});

describe("reading a stored log", () => {
  test.each([1_000, 3 * MIB])(
    "[AN22] %i bytes read the same in order, again from the start, and anywhere",
    async (size) => {
      const bytes = patterned(size);
      await env.LOGS.put(KEY, bytes);
      const source = logSource(env.LOGS, KEY, size);
      const whole = async (step: number): Promise<string> => {
        const parts: Uint8Array<ArrayBuffer>[] = [];
        for (let at = 0; at < size; at += step) parts.push((await source.read(at, step)).slice());
        return hexOf(new Uint8Array(await new Blob(parts).arrayBuffer()));
      };
      expect(await whole(65_536)).toBe(await hexOf(bytes));
      expect(await source.read(size - 10, 100)).toEqual(bytes.slice(-10));
      expect(await source.read(123, 45)).toEqual(bytes.slice(123, 168));
      expect(await whole(50_001)).toBe(await hexOf(bytes));
      await source.close();
    },
  );

  test("[AN2] a log that is gone is said to be gone", async () => {
    for (const size of [10, 3 * MIB]) {
      const source = logSource(env.LOGS, KEY, size);
      await expect(source.read(0, 10)).rejects.toBeInstanceOf(ObjectGone);
      await source.close();
    }
  });
});

test("[AU6] an object that is written once stays as it is", async () => {
  const key = "org/o/audit/1-3.ndjson.gz";
  expect(await hasObject(env.ARTIFACTS, key)).toBe(false);
  expect(await putOnce(env.ARTIFACTS, key, "first", "text/plain")).toBe(true);
  expect(await putOnce(env.ARTIFACTS, key, "second", "text/plain")).toBe(false);
  expect(await hasObject(env.ARTIFACTS, key)).toBe(true);
  expect(await (await env.ARTIFACTS.get(key))?.text()).toBe("first");
});
