/** What every sign-in provider offers, how calls to one leave this Worker, and how their failures are told. */
import {
  AuthorizationResponseError,
  OperationProcessingError,
  ResponseBodyError,
  UnsupportedOperationError,
  WWWAuthenticateChallengeError,
  allowInsecureRequests,
  customFetch,
} from "oauth4webapi";
import type { Egress } from "../../adapters/egress.ts";
import { refuse, type Refusal, type Result } from "../../model.ts";
import type { Proof } from "../model.ts";

/** What the browser is sent to the provider with [ID2]. */
export interface Challenge {
  readonly redirectUri: string;
  readonly state: string;
  readonly nonce: string;
  /** S256 of the verifier [ID2]. */
  readonly codeChallenge: string;
}

/** What came back, and what was sent away before. */
export interface Callback {
  readonly params: URLSearchParams;
  readonly redirectUri: string;
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** One way to sign in. Both methods refuse `egress_refused`; the second also `login_failed`. */
export interface SignInProvider {
  /** Where the browser goes. */
  start(challenge: Challenge): Promise<Result<URL>>;
  /** Who came back. Tokens of the provider are used here and nowhere kept [ID11]. */
  finish(callback: Callback): Promise<Result<Proof>>;
}

/** Tells the operator why a provider was not believed; the visitor learns only that. */
export type Complain = (reason: string) => void;

const TIMEOUT_MS = 10_000;
/** Key sets and profiles are some kilobytes. */
const ANSWER_BYTES_MAX = 262_144;

/** Carries a refusal of the egress rules through the library, which knows errors only. */
class EgressRefusal extends Error {
  override readonly name = "EgressRefusal";
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super("the address of a provider may not be called");
    this.refusal = refusal;
  }
}

/** What the library asks to send. */
interface Sent {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Options of the library's calls: they leave through egress, which alone decides about http and about every host. */
export const through = (egress: Egress) => ({
  [allowInsecureRequests]: true,
  [customFetch]: (url: string, sent: Sent): Promise<Response> => callThrough(egress, url, sent),
});

async function callThrough(egress: Egress, url: string, sent: Sent): Promise<Response> {
  const answer = await egress.fetch(url, {
    method: sent.method,
    headers: { ...sent.headers, "user-agent": "edgewright" },
    ...(sent.body instanceof URLSearchParams ? { body: sent.body.toString() } : {}),
    timeoutMs: TIMEOUT_MS,
    bytesMax: ANSWER_BYTES_MAX,
  });
  if (!answer.ok) throw new EgressRefusal(answer.refusal);
  const { status, headers, body } = answer.value;
  const type = headers["content-type"];
  const challenge = headers["www-authenticate"];
  return new Response(body.length === 0 ? null : body, {
    status,
    headers: {
      ...(type === undefined ? {} : { "content-type": type }),
      ...(challenge === undefined ? {} : { "www-authenticate": challenge }),
    },
  });
}

const LIBRARY_ERRORS = [
  AuthorizationResponseError,
  OperationProcessingError,
  ResponseBodyError,
  UnsupportedOperationError,
  WWWAuthenticateChallengeError,
];

/** Why a provider was not believed, where the library did not notice. */
export class Disbelief extends Error {
  override readonly name = "Disbelief";
}

/** Turns the library's errors into refusals; everything else is thrown on. */
export async function believed<T>(
  complain: Complain,
  body: () => Promise<Result<T>>,
): Promise<Result<T>> {
  try {
    return await body();
  } catch (error) {
    if (error instanceof EgressRefusal) {
      complain(`egress refused: ${error.refusal.detail ?? ""}`);
      return { ok: false, refusal: error.refusal };
    }
    if (error instanceof Disbelief || LIBRARY_ERRORS.some((kind) => error instanceof kind)) {
      complain(reasonOf(error));
      return refuse("login_failed");
    }
    throw error;
  }
}

/** The library's sentence and the provider's own code, never a token. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  const code = "error" in error && typeof error.error === "string" ? ` (${error.error})` : "";
  return `${error.message}${code}`;
}
