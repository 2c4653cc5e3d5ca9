/** What a started sign-in must remember until the browser comes back: sealed, in a cookie, for ten minutes [ID2]. */
import { z } from "zod";
import { fromBase64url, toBase64url, utf8 } from "../../adapters/bytes.ts";
import { seal, unseal } from "../../adapters/cipher.ts";
import { configurationOf } from "../../adapters/configuration.ts";
import { Intent, ProviderId } from "../model.ts";

const SignInState = z.strictObject({
  provider: ProviderId,
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  returnTo: z.string(),
  intent: Intent,
  /** Who links an identity, and in which session. */
  user: z.uuid().nullable(),
  session: z.uuid().nullable(),
  expiresAt: z.int(),
});
export type SignInState = z.infer<typeof SignInState>;

const LABEL = ["platform", "sign_in"];
/** Browsers take 4,096 bytes per cookie, name and attributes included. */
export const STATE_COOKIE_CHARS_MAX = 3_800;

/** Undefined when it would not fit into a cookie. */
export async function sealState(env: Env, state: SignInState): Promise<string | undefined> {
  const sealed = await seal(configurationOf(env).kekPlatform, LABEL, utf8(JSON.stringify(state)));
  const text = `${sealed.kek}.${toBase64url(sealed.bytes)}`;
  return text.length > STATE_COOKIE_CHARS_MAX ? undefined : text;
}

/** Undefined for a cookie that is not ours, was changed, or was sealed by a key that is gone. */
export async function openState(env: Env, cookie: string): Promise<SignInState | undefined> {
  const [kek = "", encoded = ""] = cookie.split(".");
  const bytes = fromBase64url(encoded);
  const known = configurationOf(env).kekPlatform.some(({ version }) => version === kek);
  if (bytes === undefined || !known || cookie.length > STATE_COOKIE_CHARS_MAX) return undefined;
  const opened = await unseal(configurationOf(env).kekPlatform, LABEL, { kek, bytes }).catch(
    () => undefined,
  );
  if (opened === undefined) return undefined;
  const state = SignInState.safeParse(JSON.parse(new TextDecoder().decode(opened)));
  return state.success ? state.data : undefined;
}
