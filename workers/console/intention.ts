/** One Idempotency-Key per user intention, kept over its retries [CN5]. */
import type { ApiError } from "./errors.ts";
import { mayRetry } from "./errors.ts";

/** Remembers the key of one form or button until the API decided. */
export class Intention {
  #key: string | null = null;
  #input = "";
  readonly #draw: () => string;

  /** @param draw makes a new key: 1 to 255 visible ASCII characters */
  constructor(draw: () => string) {
    this.#draw = draw;
  }

  /** The same key while the same input has not been decided; a changed input is a new intention. */
  keyFor(input: unknown): string {
    const text = JSON.stringify(input) ?? "";
    if (this.#key === null || text !== this.#input) this.#key = this.#draw();
    this.#input = text;
    return this.#key;
  }

  succeeded(): void {
    this.#key = null;
  }

  /** A refusal decides the intention; a fault or a full queue leaves it open, so that the repeat acts once. */
  failed(error: ApiError): void {
    if (!mayRetry(error)) this.#key = null;
  }
}

/** A random key. `crypto.randomUUID` is missing on plain-http hosts other than this machine. */
export function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
