/** The words every capability shares: refusals, faults, bugs, instants and ids. Pure. */
import { z } from "zod";
import type { ProblemCode } from "./http/model.ts";

/** Milliseconds since 1970, UTC. */
export type Instant = number;

/** One wrong field of a request: where, what is wrong, what would be right. */
export interface FieldError {
  /** JSON pointer or `query.name`, `header.name`, `path.name`. */
  readonly location: string;
  readonly message: string;
  readonly fix: string;
}

/** What a refusal may tell besides its code. `detail` never repeats what the caller sent [AP3]. */
export interface RefusalFields {
  readonly detail?: string;
  readonly errors?: readonly FieldError[];
  /** Whole seconds, at least 1; sent as `Retry-After`. */
  readonly retryAfterS?: number;
  /** Methods of the path; sent as `Allow`. */
  readonly allow?: readonly string[];
}

/** An expected no: part of the contract, listed in the table of codes. */
export interface Refusal extends RefusalFields {
  readonly code: ProblemCode;
}

export interface Refused {
  readonly ok: false;
  readonly refusal: Refusal;
}

export type Result<T> = { readonly ok: true; readonly value: T } | Refused;

export const done = <T>(value: T): Result<T> => ({ ok: true, value });

export const refuse = (code: ProblemCode, fields: RefusalFields = {}): Refused => ({
  ok: false,
  refusal: { code, ...fields },
});

/** A dependency failed. Thrown by outbound files only; `retryable` is decided there. */
export class Fault extends Error {
  override readonly name = "Fault";
  readonly system: string;
  readonly retryable: boolean;

  constructor(system: string, options: { retryable: boolean; cause?: unknown }) {
    super(`${system} failed`, { cause: options.cause });
    this.system = system;
    this.retryable = options.retryable;
  }
}

/** A broken invariant of ours. Nothing catches it but the one place that renders errors. */
export class Bug extends Error {
  override readonly name = "Bug";
}

export function assert(condition: unknown, sentence: string): asserts condition {
  if (!condition) throw new Bug(sentence);
}

export function unreachable(value: never): never {
  throw new Bug(`unhandled case: ${JSON.stringify(value)}`);
}

export const Uuid = z.uuid();
export type Uuid = z.infer<typeof Uuid>;

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** Random bytes a UUIDv7 needs. */
export const UUID_RANDOM_BYTES = 10;

/**
 * A UUID version 7: sorts by time, then by chance.
 *
 * @param now milliseconds since 1970
 * @param random exactly UUID_RANDOM_BYTES bytes; the caller owns chance
 * Source: RFC 9562, section 5.7.
 */
export function uuidv7(now: Instant, random: Uint8Array): Uuid {
  assert(random.length === UUID_RANDOM_BYTES, "a UUIDv7 takes 10 random bytes");
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Math.floor(now / 2 ** 16));
  view.setUint16(4, now % 2 ** 16);
  bytes.set(random, 6);
  view.setUint8(6, (view.getUint8(6) & 0x0f) | 0x70);
  view.setUint8(8, (view.getUint8(8) & 0x3f) | 0x80);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
