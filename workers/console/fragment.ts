/** What comes in the address for one reading: tokens in the fragment, a note in the search. Taken out of it at once. */

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

/** The value of a search parameter that is read once and taken out of the address; null when there is none. */
export function takeParameter(name: string): string | null {
  const search = new URLSearchParams(location.search);
  const value = search.get(name);
  if (value === null) return null;
  search.delete(name);
  const rest = search.toString();
  history.replaceState(
    history.state,
    "",
    location.pathname + (rest === "" ? "" : `?${rest}`) + location.hash,
  );
  return value;
}

const PROVIDERS: Readonly<Record<string, string>> = { github: "GitHub", google: "Google" };

/** What people call a provider; anything that is no id of ours is not repeated. */
export const providerName = (id: string): string => PROVIDERS[id] ?? "your provider";
