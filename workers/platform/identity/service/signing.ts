/** Issues and checks access tokens; the first signing key is made when it is first needed. */
import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type CryptoKey as JoseKey,
  type JWK,
  type JWTPayload,
} from "jose";
import { utf8 } from "../../adapters/bytes.ts";
import { seal, unseal } from "../../adapters/cipher.ts";
import { configurationOf, type Configuration } from "../../adapters/configuration.ts";
import { kidOf, signToken, verifyToken, type TokenKind } from "../../adapters/jwt.ts";
import type { Sql } from "../../adapters/sql.ts";
import { assert, type Instant } from "../../model.ts";
import { ACCESS_TOKEN_S, AccessClaims } from "../model.ts";
import { insertFirstKey, readSigningKeys, type SigningKeyRow } from "../store/signing-keys.ts";

export interface TokenPorts {
  readonly env: Env;
  readonly sql: Sql;
  readonly now: () => Instant;
}

interface KeySet {
  readonly loadedAt: Instant;
  readonly kid: string;
  readonly privateKey: JoseKey;
  readonly publicKeys: ReadonlyMap<string, JoseKey>;
  readonly jwks: readonly JWK[];
}

/** An unknown kid makes an isolate read the keys again at most this often [TK5]. */
const RELOAD_MS = 30_000;
const ACCESS_TYP = "at+jwt";
const AUDIENCE = "edgewright";
const LABEL = ["platform", "signing_keys", "control"];

/** Keys per isolate; they hold no open connection, so requests may share them. */
const loaded = new WeakMap<object, KeySet>();

const accessKind = (configuration: Configuration): TokenKind => ({
  typ: ACCESS_TYP,
  issuer: configuration.issuer,
  audience: AUDIENCE,
  required: ["sub", "sid", "iat", "exp", "jti"],
});

/** The public keys as served at /.well-known/jwks.json. */
export const publicKeys = async (ports: TokenPorts): Promise<readonly JWK[]> =>
  (await keysOf(ports)).jwks;

/** A token for `claims`, valid for ACCESS_TOKEN_S from now. */
export async function issueAccessToken(ports: TokenPorts, claims: AccessClaims): Promise<string> {
  const keys = await keysOf(ports);
  const iat = Math.floor(ports.now() / 1000);
  const payload: JWTPayload = {
    ...claims,
    iss: configurationOf(ports.env).issuer,
    aud: AUDIENCE,
    iat,
    exp: iat + ACCESS_TOKEN_S,
  };
  return signToken(payload, keys, ACCESS_TYP);
}

export type CheckedToken = { readonly claims: AccessClaims } | "expired" | "invalid";

/** Says who sent a token, or why it is not taken. */
export async function checkAccessToken(ports: TokenPorts, token: string): Promise<CheckedToken> {
  const kid = kidOf(token);
  if (kid === undefined) return "invalid";
  const key = await publicKeyOf(ports, kid);
  if (key === undefined) return "invalid";
  const verified = await verifyToken(
    token,
    key,
    accessKind(configurationOf(ports.env)),
    ports.now(),
  );
  if (verified === "expired" || verified === "invalid") return verified;
  const claims = AccessClaims.safeParse(verified.payload);
  return claims.success ? { claims: claims.data } : "invalid";
}

async function publicKeyOf(ports: TokenPorts, kid: string): Promise<JoseKey | undefined> {
  const keys = await keysOf(ports);
  const known = keys.publicKeys.get(kid);
  if (known !== undefined || ports.now() - keys.loadedAt < RELOAD_MS) return known;
  return (await load(ports)).publicKeys.get(kid);
}

const keysOf = async (ports: TokenPorts): Promise<KeySet> => loaded.get(ports.env) ?? load(ports);

async function load(ports: TokenPorts): Promise<KeySet> {
  let rows = await ports.sql.transaction({ none: true }, readSigningKeys);
  if (!rows.some((row) => row.state === "current")) {
    await makeFirstKey(ports);
    rows = await ports.sql.transaction({ none: true }, readSigningKeys);
  }
  const current = rows.find((row) => row.state === "current");
  assert(current !== undefined, "a signing key exists once one was made");
  const keys: KeySet = {
    loadedAt: ports.now(),
    kid: current.kid,
    privateKey: await openPrivate(ports.env, current),
    publicKeys: new Map(
      await Promise.all(rows.map(async (row) => [row.kid, await imported(row.publicJwk)] as const)),
    ),
    jwks: rows.map((row) => ({ ...row.publicJwk, kid: row.kid, use: "sig", alg: "ES256" })),
  };
  loaded.set(ports.env, keys);
  return keys;
}

async function makeFirstKey({ env, sql, now }: TokenPorts): Promise<void> {
  const pair = await generateKeyPair("ES256", { extractable: true });
  const publicJwk = await exportJWK(pair.publicKey);
  const kid = await calculateJwkThumbprint(publicJwk);
  const privateJwk = utf8(JSON.stringify(await exportJWK(pair.privateKey)));
  const sealed = await seal(configurationOf(env).kekPlatform, [...LABEL, kid], privateJwk);
  await sql.transaction({ none: true }, (tx) =>
    insertFirstKey(
      tx,
      { kid, publicJwk: { ...publicJwk }, sealed: sealed.bytes, kek: sealed.kek },
      now(),
    ),
  );
}

async function openPrivate(env: Env, row: SigningKeyRow): Promise<JoseKey> {
  const bytes = await unseal(configurationOf(env).kekPlatform, [...LABEL, row.kid], {
    kek: row.kek,
    bytes: row.sealed,
  });
  return imported(JSON.parse(new TextDecoder().decode(bytes)));
}

async function imported(jwk: JWK): Promise<JoseKey> {
  const key = await importJWK(jwk, "ES256");
  assert(!(key instanceof Uint8Array), "an ES256 key is not symmetric");
  return key;
}
