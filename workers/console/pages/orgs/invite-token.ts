/** The token of an invitation's link, kept in this tab alone while a provider or a signing out takes the page away. */
import { takeToken } from "../../fragment.ts";

const KEPT = "ew-invite";

/** From the link, whose fragment is removed, or from before the way to a provider; null when there is none. */
export function takeInvitation(): string | null {
  const token = takeToken();
  if (token !== null) return token;
  const kept = storage()?.getItem(KEPT) ?? null;
  forgetInvitation();
  return kept;
}

export function keepInvitation(token: string): void {
  storage()?.setItem(KEPT, token);
}

export function forgetInvitation(): void {
  storage()?.removeItem(KEPT);
}

/** null where the browser blocks it; the invitation's link is then opened once more after signing in. */
function storage(): Storage | null {
  try {
    return sessionStorage;
  } catch {
    return null;
  }
}
