/** Which sign-in providers the settings turn on, and which settings refuse the start. */
import { describe, expect, test } from "vitest";
import { signInSettings } from "./providers.ts";

const GITHUB = { GITHUB_CLIENT_ID: "id", GITHUB_CLIENT_SECRET: "hidden" };
const OIDC = {
  OIDC_ISSUER: "https://id.example",
  OIDC_CLIENT_ID: "id",
  OIDC_CLIENT_SECRET: "hidden",
};

describe("settings of sign-in", () => {
  test("[ID14] nothing set is no provider and sign-up by invitation", () => {
    expect(signInSettings({})).toEqual({ signup: "invite", providers: [], problems: [] });
    expect(signInSettings({ GITHUB_CLIENT_ID: "", OIDC_NAME: "Ours", SIGNUP: "" })).toEqual({
      signup: "invite",
      providers: [],
      problems: [],
    });
  });

  test("[ID14] each provider is on with its client, at its public address or another", () => {
    const { providers, problems } = signInSettings({
      ...GITHUB,
      ...OIDC,
      GITHUB_URL: "https://git.example.com/",
      GITHUB_API_URL: "https://git.example.com/api/v3/",
      GOOGLE_CLIENT_ID: "id",
      GOOGLE_CLIENT_SECRET: "hidden",
      OIDC_NAME: "Company login",
    });
    expect(problems).toEqual([]);
    expect(providers).toMatchObject([
      { id: "github", url: "https://git.example.com", apiUrl: "https://git.example.com/api/v3" },
      { id: "google", issuer: "https://accounts.google.com" },
      { id: "oidc", name: "Company login", issuer: "https://id.example" },
    ]);
    expect(signInSettings(GITHUB).providers).toMatchObject([
      { url: "https://github.com", apiUrl: "https://api.github.com" },
    ]);
  });

  test.each([
    [{ GITHUB_CLIENT_ID: "id" }, /^GITHUB_CLIENT_SECRET must be set as well: GITHUB_CLIENT_ID is$/],
    [{ GOOGLE_CLIENT_SECRET: "hidden" }, /^GOOGLE_CLIENT_ID must be set/],
    [{ OIDC_ISSUER: "https://id.example" }, /^OIDC_CLIENT_ID and OIDC_CLIENT_SECRET must be set/],
    [{ ...OIDC, OIDC_ISSUER: "id.example" }, /^OIDC_ISSUER must be an https address/],
    [{ ...OIDC, OIDC_ISSUER: "https://id.example?x=1" }, /^OIDC_ISSUER must be/],
    [{ ...OIDC, OIDC_ISSUER: "https://user@id.example" }, /^OIDC_ISSUER must be/],
    [{ ...GITHUB, GITHUB_URL: "ftp://x" }, /^GITHUB_URL must be/],
    [{ SIGNUP: "everybody" }, /^SIGNUP must be invite, open or closed$/],
  ])(
    "[ID14] %j refuses the start with what is missing, and without a value",
    (settings, problem) => {
      const { problems } = signInSettings(settings);
      expect(problems).toEqual([expect.stringMatching(problem)]);
      expect(problems.join()).not.toContain("hidden");
    },
  );
});
