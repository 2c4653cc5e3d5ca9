/** Envelope encryption: a random key per value, itself sealed by a key of the configuration. AES-256-GCM throughout. */
import { utf8 } from "./bytes.ts";
import type { KeyEncryptionKey } from "./configuration.ts";

const NONCE_BYTES = 12;
const DEK_BYTES = 32;
const TAG_BYTES = 16;
const WRAPPED_BYTES = NONCE_BYTES + DEK_BYTES + TAG_BYTES;

export interface Sealed {
  /** Version of the key-encryption key. */
  readonly kek: string;
  /** Wrapped data key, then the sealed value; each with its nonce in front. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Seals `value`. `label` says what it is; the same label is needed to open it, so a value cannot stand in for another.
 */
export async function seal(
  keks: readonly KeyEncryptionKey[],
  label: readonly string[],
  value: Uint8Array<ArrayBuffer>,
): Promise<Sealed> {
  const [kek] = keks;
  if (kek === undefined) throw new Error("no key-encryption key is configured");
  const dek = crypto.getRandomValues(new Uint8Array(DEK_BYTES));
  const wrapped = await encrypt(kek.bytes, [...label, "dek", kek.version], dek);
  const body = await encrypt(dek, label, value);
  const bytes = new Uint8Array(wrapped.length + body.length);
  bytes.set(wrapped);
  bytes.set(body, wrapped.length);
  return { kek: kek.version, bytes };
}

/** @throws when the key-encryption key is not configured, or label or bytes were changed */
export async function unseal(
  keks: readonly KeyEncryptionKey[],
  label: readonly string[],
  sealed: Sealed,
): Promise<Uint8Array<ArrayBuffer>> {
  const kek = keks.find((candidate) => candidate.version === sealed.kek);
  if (kek === undefined) throw new Error(`the key-encryption key ${sealed.kek} is not configured`);
  const dek = await decrypt(
    kek.bytes,
    [...label, "dek", kek.version],
    sealed.bytes.slice(0, WRAPPED_BYTES),
  );
  return decrypt(dek, label, sealed.bytes.slice(WRAPPED_BYTES));
}

const additionalData = (label: readonly string[]): Uint8Array<ArrayBuffer> =>
  utf8(JSON.stringify(["ew1", ...label]));

const importKey = (bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> =>
  crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);

async function encrypt(
  key: Uint8Array<ArrayBuffer>,
  label: readonly string[],
  value: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const algorithm = { name: "AES-GCM", iv, additionalData: additionalData(label) };
  const sealed = new Uint8Array(
    await crypto.subtle.encrypt(algorithm, await importKey(key), value),
  );
  const bytes = new Uint8Array(NONCE_BYTES + sealed.length);
  bytes.set(iv);
  bytes.set(sealed, NONCE_BYTES);
  return bytes;
}

async function decrypt(
  key: Uint8Array<ArrayBuffer>,
  label: readonly string[],
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const algorithm = {
    name: "AES-GCM",
    iv: bytes.slice(0, NONCE_BYTES),
    additionalData: additionalData(label),
  };
  return new Uint8Array(
    await crypto.subtle.decrypt(algorithm, await importKey(key), bytes.slice(NONCE_BYTES)),
  );
}
