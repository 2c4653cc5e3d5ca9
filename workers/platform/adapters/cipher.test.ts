/** Sealed values open only for who holds the key and names what they are. */
import { expect, test } from "vitest";
import { utf8 } from "./bytes.ts";
import { seal, unseal } from "./cipher.ts";

const kek = (version: string, fill: number) => ({ version, bytes: new Uint8Array(32).fill(fill) });
const VALUE = utf8("a private key");
const LABEL = ["platform", "signing_keys", "k1"];

test("[TK1] a sealed value opens with its key and label", async () => {
  const sealed = await seal([kek("v1", 1)], LABEL, VALUE);
  expect(new TextDecoder().decode(await unseal([kek("v1", 1)], LABEL, sealed))).toBe(
    "a private key",
  );
});

test("[TK1] the first key seals, all open: keys can be exchanged", async () => {
  const old = await seal([kek("v1", 1)], LABEL, VALUE);
  const keks = [kek("v2", 2), kek("v1", 1)];
  expect((await seal(keks, LABEL, VALUE)).kek).toBe("v2");
  expect(await unseal(keks, LABEL, old)).toEqual(VALUE);
});

test("[TK1] another key, another label and a changed byte open nothing", async () => {
  const sealed = await seal([kek("v1", 1)], LABEL, VALUE);
  const changed = sealed.bytes.slice();
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
  await expect(unseal([kek("v1", 9)], LABEL, sealed)).rejects.toThrow();
  await expect(
    unseal([kek("v1", 1)], ["platform", "signing_keys", "k2"], sealed),
  ).rejects.toThrow();
  await expect(unseal([kek("v1", 1)], LABEL, { ...sealed, bytes: changed })).rejects.toThrow();
  await expect(unseal([kek("v2", 1)], LABEL, sealed)).rejects.toThrow(/v1 is not configured/);
});
