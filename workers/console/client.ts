/** The only file of the console that speaks HTTP: one call, one retry after a refresh, one error shape [CN4] [CN7]. */
import { ApiError, errorFrom, unreachable } from "./errors.ts";

export const API_PREFIX = "/api/v1";

export type Query = Readonly<Record<string, string | number | undefined>>;

export interface CallOptions {
  readonly query?: Query | undefined;
  readonly body?: unknown;
  /** One key per user intention, kept over its retries [CN5]. */
  readonly idempotencyKey?: string | undefined;
  /** The version an edit is based on: sent as `If-Match` [CN5]. */
  readonly ifMatch?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly token?: string | undefined;
}

/** Where the client gets its credential from, and whom it tells that there is none any more. */
export interface Credentials {
  /** The current access token, after a refresh when there is none. Throws ApiError when the session ended. */
  token(): Promise<string>;
  /** A token other than `refused`, which the API answered 401 to. */
  renew(refused: string): Promise<string>;
}

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/**
 * One request without any session, as `/auth/*` needs it.
 *
 * @returns the parsed JSON, or undefined for 204
 * @throws ApiError for every status >= 400 and when no answer came
 */
export async function send<T>(method: Method, path: string, options: CallOptions = {}): Promise<T> {
  const response = await answer(method, path, options);
  if (response.ok) return response.status === 204 ? undefinedAs<T>() : await response.json();
  throw await failure(response);
}

/** Calls with the session's token. A 401 is tried once more with a fresh token. */
export interface Api {
  call<T>(method: Method, path: string, options?: Omit<CallOptions, "token">): Promise<T>;
  upload<T>(path: string, upload: Upload): Promise<T>;
  /** A file to save: an export, say. */
  file(path: string, query: Query): Promise<Blob>;
}

export interface Upload {
  readonly query: Query;
  readonly body: Blob;
  readonly contentType: string;
  /** `gzip` when the body is compressed; the API stores what it inflates to. */
  readonly contentEncoding: string | undefined;
  readonly idempotencyKey: string;
  readonly signal: AbortSignal;
  /** Bytes sent so far. */
  progress(sentBytes: number): void;
}

export function createApi(credentials: Credentials): Api {
  const withToken = async <T>(attempt: (token: string) => Promise<T>): Promise<T> => {
    const token = await credentials.token();
    try {
      return await attempt(token);
    } catch (error) {
      if (!(error instanceof ApiError) || !renewable(error)) throw error;
      return await attempt(await credentials.renew(token));
    }
  };
  return {
    call: (method, path, options = {}) =>
      withToken((token) => send(method, path, { ...options, token })),
    upload: (path, upload) => withToken((token) => sendFile(path, upload, token)),
    file: (path, query) => withToken((token) => readFile(path, query, token)),
  };
}

async function readFile(path: string, query: Query, token: string): Promise<Blob> {
  const response = await answer("GET", path, { query, token });
  if (response.ok) return response.blob();
  throw await failure(response);
}

/** A fresh token helps against every 401 but the one that asks for a new sign-in. */
const renewable = (error: ApiError): boolean =>
  error.status === 401 && error.code !== "reauth_required";

/** `/runs/` + an id that may hold `~` and other characters. */
export const pathOf = (...parts: readonly string[]): string =>
  parts.map((part) => `/${encodeURIComponent(part)}`).join("");

function urlOf(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return `${API_PREFIX}${path}${text === "" ? "" : `?${text}`}`;
}

async function answer(method: Method, path: string, options: CallOptions): Promise<Response> {
  const headers = new Headers({ accept: "application/json" });
  if (options.token !== undefined) headers.set("authorization", `Bearer ${options.token}`);
  if (options.idempotencyKey !== undefined) headers.set("idempotency-key", options.idempotencyKey);
  if (options.ifMatch !== undefined) headers.set("if-match", `"${options.ifMatch}"`);
  const body = bodyOf(method, options.body);
  if (body !== null) headers.set("content-type", "application/json");
  try {
    return await fetch(urlOf(path, options.query), {
      method,
      headers,
      body,
      signal: options.signal ?? null,
      credentials: "same-origin",
    });
  } catch (error) {
    if (options.signal?.aborted === true) throw error;
    throw unreachable();
  }
}

/** A POST always carries JSON, be it empty; GET and DELETE never do. */
function bodyOf(method: Method, body: unknown): string | null {
  return method === "GET" || method === "DELETE" ? null : JSON.stringify(body ?? {});
}

async function failure(response: Response): Promise<ApiError> {
  const text = await response.text();
  return errorFrom(
    {
      status: response.status,
      body: parsed(text),
      requestId: response.headers.get("x-request-id"),
      retryAfter: response.headers.get("retry-after"),
    },
    Date.now(),
  );
}

/** XMLHttpRequest, because fetch tells nothing about the progress of an upload over HTTP/1.1. */
function sendFile<T>(path: string, upload: Upload, token: string): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", urlOf(path, upload.query));
    request.setRequestHeader("accept", "application/json");
    request.setRequestHeader("authorization", `Bearer ${token}`);
    request.setRequestHeader("idempotency-key", upload.idempotencyKey);
    request.setRequestHeader("content-type", upload.contentType);
    if (upload.contentEncoding !== undefined)
      request.setRequestHeader("content-encoding", upload.contentEncoding);
    request.upload.addEventListener("progress", (event) => upload.progress(event.loaded));
    request.addEventListener("error", () => reject(unreachable()));
    request.addEventListener("abort", () =>
      reject(new DOMException("The upload was canceled.", "AbortError")),
    );
    request.addEventListener("load", () => {
      if (request.status < 400) resolve(JSON.parse(request.responseText));
      else reject(errorFrom(uploadAnswer(request), Date.now()));
    });
    upload.signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(upload.body);
  });
}

const uploadAnswer = (request: XMLHttpRequest) => ({
  status: request.status,
  body: parsed(request.responseText),
  requestId: request.getResponseHeader("x-request-id"),
  retryAfter: request.getResponseHeader("retry-after"),
});

/** A body that is not JSON (a proxy's page) is no error of its own; errorFrom names the status then. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The value of a 204: callers of such routes ask for `undefined`. */
function undefinedAs<T>(): T {
  const nothing: unknown = undefined;
  return nothing as T;
}
