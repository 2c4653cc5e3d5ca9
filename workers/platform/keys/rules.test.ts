/** The text form of API keys. */
import { expect, test } from "vitest";
import { crc32, KEY_RANDOM_BYTES, keyText, newKeyToken, parseKey } from "./rules.ts";

const key = newKeyToken(Uint8Array.from({ length: KEY_RANDOM_BYTES }, (_, i) => (i * 37) % 256));
const text = keyText(key);

test("[KY2] a key reads back as it was made", () => {
  expect(parseKey(text)).toEqual(key);
});

test("[KY2] every single mistyped character is noticed without a look-up", () => {
  for (let at = 0; at < text.length; at += 1) {
    const other = text[at] === "a" ? "b" : "a";
    expect(parseKey(text.slice(0, at) + other + text.slice(at + 1)), `at ${at}`).toBeUndefined();
  }
});

test("the checksum is CRC-32", () => {
  expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
});
