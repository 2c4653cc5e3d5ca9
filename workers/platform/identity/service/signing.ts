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
import {
  kidOf,
  signToken,
  verifyToken,
  type TokenKind,
  type Verified,
} from "../../adapters/jwt.ts";
import type { Sql } from "../../adapters/sql.ts";
import { assert, Fault, type Instant } from "../../model.ts";
import { ACCESS_TOKEN_S, AccessClaims } from "../model.ts";
import {
  insertFirstKey,
  readSigningKeys,
  type NewSigningKey,
  type SigningKeyRow,
} from "../store/signing-keys.ts";

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
/** As long as others may cache the key set. */
const TRUSTED_MS = 300_000;
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
export const issueAccessToken = (ports: TokenPorts, claims: AccessClaims): Promise<string> =>
  issueToken(ports, claims, { typ: ACCESS_TYP, audience: AUDIENCE, lifeS: ACCESS_TOKEN_S });

export interface TokenForm {
  readonly typ: string;
  readonly audience: string;
  readonly lifeS: number;
}

/** A token of the control plane's current key. */
export async function issueToken(
  ports: TokenPorts,
  claims: JWTPayload,
  form: TokenForm,
): Promise<string> {
  const keys = await keysOf(ports);
  const iat = Math.floor(ports.now() / 1000);
  const { issuer: iss } = configurationOf(ports.env);
  const payload = { ...claims, iss, aud: form.audience, iat, exp: iat + form.lifeS };
  return signToken(payload, keys, form.typ);
}

export type CheckedToken = { readonly claims: AccessClaims } | "expired" | "invalid";

/** Says who sent a token, or why it is not taken. */
export async function checkAccessToken(ports: TokenPorts, token: string): Promise<CheckedToken> {
  const verified = await checkToken(ports, token, accessKind(configurationOf(ports.env)));
  if (verified === "expired" || verified === "invalid") return verified;
  const claims = AccessClaims.safeParse(verified.payload);
  return claims.success ? { claims: claims.data } : "invalid";
}

/** What a token of `kind` says, or why it is not taken. */
export async function checkToken(
  ports: TokenPorts,
  token: string,
  kind: TokenKind,
): Promise<Verified> {
  const kid = kidOf(token);
  if (kid === undefined) return "invalid";
  const key = await publicKeyOf(ports, kid);
  return key === undefined ? "invalid" : verifyToken(token, key, kind, ports.now());
}

async function publicKeyOf(ports: TokenPorts, kid: string): Promise<JoseKey | undefined> {
  const keys = await keysOf(ports);
  const known = keys.publicKeys.get(kid);
  if (known !== undefined || ports.now() - keys.loadedAt < RELOAD_MS) return known;
  return (await load(ports)).publicKeys.get(kid);
}

/** Keys are read again now and then, so that a new one signs and a retired one is forgotten [TK3]. */
async function keysOf(ports: TokenPorts): Promise<KeySet> {
  const known = loaded.get(ports.env);
  if (known === undefined) return load(ports);
  if (ports.now() - known.loadedAt < TRUSTED_MS) return known;
  try {
    return await load(ports);
  } catch (error) {
    // Checking a token needs no store: while Postgres is away, what is known still holds.
    if (error instanceof Fault) return known;
    throw error;
  }
}

async function load(ports: TokenPorts): Promise<KeySet> {
  let rows = await ports.sql.transaction({ none: true }, readSigningKeys);
  if (!rows.some((row) => row.state === "current")) {
    const key = await newSigningKey(ports.env);
    await ports.sql.transaction({ none: true }, (tx) => insertFirstKey(tx, key, ports.now()));
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

/** A key pair, its private part sealed. */
export async function newSigningKey(env: Env): Promise<NewSigningKey> {
  const pair = await generateKeyPair("ES256", { extractable: true });
  const publicJwk = await exportJWK(pair.publicKey);
  const kid = await calculateJwkThumbprint(publicJwk);
  const privateJwk = utf8(JSON.stringify(await exportJWK(pair.privateKey)));
  const sealed = await seal(configurationOf(env).kekPlatform, [...LABEL, kid], privateJwk);
  return { kid, publicJwk: { ...publicJwk }, sealed: sealed.bytes, kek: sealed.kek };
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
