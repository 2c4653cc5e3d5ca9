/**
 * Hostile tokens: a set of our own always; and Project Wycheproof's JSON Web Signature vectors when JWS_VECTORS names
 * their file (testvectors_v1/json_web_signature_test.json).
 */
import { readFileSync } from "node:fs";
import {
  compactVerify,
  generateKeyPair,
  importJWK,
  type CryptoKey as JoseKey,
  type JWK,
} from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import { fromBase64url, toBase64url, utf8 } from "./bytes.ts";
import { kidOf, signToken, verifyToken, type TokenKind } from "./jwt.ts";

const KIND: TokenKind = { typ: "at+jwt", issuer: "http://i", audience: "a", required: ["sub"] };
const NOW = 1_800_000_000_000;
const CLAIMS = { iss: "http://i", aud: "a", sub: "u", exp: NOW / 1000 + 900 };

let key: JoseKey;
let token: string;
beforeAll(async () => {
  const pair = await generateKeyPair("ES256");
  key = pair.publicKey;
  token = await signToken(CLAIMS, { kid: "k", privateKey: pair.privateKey }, KIND.typ);
});

/** The way every access token goes: its form first, then its signature and claims. */
const accepts = async (text: string, publicKey: JoseKey): Promise<boolean> =>
  kidOf(text) !== undefined && typeof (await verifyToken(text, publicKey, KIND, NOW)) === "object";

/** Names and makers of tokens that differ from a good one in one hostile way. */
const HOSTILE: Record<string, (parts: readonly string[]) => string> = {
  "padding behind a segment": ([h, p, s]) => `${h}.${p}.${s}=`,
  "padding inside": ([h, p, s]) => `${h}==.${p}.${s}`,
  "a space in front": ([h, p, s]) => ` ${h}.${p}.${s}`,
  "a line break inside": ([h, p, s]) => `${h}.${p?.slice(0, 4)}\n${p?.slice(4)}.${s}`,
  "the other alphabet": ([h, p, s]) => `${h}.${p}.${s?.slice(0, -2)}+/`,
  "a stray bit in the last character": ([h, p, s]) => `${h}.${p}.${s?.slice(0, -1)}${stray(s)}`,
  "four segments": ([h, p, s]) => `${h}.${p}.${s}.${s}`,
  "five segments, as encrypted": ([h, p, s]) => `${h}.${p}.${s}.${p}.${s}`,
  "two segments": ([h, p]) => `${h}.${p}`,
  "an empty signature": ([h, p]) => `${h}.${p}.`,
  "a signature of zeros": ([h, p]) => `${h}.${p}.${toBase64url(new Uint8Array(64))}`,
  "a short signature": ([h, p, s]) => `${h}.${p}.${s?.slice(0, 84)}`,
  "a long signature": ([h, p, s]) => `${h}.${p}.${s}AAAA`,
  "a signature in DER": ([h, p, s]) => `${h}.${p}.${toBase64url(der(s))}`,
  "signature and payload swapped": ([h, p, s]) => `${h}.${s}.${p}`,
  "JSON serialization": ([h, p, s]) => JSON.stringify({ protected: h, payload: p, signature: s }),
  "alg in lower case": withHeader({ alg: "es256" }),
  "alg none": withHeader({ alg: "none" }),
  "alg NONE": withHeader({ alg: "NoNe" }),
  "alg as a list": withHeader({ alg: ["ES256"] }),
  "alg HS256": withHeader({ alg: "HS256" }),
  "alg ES384": withHeader({ alg: "ES384" }),
  "kid as a number": withHeader({ kid: 1 }),
  "no kid": withHeader({ kid: undefined }),
  "an embedded key": withHeader({ jwk: { kty: "EC" } }),
  "the address of a key": withHeader({ jku: "https://evil.example" }),
  "a certificate": withHeader({ x5c: ["AA"] }),
  crit: withHeader({ crit: ["exp"] }),
  "an unencoded payload": withHeader({ b64: false, crit: ["b64"] }),
  compression: withHeader({ zip: "DEF" }),
  "a nested token": withHeader({ cty: "JWT" }),
  "a header with a byte order mark": ([, p, s]) =>
    `${toBase64url(utf8(`\uFEFF${header({})}`))}.${p}.${s}`,
  "a header that is no UTF-8": ([, p, s]) =>
    `${toBase64url(Uint8Array.from([...utf8(header({})), 0xff]))}.${p}.${s}`,
  "a header with alg twice": ([, p, s]) =>
    `${toBase64url(utf8('{"alg":"none","alg":"ES256","typ":"at+jwt","kid":"k"}'))}.${p}.${s}`,
  "a header that is a list": ([, p, s]) => `${toBase64url(utf8('["ES256"]'))}.${p}.${s}`,
  "a header that is null": ([, p, s]) => `${toBase64url(utf8("null"))}.${p}.${s}`,
  "another payload": ([h, , s]) =>
    `${h}.${toBase64url(utf8(JSON.stringify({ ...CLAIMS, sub: "root" })))}.${s}`,
  "five thousand characters": ([h, p, s]) => `${h}.${p}.${s}${"A".repeat(5_000)}`,
};

