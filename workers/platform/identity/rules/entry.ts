/** Who comes in by a provider: where the browser goes afterwards, and which user a proof stands for. */
import type { ProblemCode } from "../../http/model.ts";
import type { Proof, Signup } from "../model.ts";

const RETURN_CHARS_MAX = 2_000;
/** The first characters up to U+0020, and U+007F: browsers drop some of them, and `/<tab>/host` becomes `//host`. */
const CONTROL = /[\p{Cc}\s]/u;

/** A path of this installation, or `/` for everything that could lead elsewhere [ID5]. */
export function safeReturn(path: string | undefined): string {
  if (path === undefined || path.length > RETURN_CHARS_MAX || CONTROL.test(path)) return "/";
  return /^\/(?![/\\])/.test(path) ? path : "/";
}

/** `path` with one more query parameter, before its fragment. */
export function withQuery(path: string, name: string, value: string): string {
  const [before = "", ...rest] = path.split("#");
  const fragment = rest.length === 0 ? "" : `#${rest.join("#")}`;
  return `${before}${before.includes("?") ? "&" : "?"}${name}=${encodeURIComponent(value)}${fragment}`;
}

const NAME_CHARS_MAX = 200;
/** Source: OpenID Connect Core 1.0, section 2. */
const SUBJECT_CHARS_MAX = 255;
const ADDRESS_CHARS_MAX = 320;

/** What a person calls themselves at a provider, fit to be shown: no control characters, not empty. */
function shown(name: string): string {
  const text = name
    .toWellFormed()
    .replaceAll(/\p{Cc}/gu, " ")
    .trim()
    .slice(0, NAME_CHARS_MAX);
  return text === "" ? "User" : text;
}

/**
 * An address that is compared without its case, as ours are, names nobody else: the Kelvin sign is a `k` in lower case,
 * and mail to it goes elsewhere.
 */
function isAddress(email: string): boolean {
  const ascii = email.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
  return (
    email !== "" &&
    email.length <= ADDRESS_CHARS_MAX &&
    email.isWellFormed() &&
    !CONTROL.test(email) &&
    email.toLowerCase() === ascii
  );
}

/** A proof as it may be stored and compared; undefined when its subject cannot be. */
export function storableProof(proof: Proof): Proof | undefined {
  const { subject } = proof;
  const fits = subject !== "" && subject.length <= SUBJECT_CHARS_MAX && subject.isWellFormed();
  if (!fits || /\p{Cc}/u.test(subject)) return undefined;
  return {
    ...proof,
    name: shown(proof.name),
    userName: shown(proof.userName),
    emails: proof.emails.filter(isAddress),
  };
}

/** What is known about a proof when it arrives. */
export interface Known {
  /** The user this identity belongs to. */
  readonly identityOf: string | undefined;
  /** The user with the same verified address, if the provider's word counts for that. */
  readonly emailOf: string | undefined;
  /** Whether an open invitation names one of its addresses. */
  readonly invited: boolean;
}

export type Entry =
  | { readonly kind: "known" | "attach"; readonly userId: string }
  | { readonly kind: "new"; readonly ownOrg: boolean }
  | { readonly kind: "refused"; readonly code: ProblemCode };

/** Which user a proof signs in: the identity's own, the one with its address, a new one, or none [ID6, ID8, ID9]. */
export function entryOf(known: Known, signup: Signup): Entry {
  if (known.identityOf !== undefined) return { kind: "known", userId: known.identityOf };
  if (known.emailOf !== undefined) return { kind: "attach", userId: known.emailOf };
  if (signup === "open") return { kind: "new", ownOrg: true };
  if (signup === "invite" && known.invited) return { kind: "new", ownOrg: false };
  return { kind: "refused", code: "signup_closed" };
}
