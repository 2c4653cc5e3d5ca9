/** R2 in memory: what the platform uses of a bucket, streams included. */

interface Entry {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly contentType: string | undefined;
  readonly uploaded: Date;
}

export interface FakeBucket {
  readonly bucket: R2Bucket;
  /** What is stored, by key. */
  readonly objects: Map<string, Entry>;
  /** Multipart uploads that were neither completed nor aborted. */
  readonly open: Set<string>;
  /** Calls of each method. */
  readonly calls: Record<string, number>;
}

const bytesOf = (value: unknown): Uint8Array<ArrayBuffer> => {
  if (typeof value === "string") return new Uint8Array(new TextEncoder().encode(value));
  if (value instanceof Uint8Array) return new Uint8Array(value);
  throw new Error("the fake bucket takes text and bytes");
};

const byteStream = (bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array> =>
  new Blob([bytes]).stream();

const bodyOf = ({ bytes }: Entry) => ({
  size: bytes.length,
  body: byteStream(bytes),
  arrayBuffer: async () => bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
  text: async () => new TextDecoder().decode(bytes),
  json: async (): Promise<unknown> => JSON.parse(new TextDecoder().decode(bytes)),
});

export function fakeBucket(): FakeBucket {
  const objects = new Map<string, Entry>();
  const open = new Set<string>();
  const calls: Record<string, number> = {};
  const count = (name: string): void => void (calls[name] = (calls[name] ?? 0) + 1);
  let uploads = 0;

  const bucket = {
    head: async (key: string) => (objects.has(key) ? {} : null),
    put: async (
      key: string,
      value: unknown,
      options?: { httpMetadata?: R2HTTPMetadata; onlyIf?: R2Conditional },
    ) => {
      count("put");
      if (options?.onlyIf?.etagDoesNotMatch === "*" && objects.has(key)) return null;
      objects.set(key, {
        bytes: bytesOf(value),
        contentType: options?.httpMetadata?.contentType,
        uploaded: new Date(),
      });
      return { key };
    },
    get: async (key: string, options?: { range?: { offset: number; length: number } }) => {
      count("get");
      const entry = objects.get(key);
      if (entry === undefined) return null;
      const range = options?.range;
      if (range === undefined) return bodyOf(entry);
      return bodyOf({
        ...entry,
        bytes: entry.bytes.slice(range.offset, range.offset + range.length),
      });
    },
    list: async ({ prefix = "" }: { prefix?: string }) => ({
      truncated: false,
      objects: [...objects]
        .filter(([key]) => key.startsWith(prefix))
        .map(([key, { uploaded }]) => ({ key, uploaded })),
    }),
    delete: async (keys: string | string[]) => {
      for (const key of [keys].flat()) objects.delete(key);
    },
    createMultipartUpload: async (key: string) => {
      const id = `${key}#${(uploads += 1)}`;
      open.add(id);
      const parts: Uint8Array<ArrayBuffer>[] = [];
      return {
        uploadPart: async (partNumber: number, value: unknown) => {
          count("uploadPart");
          parts[partNumber - 1] = bytesOf(value);
          return { partNumber, etag: String(partNumber) };
        },
        complete: async () => {
          const sizes = parts.slice(0, -1).map((part) => part.length);
          if (new Set(sizes).size > 1) throw new Error("all parts but the last must have one size");
          objects.set(key, {
            bytes: new Uint8Array(await new Blob(parts).arrayBuffer()),
            contentType: undefined,
            uploaded: new Date(),
          });
          open.delete(id);
        },
        abort: async () => void open.delete(id),
      };
    },
  };
  return { bucket: bucket as unknown as R2Bucket, objects, open, calls };
}