const header = (change: Record<string, unknown>): string =>
  JSON.stringify({ alg: "ES256", typ: "at+jwt", kid: "k", ...change });

function withHeader(change: Record<string, unknown>): (parts: readonly string[]) => string {
  return ([, p, s]) => `${toBase64url(utf8(header(change)))}.${p}.${s}`;
}

/** 64 bytes end in a character of which two bits are unused. */
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const stray = (segment = ""): string =>
  ALPHABET[(ALPHABET.indexOf(segment.at(-1) ?? "A") + 1) % 64] ?? "B";

function der(segment = ""): Uint8Array {
  const raw = fromBase64url(segment) ?? new Uint8Array(64);
  const integer = (bytes: Uint8Array): number[] => [2, bytes.length + 1, 0, ...bytes];
  const body = [...integer(raw.subarray(0, 32)), ...integer(raw.subarray(32))];
  return Uint8Array.from([0x30, body.length, ...body]);
}

test("[TK4] the token the hostile ones are made of is a good one", async () => {
  expect(await accepts(token, key)).toBe(true);
});

test.each(Object.entries(HOSTILE))("[TK4] [TK5] %s is refused", async (_, change) => {
  const text = change(token.split("."));
  expect(text).not.toBe(token);
  expect(await accepts(text, key)).toBe(false);
});

interface Group {
  readonly public?: JWK;
  readonly private: JWK;
  readonly tests: readonly {
    readonly tcId: number;
    readonly jws: unknown;
    readonly result: string;
  }[];
}

const file = process.env["JWS_VECTORS"];

// The file is not part of this repository: whoever has it names it, and only then these tests are there.
if (file !== undefined) describe("Wycheproof's vectors", () => vectorsOf(file));

function vectorsOf(path: string): void {
  const { testGroups } = JSON.parse(readFileSync(path, "utf8")) as { testGroups: Group[] };

  /** Ids of the invalid vectors that `check` takes for valid, and how many invalid and valid ones there were. */
  async function falseAccepts(
    check: (jws: string, group: Group) => Promise<boolean>,
  ): Promise<{ invalid: number; accepted: number[]; valid: number; taken: number }> {
    const found = { invalid: 0, accepted: [] as number[], valid: 0, taken: 0 };
    for (const group of testGroups) {
      // Two vectors that are called invalid (367, 370) are, letter by letter, one that is called valid (357).
      const good = new Set(group.tests.filter(isValid).map(({ jws }) => jws));
      for (const { tcId, jws, result } of group.tests) {
        const text = typeof jws === "string" ? jws : JSON.stringify(jws);
        const accepted = await check(text, group).catch(() => false);
        if (result === "valid") {
          found.valid += 1;
          if (accepted) found.taken += 1;
        } else if (!good.has(jws)) {
          found.invalid += 1;
          if (accepted) found.accepted.push(tcId);
        }
      }
    }
    return found;
  }

  const isValid = ({ result }: { readonly result: string }): boolean => result === "valid";

  /** The whole way in; a key that is no P-256 key never is one of ours. */
  const ours = async (jws: string, group: Group): Promise<boolean> => {
    const jwk = group.public ?? group.private;
    if (jwk.crv !== "P-256") return kidOf(jws) !== undefined;
    const imported = await importJWK({ ...jwk, alg: "ES256" }, "ES256");
    return accepts(jws, imported as JoseKey);
  };

  /** Our encoding rules and the library's signature check, for every algorithm and header. */
  const encodingAndSignature = async (jws: string, group: Group): Promise<boolean> => {
    const segments = jws.split(".");
    if (segments.length !== 3 || segments.some((part) => fromBase64url(part) === undefined))
      return false;
    const jwk = group.public ?? group.private;
    await compactVerify(jws, await importJWK(jwk), { algorithms: [jwk.alg ?? ""] });
    return true;
  };

  test("[TK4] [TK5] no invalid vector gets in", async () => {
    const found = await falseAccepts(ours);
    process.stdout.write(
      `Wycheproof JWS: ${found.accepted.length} false accepts of ${found.invalid}\n`,
    );
    expect(found.accepted).toEqual([]);
    expect(found.invalid).toBe(353);
  });

  test("[TK4] the encoding rules and the signature alone keep them out as well", async () => {
    const found = await falseAccepts(encodingAndSignature);
    process.stdout.write(
      `Wycheproof JWS, encoding and signature alone: ${found.accepted.length} of ${found.invalid} (${found.accepted.join()}), ${found.taken} of ${found.valid} valid ones taken\n`,
    );
    expect(found.accepted).toEqual([]);
    expect(found.taken).toBeGreaterThan(0);
  });
}
