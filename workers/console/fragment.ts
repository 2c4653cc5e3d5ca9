/** One-use tokens that come in the fragment of a link: read once, then taken out of the address bar and the history. */

/**
 * The value of `#t=`, or null. The fragment is removed from the URL, so that neither a screenshot, a bookmark nor the
 * back button holds it.
 */
export function takeToken(): string | null {
  const token = tokenIn(location.hash);
  if (token !== null) history.replaceState(history.state, "", location.pathname + location.search);
  return token;
}

/** `#t=<token>` of base64url characters; null for anything else. */
export function tokenIn(hash: string): string | null {
  return /^#t=([A-Za-z0-9_-]{16,256})$/.exec(hash)?.[1] ?? null;
}
