/** Refresh tokens as bytes, what a repeated one means, and when signing keys change. */
import type { Instant } from "../model.ts";
import { REISSUE_MS, type Family } from "./model.ts";

const VERSION = 1;
/** Version 1 B, family 16 B, user 16 B, counter 4 B; the MAC follows. */
export const REFRESH_BODY_BYTES = 37;
export const REFRESH_MAC_BYTES = 32;
export const REFRESH_PREFIX = "ewr_";

export interface RefreshBody {
  readonly familyId: string;
  readonly userId: string;
  readonly counter: number;
}

export function refreshBytes(body: RefreshBody): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(REFRESH_BODY_BYTES);
  bytes[0] = VERSION;
  bytes.set(uuidBytes(body.familyId), 1);
  bytes.set(uuidBytes(body.userId), 17);
  new DataView(bytes.buffer).setUint32(33, body.counter);
  return bytes;
}

/** Call after the MAC was checked; undefined for another version or length. */
export function parseRefresh(bytes: Uint8Array): RefreshBody | undefined {
  if (bytes.length !== REFRESH_BODY_BYTES || bytes[0] !== VERSION) return undefined;
  return {
    familyId: uuidText(bytes.subarray(1, 17)),
    userId: uuidText(bytes.subarray(17, 33)),
    counter: new DataView(bytes.buffer, bytes.byteOffset).getUint32(33),
  };
}

export type Repeat = "reissue" | "ended" | "reused";

/** What a token means whose counter is not the current one of its family [TK11]. */
export function judgeRepeat(
  family: Pick<Family, "counter" | "rotatedAt" | "expiresAt" | "endedAt"> | undefined,
  counter: number,
  now: Instant,
): Repeat {
  if (family === undefined || family.endedAt !== null || family.expiresAt <= now) return "ended";
  const justRotated = family.counter === counter + 1 && now - family.rotatedAt < REISSUE_MS;
  return justRotated ? "reissue" : "reused";
}

/** How long a key signs, and how long it is known before and after [TK3]. */
const SIGNS_MS = 90 * 86_400_000;
const KNOWN_MS = 86_400_000;

export interface KeyAge {
  readonly kid: string;
  readonly state: string;
  /** When it got this state; a previous key's is when it began to sign. */
  readonly activatedAt: Instant;
}

export type KeyChange =
  | { readonly kind: "make" }
  | { readonly kind: "promote" | "retire"; readonly kid: string };

/** What is due with the signing keys now; doing it twice changes nothing more [TK3]. */
export function keyChanges(keys: readonly KeyAge[], now: Instant): readonly KeyChange[] {
  const current = keys.find(({ state }) => state === "current");
  if (current === undefined) return [];
  const signedFor = now - current.activatedAt;
  const changes: KeyChange[] = [];
  if (signedFor >= KNOWN_MS)
    for (const { kid, state } of keys)
      if (state === "previous") changes.push({ kind: "retire", kid });
  const next = keys.find(({ state }) => state === "next");
  if (next === undefined) changes.push({ kind: "make" });
  else if (signedFor >= SIGNS_MS && now - next.activatedAt >= KNOWN_MS)
    changes.push({ kind: "promote", kid: next.kid });
  return changes;
}

const uuidBytes = (uuid: string): Uint8Array =>
  Uint8Array.from(uuid.replaceAll("-", "").match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

function uuidText(bytes: Uint8Array): string {
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
