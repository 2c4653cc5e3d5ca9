/**
 * The text form of API keys, `ewk_<id, 16 of 0-9a-z>_<secret, 43 base62>_<CRC-32, 6 base62>`, and what may be changed of
 * one.
 */
import { assert } from "../model.ts";
import type { KeyToken, RotateKey } from "./model.ts";

/** How long the predecessor of a rotated key goes on. */
export const GRACE_MS: Readonly<Record<RotateKey["grace"], number>> = {
  "0": 0,
  "1h": 3_600_000,
  "24h": 86_400_000,
  "7d": 7 * 86_400_000,
};

const ID_CHARS = "0123456789abcdefghijklmnopqrstuvwxyz";
const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ID_LENGTH = 16;
/** 43 characters of base62 hold 256 random bits. */
const SECRET_LENGTH = 43;
const CRC_LENGTH = 6;
/** Random bytes a new key needs: 10 for the id (80 bits), 32 for the secret. */
export const KEY_RANDOM_BYTES = 42;
const ID_RANDOM_BYTES = 10;

const SHAPE = /^ewk_([0-9a-z]{16})_([0-9A-Za-z]{43})_([0-9A-Za-z]{6})$/;

/** A new key from random bytes; the caller owns chance. */
export function newKeyToken(random: Uint8Array): KeyToken {
  assert(random.length === KEY_RANDOM_BYTES, "a key takes 42 random bytes");
  return {
    keyId: digits(numberOf(random.subarray(0, ID_RANDOM_BYTES)), ID_CHARS, ID_LENGTH),
    secret: digits(numberOf(random.subarray(ID_RANDOM_BYTES)), BASE62, SECRET_LENGTH),
  };
}

export const keyText = (key: KeyToken): string =>
  `ewk_${key.keyId}_${key.secret}_${checksum(`ewk_${key.keyId}_${key.secret}`)}`;

/** Undefined unless shape and checksum are right: a typing error costs no look-up [KY2]. */
export function parseKey(text: string): KeyToken | undefined {
  const [, keyId, secret, crc] = SHAPE.exec(text) ?? [];
  if (keyId === undefined || secret === undefined || crc === undefined) return undefined;
  return checksum(`ewk_${keyId}_${secret}`) === crc ? { keyId, secret } : undefined;
}

const checksum = (text: string): string =>
  digits(BigInt(crc32(new TextEncoder().encode(text))), BASE62, CRC_LENGTH);

const numberOf = (bytes: Uint8Array): bigint =>
  bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

function digits(value: bigint, alphabet: string, length: number): string {
  const base = BigInt(alphabet.length);
  let rest = value;
  let text = "";
  for (let i = 0; i < length; i += 1) {
    text = alphabet.charAt(Number(rest % base)) + text;
    rest /= base;
  }
  return text;
}

/** CRC-32 as in zip and PNG (ISO 3309, reflected, polynomial 0xEDB88320). */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
