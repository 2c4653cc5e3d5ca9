/** Which texts are access tokens of ours at all, and which of those are valid. */
import { generateKeyPair, SignJWT } from "jose";
import { beforeAll, expect, test } from "vitest";
import { fromBase64url, toBase64url } from "./bytes.ts";
import { kidOf, signToken, verifyToken, type TokenKind } from "./jwt.ts";

const KIND: TokenKind = {
  typ: "at+jwt",
  issuer: "http://i",
  audience: "edgewright",
  required: ["sub", "exp", "jti"],
};
const NOW = 1_800_000_000_000;
const CLAIMS = { iss: "http://i", aud: "edgewright", sub: "u", jti: "j", exp: NOW / 1000 + 900 };

let pair: Awaited<ReturnType<typeof generateKeyPair>>;
let token: string;
beforeAll(async () => {
  pair = await generateKeyPair("ES256");
  token = await signToken(CLAIMS, { kid: "k", privateKey: pair.privateKey }, KIND.typ);
});

const signed = (
  claims: Record<string, unknown>,
  header: Record<string, unknown> = {},
): Promise<string> =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: "ES256", typ: KIND.typ, kid: "k", ...header })
    .sign(pair.privateKey);
const withHeader = (header: unknown): string =>
  [
    toBase64url(new TextEncoder().encode(JSON.stringify(header))),
    ...token.split(".").slice(1),
  ].join(".");
const check = (text: string, now = NOW) => verifyToken(text, pair.publicKey, KIND, now);

test("[TK5] a token of ours is valid", async () => {
  expect(kidOf(token)).toBe("k");
  expect(await check(token)).toMatchObject({ payload: { sub: "u" } });
});

test("[TK4] only one encoding of a token is looked at", () => {
  const [header = "", payload = "", signature = ""] = token.split(".");
  const strayBits =
    signature.slice(0, -1) +
    (signature.endsWith("A")
      ? "B"
      : String.fromCharCode(signature.charCodeAt(signature.length - 1) + 1));
  const others = [
    `${header}.${payload}.${signature}=`,
    `${header}.${payload}. ${signature}`,
    `${header}.${payload}`,
    `${token}.`,
    `${header}..${signature}`,
    `${header}.${payload}.${signature.replaceAll("-", "+").replaceAll("_", "/")}+`,
    `${header}\n.${payload}.${signature}`,
    token + "A".repeat(5_000),
  ];
  for (const other of others) expect(kidOf(other), other.slice(-40)).toBeUndefined();
  if (fromBase64url(strayBits) === undefined)
    expect(kidOf(`${header}.${payload}.${strayBits}`)).toBeUndefined();
});

test.each([
  ["alg none", { alg: "none", typ: "at+jwt", kid: "k" }],
  ["HS256", { alg: "HS256", typ: "at+jwt", kid: "k" }],
  ["an embedded key", { alg: "ES256", typ: "at+jwt", kid: "k", jwk: {} }],
  ["crit", { alg: "ES256", typ: "at+jwt", kid: "k", crit: ["x"] }],
  ["no kid", { alg: "ES256", typ: "at+jwt" }],
  ["a list", ["ES256"]],
])("[TK4] a header with %s is refused unseen", (_, header) => {
  expect(kidOf(withHeader(header))).toBeUndefined();
});

test("[TK5] another issuer, audience, type or key, missing claims or a changed claim are invalid", async () => {
  const other = await generateKeyPair("ES256");
  const wrong = [
    await signed({ ...CLAIMS, iss: "http://other" }),
    await signed({ ...CLAIMS, aud: "worker" }),
    await signed(CLAIMS, { typ: "lease+jwt" }),
    await signed({ iss: "http://i", aud: "edgewright", exp: CLAIMS.exp, sub: "u" }),
    await signToken(CLAIMS, { kid: "k", privateKey: other.privateKey }, KIND.typ),
    token.replace(
      /\.[^.]+\./,
      `.${toBase64url(new TextEncoder().encode(JSON.stringify({ ...CLAIMS, sub: "root" })))}.`,
    ),
  ];
  for (const text of wrong) expect(await check(text)).toBe("invalid");
});

test("[TK5] thirty seconds of clock difference are tolerated, not more", async () => {
  expect(await check(token, NOW + 900_000 + 29_000)).toHaveProperty("payload");
  expect(await check(token, NOW + 900_000 + 31_000)).toBe("expired");
});
