/** Signing in with an OpenID Connect provider: addresses by discovery, who it is by a signed id_token. */
import {
  ClientSecretBasic,
  ClientSecretPost,
  authorizationCodeGrantRequest,
  discoveryRequest,
  getValidatedIdTokenClaims,
  jwksCache,
  processAuthorizationCodeResponse,
  processDiscoveryResponse,
  processUserInfoResponse,
  userInfoRequest,
  validateApplicationLevelSignature,
  validateAuthResponse,
  type AuthorizationServer,
  type ClientAuth,
  type IDToken,
  type JWKSCacheInput,
} from "oauth4webapi";
import { z } from "zod";
import type { Egress } from "../../adapters/egress.ts";
import { done, type Instant } from "../../model.ts";
import type { Proof } from "../model.ts";
import type { OidcSetting } from "../rules/providers.ts";
import {
  Disbelief,
  believed,
  through,
  type Callback,
  type Challenge,
  type Complain,
  type SignInProvider,
} from "./provider.ts";

/** What is said of the person, in the id_token or at the userinfo endpoint. */
const Claims = z.object({
  email: z.string().max(320).optional(),
  // Some providers send the text.
  email_verified: z.union([z.boolean(), z.enum(["true", "false"])]).optional(),
  name: z.string().optional(),
  preferred_username: z.string().optional(),
});
type Claims = z.infer<typeof Claims>;

interface Discovered {
  readonly server: AuthorizationServer;
  readonly at: Instant;
  /** The library keeps the provider's keys here and asks again when one is unknown. */
  readonly keys: JWKSCacheInput;
}

const DISCOVERY_MS = 3_600_000;
/** Per isolate; they hold no connection, so requests may share them. */
const discovered = new Map<string, Discovered>();

interface OidcParts {
  readonly setting: OidcSetting;
  readonly egress: Egress;
  readonly now: () => Instant;
}

export const oidcProvider = (parts: OidcParts, complain: Complain): SignInProvider => ({
  start: (challenge) =>
    believed(complain, async () => {
      const { server } = await discover(parts);
      return done(startUrl(server, parts.setting, challenge));
    }),
  finish: (callback) => believed(complain, async () => done(await finish(parts, callback))),
});

async function discover({ setting, egress, now }: OidcParts): Promise<Discovered> {
  const known = discovered.get(setting.issuer);
  if (known !== undefined && now() - known.at < DISCOVERY_MS) return known;
  const issuer = new URL(setting.issuer);
  const response = await discoveryRequest(issuer, { algorithm: "oidc", ...through(egress) });
  const server = await processDiscoveryResponse(issuer, response);
  const found = { server, at: now(), keys: {} };
  discovered.set(setting.issuer, found);
  return found;
}

function startUrl(server: AuthorizationServer, setting: OidcSetting, challenge: Challenge): URL {
  const url = URL.parse(server.authorization_endpoint ?? "");
  // The browser goes there, not we: egress has no say, so the scheme is checked here.
  const plain = setting.issuer.startsWith("http:");
  if (url === null || !(url.protocol === "https:" || (plain && url.protocol === "http:")))
    throw new Disbelief("the authorization endpoint is no https address");
  const { redirectUri, state, nonce, codeChallenge } = challenge;
  const wanted = {
    client_id: setting.clientId,
    redirect_uri: redirectUri,
    response_type: "code",
    scope: "openid email profile",
    state,
    nonce,
    code_challenge: codeChallenge,
    code_challenge_method: "S256",
  };
  for (const [name, value] of Object.entries(wanted)) url.searchParams.set(name, value);
  return url;
}

async function finish(parts: OidcParts, callback: Callback): Promise<Proof> {
  const { setting, egress } = parts;
  const { server, keys } = await discover(parts);
  const client = { client_id: setting.clientId };
  const params = validateAuthResponse(server, client, callback.params, callback.state);
  const response = await authorizationCodeGrantRequest(
    server,
    client,
    clientAuth(server, setting),
    params,
    callback.redirectUri,
    callback.verifier,
    through(egress),
  );
  const tokens = await processAuthorizationCodeResponse(server, client, response, {
    expectedNonce: callback.nonce,
    requireIdToken: true,
  });
  // The library trusts the connection to the token endpoint; the signature holds even if that is tampered with.
  await validateApplicationLevelSignature(server, response, {
    ...through(egress),
    [jwksCache]: keys,
  });
  const token = getValidatedIdTokenClaims(tokens);
  if (token === undefined) throw new Disbelief("there is no id_token");
  if (token["azp"] !== undefined && token["azp"] !== setting.clientId)
    throw new Disbelief("the id_token was issued to another client");
  return proofOf(setting, token, await claimsOf(parts, server, token, tokens.access_token));
}

/** By the Authorization header unless the provider takes the body alone. Source: OpenID Connect Discovery 1.0, section 3. */
function clientAuth(server: AuthorizationServer, setting: OidcSetting): ClientAuth {
  const methods = server.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
  const post = setting.id === "google" || !methods.includes("client_secret_basic");
  return post ? ClientSecretPost(setting.clientSecret) : ClientSecretBasic(setting.clientSecret);
}

/** Many providers tell the address only at the userinfo endpoint. */
async function claimsOf(
  { setting, egress }: OidcParts,
  server: AuthorizationServer,
  token: IDToken,
  accessToken: string,
): Promise<Claims> {
  const told = Claims.safeParse(token);
  const inToken = told.success ? told.data : {};
  if (inToken.email !== undefined || server.userinfo_endpoint === undefined) return inToken;
  const client = { client_id: setting.clientId };
  const response = await userInfoRequest(server, client, accessToken, through(egress));
  const asked = Claims.safeParse(
    await processUserInfoResponse(server, client, token.sub, response),
  );
  return asked.success ? { ...inToken, ...asked.data } : inToken;
}

function proofOf(setting: OidcSetting, token: IDToken, claims: Claims): Proof {
  const verified = String(claims.email_verified ?? "") === "true";
  const email = verified ? claims.email : undefined;
  return {
    provider: setting.id,
    issuer: token.iss,
    subject: token.sub,
    name: email ?? claims.preferred_username ?? claims.name ?? setting.name,
    userName: claims.name ?? claims.preferred_username ?? email ?? setting.name,
    emails: email === undefined ? [] : [email],
    // Whoever runs a generic provider may let people claim any address [ID8].
    emailsTrusted: setting.id === "google",
  };
}
