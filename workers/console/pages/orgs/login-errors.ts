/** What `/login?error=<code>` says: why the way through a provider or a link ended here, and what to do. */

interface LoginError {
  readonly title: string;
  readonly remedy: string;
}

/** Titles and remedies as the API gives them for the same codes; a test holds the two lists together. */
export const LOGIN_ERRORS: Readonly<Record<string, LoginError>> = {
  login_failed: {
    title: "The sign-in provider did not confirm who you are",
    remedy:
      "Start the sign-in again; if it stays, ask the operator to check the provider's settings.",
  },
  login_replayed: {
    title: "This sign-in was already used",
    remedy: "Start the sign-in again.",
  },
  signup_closed: {
    title: "There is no account for this identity, and new ones are not taken",
    remedy: "Ask an administrator of an organization for an invitation.",
  },
  identity_taken: {
    title: "This identity belongs to another user",
    remedy: "Sign in with it, or remove it there first.",
  },
  reauth_required: {
    title: "The last sign-in is too long ago for this",
    remedy: "Sign in again, then repeat the action within ten minutes.",
  },
  forbidden: {
    title: "The permission is missing",
    remedy: "Ask an administrator of the organization for the named permission.",
  },
  invite_email_mismatch: {
    title: "The invitation is for another e-mail address",
    remedy: "Sign in with the address the invitation was sent to, or ask for a new invitation.",
  },
  invite_invalid: {
    title: "The invitation is not valid any more",
    remedy: "Ask for a new invitation.",
  },
  link_invalid: {
    title: "The sign-in link is not valid any more",
    remedy: "Run npm run login for a new link.",
  },
  setup_done: {
    title: "The setup is already done",
    remedy: "Sign in; on a local install npm run login prints a link.",
  },
  refresh_invalid: { title: "The session has ended", remedy: "Sign in again." },
  refresh_reused: {
    title: "The session was ended because its refresh token was used twice",
    remedy: "Sign in again and check who else uses this account.",
  },
  upstream_failed: {
    title: "A service we depend on answered wrongly",
    remedy: "Try again in a moment.",
  },
  unavailable: {
    title: "A service we depend on is not reachable",
    remedy: "Try again in a moment; GET /ready names the part.",
  },
};

/** A code that is not known here is shown as it is, if it looks like one. */
export const loginError = (code: string): LoginError =>
  LOGIN_ERRORS[code] ?? {
    title: "Signing in failed",
    remedy: "Start again; if it stays, show the code to the operator of this installation.",
  };
