/** Envelope encryption: a random key per value, itself sealed by a key of the configuration. AES-256-GCM throughout. */
import { utf8 } from "./bytes.ts";
import type { KeyEncryptionKey } from "./configuration.ts";

const NONCE_BYTES = 12;
const DEK_BYTES = 32;
const TAG_BYTES = 16;
const WRAPPED_BYTES = NONCE_BYTES + DEK_BYTES + TAG_BYTES;

/** What a sealed value is; bound to it, so that a value cannot stand in for another. */
export type Label = readonly (string | number)[];

export interface SealedValue {
  /** Version of the key-encryption key. */
  readonly kek: string;
  /** The data key, sealed; nonce in front. */
  readonly wrappedDek: Uint8Array<ArrayBuffer>;
  /** The value under the data key; nonce in front. */
  readonly ciphertext: Uint8Array<ArrayBuffer>;
}

export interface Sealed {
  /** Version of the key-encryption key. */
  readonly kek: string;
  /** Wrapped data key, then the sealed value; each with its nonce in front. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Chance for what has no port of its own: nonces, salts. */
export const randomBytes = (bytes: number): Uint8Array<ArrayBuffer> =>
  crypto.getRandomValues(new Uint8Array(bytes));

/** Seals `value` under a data key of its own, and that under the first of `keks`. */
export async function sealValue(
  keks: readonly KeyEncryptionKey[],
  label: Label,
  value: Uint8Array<ArrayBuffer>,
  random: (bytes: number) => Uint8Array = randomBytes,
): Promise<SealedValue> {
  const kek = currentOf(keks);
  const dek = new Uint8Array(random(DEK_BYTES));
  const wrappedDek = await encrypt(kek.bytes, dekLabel(label, kek.version), dek);
  return { kek: kek.version, wrappedDek, ciphertext: await encrypt(dek, label, value) };
}

/** @throws when the key-encryption key is not configured, or label or bytes were changed */
export async function openValue(
  keks: readonly KeyEncryptionKey[],
  label: Label,
  sealed: SealedValue,
): Promise<Uint8Array<ArrayBuffer>> {
  return decrypt(await openDek(keks, label, sealed), label, sealed.ciphertext);
}

/** The same data key under the first of `keks`; the value stays as it is [SC5]. */
export async function rewrapDek(
  keks: readonly KeyEncryptionKey[],
  label: Label,
  sealed: Pick<SealedValue, "kek" | "wrappedDek">,
): Promise<Pick<SealedValue, "kek" | "wrappedDek">> {
  const kek = currentOf(keks);
  const dek = await openDek(keks, label, sealed);
  const wrappedDek = await encrypt(kek.bytes, dekLabel(label, kek.version), dek);
  return { kek: kek.version, wrappedDek };
}

/**
 * Seals `value`. `label` says what it is; the same label is needed to open it, so a value cannot stand in for another.
 */
export async function seal(
  keks: readonly KeyEncryptionKey[],
  label: Label,
  value: Uint8Array<ArrayBuffer>,
): Promise<Sealed> {
  return joined(await sealValue(keks, label, value));
}

/** The same value, its data key under the first of `keks` [SC5]. */
export async function rewrapSealed(
  keks: readonly KeyEncryptionKey[],
  label: Label,
  sealed: Sealed,
): Promise<Sealed> {
  const { ciphertext, ...dek } = parted(sealed);
  return joined({ ...(await rewrapDek(keks, label, dek)), ciphertext });
}

function joined({ kek, wrappedDek, ciphertext }: SealedValue): Sealed {
  const bytes = new Uint8Array(wrappedDek.length + ciphertext.length);
  bytes.set(wrappedDek);
  bytes.set(ciphertext, wrappedDek.length);
  return { kek, bytes };
}

const parted = ({ kek, bytes }: Sealed): SealedValue => ({
  kek,
  wrappedDek: bytes.slice(0, WRAPPED_BYTES),
  ciphertext: bytes.slice(WRAPPED_BYTES),
});

/** @throws when the key-encryption key is not configured, or label or bytes were changed */
export async function unseal(
  keks: readonly KeyEncryptionKey[],
  label: Label,
  sealed: Sealed,
): Promise<Uint8Array<ArrayBuffer>> {
  return openValue(keks, label, parted(sealed));
}

function currentOf(keks: readonly KeyEncryptionKey[]): KeyEncryptionKey {
  const [kek] = keks;
  if (kek === undefined) throw new Error("no key-encryption key is configured");
  return kek;
}

async function openDek(
  keks: readonly KeyEncryptionKey[],
  label: Label,
  sealed: Pick<SealedValue, "kek" | "wrappedDek">,
): Promise<Uint8Array<ArrayBuffer>> {
  const kek = keks.find((candidate) => candidate.version === sealed.kek);
  if (kek === undefined) throw new Error(`the key-encryption key ${sealed.kek} is not configured`);
  return decrypt(kek.bytes, dekLabel(label, kek.version), sealed.wrappedDek);
}

const dekLabel = (label: Label, kek: string): Label => [...label, "dek", kek];

/** JSON of texts and integers is canonical as it is [SC2]. */
const additionalData = (label: Label): Uint8Array<ArrayBuffer> =>
  utf8(JSON.stringify(["ew1", ...label]));

const importKey = (bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> =>
  crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);

async function encrypt(
  key: Uint8Array<ArrayBuffer>,
  label: Label,
  value: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const iv = randomBytes(NONCE_BYTES);
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
  label: Label,
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
