/** The upload of one log: limits checked before a byte is sent, progress, cancel, one key per intention [CN5]. */
import { useEffect, useRef, useState } from "react";
import { ApiError, asApiError } from "../../errors.ts";
import { Intention, randomKey } from "../../intention.ts";
import { uploadLog } from "../../queries/analyses.ts";
import { bytes, count } from "../../ui/format.ts";
import type { Uploaded } from "../../wire.ts";

/** As LOG_BYTES_MAX of the API (50 MiB); a larger file is refused here before it is sent. */
export const UPLOAD_BYTES_MAX = 52_428_800;

export type UploadState =
  | { readonly status: "idle"; readonly error: ApiError | null }
  | { readonly status: "sending"; readonly sentBytes: number; readonly totalBytes: number };

export interface UploadInput {
  readonly body: Blob;
  readonly query: Readonly<Record<string, string>>;
}

export interface Uploader {
  readonly state: UploadState;
  send(input: UploadInput): void;
  cancel(): void;
}

/** @param done called with the answer: the finished analysis, or where it will be */
export function useUpload(done: (uploaded: Uploaded) => void): Uploader {
  const [state, setState] = useState<UploadState>({ status: "idle", error: null });
  const [intention] = useState(() => new Intention(randomKey));
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);

  const attempt = async ({ body, query }: UploadInput): Promise<void> => {
    const controller = new AbortController();
    running.current = controller;
    setState({ status: "sending", sentBytes: 0, totalBytes: body.size });
    try {
      const uploaded = await uploadLog({
        body,
        query,
        idempotencyKey: intention.keyFor([
          query,
          body.size,
          body instanceof File ? body.lastModified : await body.text(),
        ]),
        signal: controller.signal,
        progress: (sentBytes) => setState({ status: "sending", sentBytes, totalBytes: body.size }),
      });
      intention.succeeded();
      done(uploaded);
    } catch (thrown) {
      if (controller.signal.aborted) return setState({ status: "idle", error: null });
      const error = asApiError(thrown);
      intention.failed(error);
      setState({ status: "idle", error });
    }
  };
  return {
    state,
    send: (input) => {
      const refused = refusal(input.body.size);
      if (refused === null) void attempt(input);
      else setState({ status: "idle", error: refused });
    },
    cancel: () => running.current?.abort(),
  };
}

/** The answer the API would give, without sending 50 MB for it; null when the size is fine. */
export function refusal(sizeBytes: number): ApiError | null {
  if (sizeBytes === 0) {
    return new ApiError({
      status: 422,
      code: "log_empty",
      title: "The log is empty",
      remedy: "Choose a file with text, or paste the log.",
    });
  }
  if (sizeBytes <= UPLOAD_BYTES_MAX) return null;
  return new ApiError({
    status: 413,
    code: "log_too_large",
    title: "The log is too large",
    detail: `The log has ${count(sizeBytes)} bytes; the limit is ${count(UPLOAD_BYTES_MAX)} (${bytes(UPLOAD_BYTES_MAX)}).`,
    remedy: "Send the log of the failed job alone.",
  });
}
