/** Signing in with GitHub: OAuth 2 with PKCE; who it is stands in the profile, not in a token. */
import {
  ClientSecretPost,
  authorizationCodeGrantRequest,
  processAuthorizationCodeResponse,
  protectedResourceRequest,
  validateAuthResponse,
  type AuthorizationServer,
} from "oauth4webapi";
import { z } from "zod";
import type { Egress } from "../../adapters/egress.ts";
import { done } from "../../model.ts";
import type { Proof } from "../model.ts";
import type { GithubSetting } from "../rules/providers.ts";
import {
  Disbelief,
  believed,
  through,
  type Callback,
  type Complain,
  type SignInProvider,
} from "./provider.ts";

const Profile = z.object({ id: z.int().positive(), login: z.string(), name: z.string().nullish() });
const Emails = z.array(
  z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }),
);
type Profile = z.infer<typeof Profile>;

export function githubProvider(
  setting: GithubSetting,
  egress: Egress,
  complain: Complain,
): SignInProvider {
  const server: AuthorizationServer = {
    // What GitHub sends as `iss` (RFC 9207); it publishes no metadata that could be discovered.
    issuer: `${setting.url}/login/oauth`,
    authorization_endpoint: `${setting.url}/login/oauth/authorize`,
    token_endpoint: `${setting.url}/login/oauth/access_token`,
  };
  return {
    start: async ({ redirectUri, state, codeChallenge }) => {
      const url = new URL(`${setting.url}/login/oauth/authorize`);
      url.search = new URLSearchParams({
        client_id: setting.clientId,
        redirect_uri: redirectUri,
        scope: "read:user user:email",
        state,
        code_challenge: codeChallenge,
        code_challenge_method: "S256",
      }).toString();
      return done(url);
    },
    finish: (callback) =>
      believed(complain, async () => {
        const token = await exchange(server, setting, egress, callback);
        const [profile, emails] = await Promise.all([
          read(`${setting.apiUrl}/user`, token, egress, Profile),
          read(`${setting.apiUrl}/user/emails`, token, egress, Emails),
        ]);
        return done(proofOf(setting, profile, emails));
      }),
  };
}

async function exchange(
  server: AuthorizationServer,
  setting: GithubSetting,
  egress: Egress,
  callback: Callback,
): Promise<string> {
  const client = { client_id: setting.clientId };
  const params = validateAuthResponse(server, client, callback.params, callback.state);
  const response = await authorizationCodeGrantRequest(
    server,
    client,
    ClientSecretPost(setting.clientSecret),
    params,
    callback.redirectUri,
    callback.verifier,
    through(egress),
  );
  return (await processAuthorizationCodeResponse(server, client, response)).access_token;
}

async function read<T>(
  url: string,
  token: string,
  egress: Egress,
  schema: z.ZodType<T>,
): Promise<T> {
  const headers = new Headers({ accept: "application/vnd.github+json" });
  const response = await protectedResourceRequest(
    token,
    "GET",
    new URL(url),
    headers,
    null,
    through(egress),
  );
  if (response.status !== 200)
    throw new Disbelief(`GitHub's API answered ${String(response.status)}`);
  const parsed = schema.safeParse(await response.json().catch(() => undefined));
  if (!parsed.success) throw new Disbelief("GitHub's API answered in another form");
  return parsed.data;
}

/** The number stays when the login changes, so it is the subject [ID1]. */
function proofOf(setting: GithubSetting, profile: Profile, emails: z.infer<typeof Emails>): Proof {
  const verified = emails.filter((email) => email.verified);
  return {
    provider: "github",
    issuer: setting.url,
    subject: String(profile.id),
    name: profile.login,
    userName: profile.name ?? profile.login,
    emails: verified
      .toSorted((a, b) => Number(b.primary) - Number(a.primary))
      .map(({ email }) => email),
    emailsTrusted: true,
  };
}
