/** The key that signs the ends of audit chains. It serves nothing else, and its public part is kept for ever [AU6]. */
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from "jose";
import { fromBase64url, toBase64url, utf8 } from "../../adapters/bytes.ts";
import { seal, unseal } from "../../adapters/cipher.ts";
import { configurationOf } from "../../adapters/configuration.ts";
import type { Sql } from "../../adapters/sql.ts";
import { assert, type Instant } from "../../model.ts";
import { AuditKey, type AuditHead } from "../model.ts";
import { signedText } from "../rules/chain.ts";
import { insertAuditKey, readAuditKeys, type AuditKeyRow } from "../store/seals.ts";

export interface AuditPorts {
  readonly env: Env;
  readonly sql: Sql;
  readonly now: () => Instant;
}

const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const SIGNATURE = { name: "ECDSA", hash: "SHA-256" };
const labelOf = (kid: string): string[] => ["platform", "signing_keys", "audit", kid];

/** Signs a head. */
export type Signer = (head: Omit<AuditHead, "sig" | "kid">) => Promise<AuditHead>;

/** Public keys of all signatures ever made. */
export async function auditKeys(ports: Pick<AuditPorts, "sql">): Promise<readonly AuditKey[]> {
  return (await ports.sql.transaction({ none: true }, readAuditKeys)).map(publicOf);
}

const publicOf = (row: AuditKeyRow): AuditKey => {
  const jwk = typeof row.publicJwk === "object" && row.publicJwk !== null ? row.publicJwk : {};
  return AuditKey.parse({ ...jwk, kid: row.kid });
};

/** Signs with the current key, which is made when it is first needed. */
export async function auditSigner(ports: AuditPorts): Promise<Signer> {
  const row = (await currentKey(ports.sql)) ?? (await makeKey(ports));
  const bytes = await unseal(configurationOf(ports.env).kekPlatform, labelOf(row.kid), {
    kek: row.kek,
    bytes: row.sealed,
  });
  const jwk: JsonWebKey = JSON.parse(new TextDecoder().decode(bytes));
  const key = await crypto.subtle.importKey("jwk", jwk, CURVE, false, ["sign"]);
  return async (head) => {
    const named = { ...head, kid: row.kid };
    const sig = await crypto.subtle.sign(SIGNATURE, key, utf8(signedText(named)));
    return { ...named, sig: toBase64url(new Uint8Array(sig)) };
  };
}

const currentKey = async (sql: Sql): Promise<AuditKeyRow | undefined> =>
  (await sql.transaction({ none: true }, readAuditKeys)).find(({ state }) => state === "current");

async function makeKey(ports: AuditPorts): Promise<AuditKeyRow> {
  const pair = await generateKeyPair("ES256", { extractable: true });
  const { kty, crv, x, y } = await exportJWK(pair.publicKey);
  const publicJwk = { kty, crv, x, y };
  const kid = await calculateJwkThumbprint(await exportJWK(pair.publicKey));
  const privateJwk = utf8(JSON.stringify(await exportJWK(pair.privateKey)));
  const sealed = await seal(configurationOf(ports.env).kekPlatform, labelOf(kid), privateJwk);
  const at = new Date(ports.now()).toISOString();
  await ports.sql.transaction({ none: true }, (tx) =>
    insertAuditKey(tx, { kid, publicJwk, sealed: sealed.bytes, kek: sealed.kek, at }),
  );
  const current = await currentKey(ports.sql);
  assert(current !== undefined, "a key that signs heads exists once one was made");
  return current;
}

/** True when one of `keys` signed the head. */
export async function signatureHolds(head: AuditHead, keys: readonly AuditKey[]): Promise<boolean> {
  const jwk = keys.find(({ kid }) => kid === head.kid);
  const sig = fromBase64url(head.sig);
  if (jwk === undefined || sig === undefined) return false;
  const { kty, crv, x, y } = jwk;
  const key = await crypto.subtle.importKey("jwk", { kty, crv, x, y }, CURVE, false, ["verify"]);
  return crypto.subtle.verify(SIGNATURE, key, sig, utf8(signedText(head)));
}
