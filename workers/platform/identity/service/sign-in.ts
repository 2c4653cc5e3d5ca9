/** Signing in at a provider: sending the browser there, and believing what it comes back with. */
import { equalBytes, sha256, toBase64url, utf8 } from "../../adapters/bytes.ts";
import { configurationOf } from "../../adapters/configuration.ts";
import type { Log } from "../../adapters/log.ts";
import { done, refuse, type Refused, type Result } from "../../model.ts";
import { providerOf } from "../client/providers.ts";
import type { SignInProvider } from "../client/provider.ts";
import { REAUTH_MS, SIGN_IN_MS, type Intent, type ProviderId, type Visitor } from "../model.ts";
import { safeReturn, storableProof, withQuery } from "../rules/entry.ts";
import type { ProviderSetting } from "../rules/providers.ts";
import { useNonce } from "../store/identities.ts";
import { enter, linkIdentity } from "./entry.ts";
import { peekSession, type Opened, type SessionPorts } from "./sessions.ts";
import { openState, sealState, type SignInState } from "./sign-in-state.ts";

export interface SignInPorts extends SessionPorts {
  readonly log: Log;
}

const RANDOM_BYTES = 32;

export interface Started {
  readonly url: URL;
  /** Value of the cookie that must come back with the browser. */
  readonly cookie: string;
}

export interface StartWish {
  readonly provider: ProviderId;
  readonly intent: Intent;
  readonly returnTo: string | undefined;
  /** The refresh cookie: linking is for whoever is signed in. */
  readonly refreshToken: string;
}

/**
 * Where to send the browser.
 * Refusals: `not_found` for a provider that is not set up; `egress_refused`, `login_failed` when it cannot be asked; for
 * linking `unauthenticated` without a session and `reauth_required` when it is older than ten minutes [ID7].
 */
export async function startSignIn(ports: SignInPorts, wish: StartWish): Promise<Result<Started>> {
  const provider = findProvider(ports, wish.provider);
  if (provider === undefined) return refuse("not_found");
  const linker = wish.intent === "link" ? await linkerOf(ports, wish.refreshToken) : done(null);
  if (!linker.ok) return linker;
  const [state, nonce, verifier] = [draw(ports), draw(ports), draw(ports)];
  const remembered: SignInState = {
    provider: wish.provider,
    state,
    nonce,
    verifier,
    returnTo: safeReturn(wish.returnTo),
    intent: wish.intent,
    user: linker.value?.user ?? null,
    session: linker.value?.session ?? null,
    expiresAt: ports.now() + SIGN_IN_MS,
  };
  const cookie =
    (await sealState(ports.env, remembered)) ??
    (await sealState(ports.env, { ...remembered, returnTo: "/" }));
  const url = await provider.start({
    redirectUri: redirectUri(ports.env, wish.provider),
    state,
    nonce,
    codeChallenge: toBase64url(await sha256(utf8(verifier))),
  });
  return url.ok ? done({ url: url.value, cookie: cookie ?? "" }) : url;
}

async function linkerOf(
  ports: SessionPorts,
  refreshToken: string,
): Promise<Result<{ readonly user: string; readonly session: string }>> {
  const session = await peekSession(ports, refreshToken);
  if (session === undefined) return refuse("unauthenticated");
  if (ports.now() - session.authAt > REAUTH_MS) return refuse("reauth_required");
  return done({ user: session.userId, session: session.id });
}

export type Finished =
  | {
      readonly ok: true;
      /** A session, unless an identity was linked to the one there is. */
      readonly opened: Opened | null;
      readonly returnTo: string;
    }
  | (Refused & { readonly intent: Intent; readonly returnTo: string });

export interface CallbackWish {
  readonly provider: ProviderId;
  readonly params: URLSearchParams;
  readonly cookie: string;
  readonly visitor: Visitor;
}

/**
 * Signs in whoever came back, or links the identity.
 * Refusals: `login_failed` for what was not started here, was altered, or is older than ten minutes; `login_replayed`;
 * `signup_closed`, `forbidden`, `identity_taken`, `reauth_required`, `unauthenticated`, `egress_refused`.
 */
export async function finishSignIn(ports: SignInPorts, wish: CallbackWish): Promise<Finished> {
  const remembered = await openState(ports.env, wish.cookie);
  const intent = remembered?.intent ?? "login";
  const returnTo = remembered?.returnTo ?? "/";
  const completed = await complete(ports, wish, remembered);
  if (!completed.ok) return { ...completed, intent, returnTo };
  const { opened, attached } = completed.value;
  // The user is told of an identity that was attached by its address [ID8].
  const told = attached ? withQuery(returnTo, "linked", wish.provider) : returnTo;
  return { ok: true, opened, returnTo: told };
}

interface Completed {
  readonly opened: Opened | null;
  readonly attached: boolean;
}

async function complete(
  ports: SignInPorts,
  wish: CallbackWish,
  remembered: SignInState | undefined,
): Promise<Result<Completed>> {
  const provider = findProvider(ports, wish.provider);
  if (provider === undefined) return refuse("not_found");
  if (remembered === undefined || !isAnswerTo(remembered, wish, ports.now()))
    return refuse("login_failed");
  if (!(await redeem(ports, remembered))) return refuse("login_replayed");
  const finished = await provider.finish({
    params: wish.params,
    redirectUri: redirectUri(ports.env, wish.provider),
    state: remembered.state,
    nonce: remembered.nonce,
    verifier: remembered.verifier,
  });
  if (!finished.ok) return finished;
  const proof = storableProof(finished.value);
  if (proof === undefined) return refuse("login_failed");
  if (remembered.intent === "login") return enter(ports, proof, wish.visitor);
  const linked = await linkIdentity(ports, remembered, proof, wish.visitor);
  return linked.ok ? done({ opened: null, attached: false }) : linked;
}

/** True once: before the provider is asked, so that of two callbacks at once one goes on [ID4]. */
async function redeem(ports: SignInPorts, { state, expiresAt }: SignInState): Promise<boolean> {
  const hash = await sha256(utf8(`sign_in ${state}`));
  return ports.sql.transaction({ none: true }, (tx) => useNonce(tx, hash, expiresAt, ports.now()));
}

/** The browser that started it, at the provider it started with, in time [ID3]. */
function isAnswerTo(remembered: SignInState, wish: CallbackWish, now: number): boolean {
  const state = wish.params.get("state") ?? "";
  return (
    remembered.provider === wish.provider &&
    remembered.expiresAt > now &&
    equalBytes(utf8(state), utf8(remembered.state))
  );
}

export const settingOf = (env: Env, id: ProviderId): ProviderSetting | undefined =>
  configurationOf(env).providers.find((setting) => setting.id === id);

function findProvider(ports: SignInPorts, id: ProviderId): SignInProvider | undefined {
  const setting = settingOf(ports.env, id);
  if (setting === undefined) return undefined;
  return providerOf(ports, setting, (reason) => {
    ports.log.warn("a sign-in provider was not believed", { provider: id, reason });
  });
}

/** The one address a provider may send browsers back to. */
export const redirectUri = (env: Env, id: ProviderId): string =>
  `${configurationOf(env).issuer}/api/v1/auth/${id}/callback`;

const draw = (ports: SessionPorts): string =>
  toBase64url(new Uint8Array(ports.random(RANDOM_BYTES)));
