/** Signs whatever a test wants with the platform's own key: what a token says must be checked even then. */
import { importJWK, SignJWT, type JWTPayload } from "jose";
import { unseal } from "../../workers/platform/adapters/cipher.ts";
import { configurationOf } from "../../workers/platform/adapters/configuration.ts";
import type { TestPlatform } from "../platform.ts";

export type Sign = (claims: JWTPayload, header: Record<string, string>) => Promise<string>;

/** A header starts as that of an access token. */
export async function signWith(platform: TestPlatform): Promise<Sign> {
  const [row] = await platform.db.as("superuser")`
    select kid, kek, sealed from platform.signing_keys where plane = 'control' and state = 'current'`;
  const kid = String(row?.["kid"]);
  const bytes = await unseal(
    configurationOf(platform.env).kekPlatform,
    ["platform", "signing_keys", "control", kid],
    { kek: String(row?.["kek"]), bytes: new Uint8Array(row?.["sealed"] as Buffer) },
  );
  const key = await importJWK(JSON.parse(new TextDecoder().decode(bytes)), "ES256");
  return (claims, header) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: "ES256", typ: "at+jwt", kid, ...header })
      .sign(key);
}
