/** Who is signed in: the access token in memory, one refresh per browser, and the end of a session in every tab [CN4]. */
import { send } from "./client.ts";
import type { Credentials } from "./client.ts";
import { ApiError } from "./errors.ts";
import { stored, store } from "./storage.ts";
import type { Session } from "./wire.ts";

/** Held while a refresh runs, so that several tabs never rotate the same cookie at once. */
export const REFRESH_LOCK = "ew-refresh";
/** A token is renewed this long before it ends: longer than any one request waits. */
const EARLY_MS = 30_000;

/** Says that this browser had a session lately. No secret: it spares the invitation's page a refresh that must fail. */
const HINT = "ew-session";

interface Access {
  readonly token: string;
  /** null for a user of no organization. */
  readonly orgId: string | null;
  readonly expiresAt: number;
}

type Message = { readonly type: "access"; readonly access: Access } | { readonly type: "ended" };

let access: Access | null = null;
let refreshing: Promise<Access> | null = null;
const endListeners = new Set<() => void>();
const startListeners = new Set<() => void>();

const tabs = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("ew-session");
tabs?.addEventListener("message", (event: MessageEvent<Message>) => {
  if (event.data.type === "ended") return endHere();
  access = event.data.access;
  for (const listener of startListeners) listener();
});

/** Takes what setup, a sign-in link or a refresh answered, here and in the other tabs. */
export function adopt(session: Session): void {
  access = take(session);
}

export const credentials: Credentials = {
  token: async () => (fresh(access) ?? (await refresh())).token,
  renew: async (refused) => {
    const other = fresh(access);
    return (other !== null && other.token !== refused ? other : await refresh({ refused })).token;
  },
};

/** Whether asking for a token is worth it: false where nobody signed in with this browser since the last signing out. */
export const mayBeSignedIn = (): boolean => fresh(access) !== null || stored(HINT) !== null;

/** A provider is asked now: when it sends the browser back, there will be a session to ask for. */
export const expectSession = (): void => store(HINT, "1");

/** Asks for a token of another organization of the user. Throws ApiError `not_found` for one that is not theirs. */
export async function switchOrg(orgId: string): Promise<void> {
  await refresh({ orgId });
}

/** Ends the session on the server and in every tab. A server that does not answer keeps it alive: the error is thrown. */
export async function signOut(): Promise<void> {
  await send("POST", "/auth/logout");
  sessionIsOver();
}

/** The server ended the session by another request: every tab learns it. */
export function sessionIsOver(): void {
  tabs?.postMessage({ type: "ended" } satisfies Message);
  endHere();
}

/** Called when the session ended, here or in another tab. Returns the way to stop listening. */
export function onSessionEnd(listener: () => void): () => void {
  endListeners.add(listener);
  return () => endListeners.delete(listener);
}

/** Called when another tab of this browser signed in or refreshed. Returns the way to stop listening. */
export function onSessionElsewhere(listener: () => void): () => void {
  startListeners.add(listener);
  return () => startListeners.delete(listener);
}

function refresh(wanted: { orgId?: string; refused?: string } = {}): Promise<Access> {
  refreshing ??= locked(() => renewed(wanted)).finally(() => {
    refreshing = null;
  });
  return refreshing;
}

async function renewed(wanted: { orgId?: string; refused?: string }): Promise<Access> {
  // Another tab may have refreshed while this one waited for the lock; its message is delivered before the next task.
  await new Promise((resolve) => setTimeout(resolve, 0));
  const other = fresh(access);
  const usable =
    other !== null &&
    other.token !== wanted.refused &&
    (wanted.orgId ?? other.orgId) === other.orgId;
  if (usable) return other;
  try {
    const orgId = wanted.orgId ?? access?.orgId ?? undefined;
    access = take(
      await send<Session>("POST", "/auth/refresh", {
        body: orgId === undefined ? {} : { org_id: orgId },
      }),
    );
    return access;
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) endHere();
    throw error;
  }
}

function take(session: Session): Access {
  const taken = {
    token: session.access_token,
    orgId: session.org_id,
    expiresAt: Date.now() + session.expires_in * 1_000,
  };
  tabs?.postMessage({ type: "access", access: taken } satisfies Message);
  store(HINT, "1");
  return taken;
}

function endHere(): void {
  access = null;
  store(HINT, null);
  for (const listener of endListeners) listener();
}

const fresh = (held: Access | null): Access | null =>
  held !== null && held.expiresAt - EARLY_MS > Date.now() ? held : null;

/** Web Locks exist in secure contexts only; on a plain-http host that is not this machine each tab refreshes for itself. */
function locked<T>(body: () => Promise<T>): Promise<T> {
  const locks: LockManager | undefined = navigator.locks;
  return locks === undefined ? body() : locks.request(REFRESH_LOCK, body);
}
