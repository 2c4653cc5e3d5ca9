/** Access tokens: ES256 only, one encoding only, checked before the library sees them [TK1, TK4, TK5]. */
import { errors, jwtVerify, SignJWT, type CryptoKey as JoseKey, type JWTPayload } from "jose";
import { fromBase64url } from "./bytes.ts";

/** Longest token that is looked at. */
export const TOKEN_CHARS_MAX = 4_096;
const CLOCK_TOLERANCE_S = 30;
const HEADER_KEYS = "alg,kid,typ";

export interface TokenKind {
  readonly typ: string;
  readonly issuer: string;
  readonly audience: string;
  readonly required: readonly string[];
}

/** The `kid` of a token in the one form we issue; undefined for every other form [TK4]. */
export function kidOf(token: string): string | undefined {
  if (token.length > TOKEN_CHARS_MAX) return undefined;
  const segments = token.split(".");
  if (segments.length !== 3) return undefined;
  const [header] = segments.map(fromBase64url);
  if (
    header === undefined ||
    segments.some((segment) => segment === "" || fromBase64url(segment) === undefined)
  )
    return undefined;
  const fields = headerFields(header);
  if (fields === undefined || Object.keys(fields).toSorted().join(",") !== HEADER_KEYS)
    return undefined;
  return fields["alg"] === "ES256" && typeof fields["kid"] === "string" ? fields["kid"] : undefined;
}

function headerFields(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(
      new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes),
    );
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)
      ? { ...parsed }
      : undefined;
  } catch {
    return undefined; // Not JSON: not a token of ours.
  }
}

export type Verified = { readonly payload: JWTPayload } | "expired" | "invalid";

/** Checks signature, type, issuer, audience, times and required claims. Call after `kidOf`. */
export async function verifyToken(
  token: string,
  key: JoseKey,
  kind: TokenKind,
  now: number,
): Promise<Verified> {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: ["ES256"],
      issuer: kind.issuer,
      audience: kind.audience,
      typ: kind.typ,
      requiredClaims: [...kind.required],
      clockTolerance: CLOCK_TOLERANCE_S,
      currentDate: new Date(now),
    });
    return { payload };
  } catch (error) {
    if (error instanceof errors.JWTExpired) return "expired";
    if (error instanceof errors.JOSEError) return "invalid";
    throw error;
  }
}

export const signToken = (
  claims: JWTPayload,
  key: { readonly kid: string; readonly privateKey: JoseKey },
  typ: string,
): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: "ES256", typ, kid: key.kid }).sign(key.privateKey);
