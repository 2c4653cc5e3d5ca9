/** Objects in R2: streams in with their bytes counted and hashed, logs out as random access. */
import { sha256 as sha256Hash } from "@noble/hashes/sha2.js";
import type { LogSource } from "../analyses/model.ts";
import { assert, done, Fault, refuse, type Instant, type Result } from "../model.ts";
import { toHex } from "./bytes.ts";
import { chunksOf, type ChunkReader, type Sha256Stream } from "./streams.ts";

/** Parts of a multipart upload; all but the last must be equal. R2 allows 5 MiB to 5 GiB. */
export const PART_BYTES = 8 * 1_048_576;
/** Logs up to this size are read into memory at once. */
const WHOLE_BYTES_MAX = 1_048_576;

export interface Stored {
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

export interface PutOptions {
  readonly limitBytes: number;
  readonly contentType: string;
}

/**
 * Stores a stream of unknown length. Bytes are counted as they come; nothing is kept of a stream beyond the limit.
 * Memory: one part.
 *
 * Refusal: `log_too_large`, naming the limit. @throws Fault("artifacts")
 */
export async function putChunks(
  bucket: R2Bucket,
  key: string,
  chunks: ChunkReader,
  options: PutOptions,
): Promise<Result<Stored>> {
  const upload = new PartUpload(bucket, key, options.contentType);
  const digest = sha256Stream();
  let bytes = 0;
  try {
    for (let chunk = await chunks.next(); chunk !== undefined; chunk = await chunks.next()) {
      bytes += chunk.length;
      if (bytes > options.limitBytes) {
        await upload.abort();
        return refuse("log_too_large", { detail: `The limit is ${options.limitBytes} bytes.` });
      }
      await digest.update(chunk);
      await upload.write(chunk);
    }
    await upload.finish();
    return done({ bytes, sha256: await digest.finish() });
  } catch (error) {
    await upload.abort().catch(() => {});
    throw error;
  }
}

/** Collects chunks into parts. A stream that fits in one part is a single put. */
class PartUpload {
  readonly #bucket: R2Bucket;
  readonly #key: string;
  readonly #httpMetadata: R2HTTPMetadata;
  readonly #parts: R2UploadedPart[] = [];
  #buffer = new Uint8Array(0);
  #used = 0;
  #multipart: R2MultipartUpload | undefined;

  constructor(bucket: R2Bucket, key: string, contentType: string) {
    this.#bucket = bucket;
    this.#key = key;
    this.#httpMetadata = { contentType };
  }

  async write(chunk: Uint8Array): Promise<void> {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#used === PART_BYTES) await this.#sendPart();
      const taken = rest.subarray(0, PART_BYTES - this.#used);
      this.#reserve(this.#used + taken.length);
      this.#buffer.set(taken, this.#used);
      this.#used += taken.length;
      rest = rest.subarray(taken.length);
    }
  }

  async finish(): Promise<void> {
    const last = this.#buffer.subarray(0, this.#used);
    const multipart = this.#multipart;
    if (multipart === undefined) {
      await attempt(() => this.#bucket.put(this.#key, last, { httpMetadata: this.#httpMetadata }));
      return;
    }
    this.#parts.push(await attempt(() => multipart.uploadPart(this.#parts.length + 1, last)));
    await attempt(() => multipart.complete(this.#parts));
  }

  async abort(): Promise<void> {
    await this.#multipart?.abort();
  }

  async #sendPart(): Promise<void> {
    this.#multipart ??= await attempt(() =>
      this.#bucket.createMultipartUpload(this.#key, { httpMetadata: this.#httpMetadata }),
    );
    const multipart = this.#multipart;
    this.#parts.push(
      await attempt(() =>
        multipart.uploadPart(this.#parts.length + 1, this.#buffer.subarray(0, this.#used)),
      ),
    );
    this.#used = 0;
  }

  /** Grows by doubling up to a part, so that a small log never costs 8 MiB. */
  #reserve(bytes: number): void {
    if (bytes <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.min(PART_BYTES, Math.max(bytes, this.#buffer.length * 2)));
    grown.set(this.#buffer.subarray(0, this.#used));
    this.#buffer = grown;
  }
}

/** Calls R2. @throws Fault("artifacts"), always worth another try */
async function attempt<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    throw new Fault("artifacts", { retryable: true, cause });
  }
}

export const putBytes = async (
  bucket: R2Bucket,
  key: string,
  bytes: Uint8Array | string,
  contentType: string,
): Promise<void> => {
  await attempt(() => bucket.put(key, bytes, { httpMetadata: { contentType } }));
};

/** Stores bytes under a key that holds nothing yet; what is there stays [AU6]. @returns false when it was there */
export const putOnce = async (
  bucket: R2Bucket,
  key: string,
  bytes: Uint8Array | string,
  contentType: string,
): Promise<boolean> => {
  const onlyIf = { etagDoesNotMatch: "*" };
  // Null when the condition does not hold, whatever the overload for unconditional puts says.
  const stored: R2Object | null = await attempt(() =>
    bucket.put(key, bytes, { httpMetadata: { contentType }, onlyIf }),
  );
  return stored !== null;
};

export const hasObject = async (bucket: R2Bucket, key: string): Promise<boolean> =>
  (await attempt(() => bucket.head(key))) !== null;

export const getObject = (bucket: R2Bucket, key: string): Promise<R2ObjectBody | null> =>
  attempt(() => bucket.get(key));

export const deleteObjects = (bucket: R2Bucket, keys: readonly string[]): Promise<void> =>
  attempt(() => bucket.delete([...keys]));

/** Pages of keys below `prefix` whose objects were stored before `before`, oldest names first. */
export async function* listed(
  bucket: R2Bucket,
  prefix: string,
  before: Instant,
): AsyncGenerator<readonly string[]> {
  let cursor: string | undefined;
  do {
    const options: R2ListOptions = { prefix, ...(cursor === undefined ? {} : { cursor }) };
    const page = await attempt(() => bucket.list(options));
    yield page.objects.filter(({ uploaded }) => uploaded.getTime() < before).map(({ key }) => key);
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
}

/** The hash of workerd where there is one; elsewhere, in Node tests, a pure one. */
export function sha256Stream(): Sha256Stream {
  if (!("DigestStream" in crypto)) {
    const hash = sha256Hash.create();
    return {
      update: async (chunk) => void hash.update(chunk),
      finish: async () => toHex(hash.digest()),
    };
  }
  const stream = new crypto.DigestStream("SHA-256");
  const writer = stream.getWriter();
  return {
    update: (chunk) => writer.write(chunk),
    finish: async () => {
      await writer.close();
      return toHex(new Uint8Array(await stream.digest));
    },
  };
}

/** An object that is gone while it is read. */
export class ObjectGone extends Error {
  override readonly name = "ObjectGone";
}

/**
 * Random access to a stored log. Reads that follow each other from the start share one stream; others are range reads.
 * Call `close` at the end: it lets go of an open stream.
 */
export function logSource(
  bucket: R2Bucket,
  key: string,
  size: number,
): LogSource & { close(): Promise<void> } {
  return size <= WHOLE_BYTES_MAX
    ? new WholeLog(bucket, key, size)
    : new StreamedLog(bucket, key, size);
}

class WholeLog {
  readonly size: number;
  readonly #load: () => Promise<Uint8Array>;
  #bytes: Promise<Uint8Array> | undefined;

  constructor(bucket: R2Bucket, key: string, size: number) {
    this.size = size;
    this.#load = async () => {
      const object = await getObject(bucket, key);
      if (object === null) throw new ObjectGone(`no object ${key}`);
      return new Uint8Array(await attempt(() => object.arrayBuffer()));
    };
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    this.#bytes ??= this.#load();
    return (await this.#bytes).subarray(offset, offset + length);
  }

  async close(): Promise<void> {}
}

class StreamedLog {
  readonly size: number;
  readonly #bucket: R2Bucket;
  readonly #key: string;
  #chunks: ChunkReader | undefined;
  /** Where the open stream's unread bytes begin. */
  #at = 0;
  #held = new Uint8Array(0);

  constructor(bucket: R2Bucket, key: string, size: number) {
    this.#bucket = bucket;
    this.#key = key;
    this.size = size;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const wanted = Math.min(length, Math.max(0, this.size - offset));
    if (wanted === 0) return new Uint8Array(0);
    if (offset === 0) await this.#reopen();
    return this.#chunks !== undefined && offset === this.#at
      ? this.#follow(wanted)
      : this.#range(offset, wanted);
  }

  async close(): Promise<void> {
    await this.#chunks?.cancel();
    this.#chunks = undefined;
  }

  async #reopen(): Promise<void> {
    await this.close();
    const object = await getObject(this.#bucket, this.#key);
    if (object === null) throw new ObjectGone(`no object ${this.#key}`);
    this.#chunks = chunksOf(object.body);
    this.#at = 0;
    this.#held = new Uint8Array(0);
  }

  /** The next `wanted` bytes of the open stream. */
  async #follow(wanted: number): Promise<Uint8Array> {
    const chunks = this.#chunks;
    assert(chunks !== undefined, "a followed stream is open");
    const out = new Uint8Array(wanted);
    let filled = 0;
    while (filled < wanted) {
      if (this.#held.length === 0) {
        const chunk = await attempt(() => chunks.next());
        if (chunk === undefined)
          throw new Fault("artifacts", { retryable: true, cause: "the object ended early" });
        this.#held = chunk;
      }
      const taken = this.#held.subarray(0, wanted - filled);
      out.set(taken, filled);
      filled += taken.length;
      this.#held = this.#held.subarray(taken.length);
    }
    this.#at += wanted;
    return out;
  }

  async #range(offset: number, length: number): Promise<Uint8Array> {
    const object = await attempt(() => this.#bucket.get(this.#key, { range: { offset, length } }));
    if (object === null) throw new ObjectGone(`no object ${this.#key}`);
    return new Uint8Array(await attempt(() => object.arrayBuffer()));
  }
}
