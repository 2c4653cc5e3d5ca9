/** /login: a button per provider, or the command that prints a sign-in link. */
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { meQuery, providersQuery } from "../../queries/orgs.ts";
import { usePrefetched } from "../../queries/prefetched.ts";
import { safeReturn } from "../../search.ts";
import { Command } from "../../ui/copy.tsx";
import { API_PREFIX } from "../../client.ts";
import { Welcome } from "./welcome.tsx";

const route = getRouteApi("/login");

/** What `/login?error=<code>` says; other codes are shown as they are. */
const ERRORS: Readonly<Record<string, string>> = {
  login_replayed: "That sign-in was already completed. Start again.",
  signup_closed: "New accounts are closed on this installation. Ask an administrator for an invitation.",
  link_invalid: "That sign-in link was used already or is older than 10 minutes. Run the command for a new one.",
  setup_done: "This installation is set up already. Sign in instead.",
  refresh_reused: "The session was ended because its token was used twice. Sign in again and check who else uses this account.",
};

export function SessionStart() {
  const { return_to: returnTo, error } = route.useSearch();
  const providers = usePrefetched(providersQuery).data.items;
  useLeaveWhenSignedIn(returnTo);
  const command = providers.length === 0;
  return (
    <Welcome title="Sign in" lead={command ? "On the machine that runs Edgewright, this command prints a link for you." : "Choose how."}>
      {error === undefined ? null : (
        <p role="alert" className="mb-4 rounded-md border border-fail bg-fail-wash px-3 py-2">
          {ERRORS[error] ?? `Signing in failed: ${error}.`}
        </p>
      )}
      {command ? (
        <>
          <Command text="npm run login" label="Command that prints a sign-in link" />
          <p className="mt-3 text-soft">The link works once, for 10 minutes. This page goes on by itself when it is opened in this browser.</p>
        </>
      ) : (
        <ul className="flex flex-col gap-2">
          {providers.map((provider) => (
            <li key={provider.id}>
              <a href={startUrl(provider.id, returnTo)} className="flex h-9 items-center justify-center rounded-md border border-edge bg-panel font-medium hover:bg-raised">
                Continue with {provider.name}
              </a>
            </li>
          ))}
        </ul>
      )}
    </Welcome>
  );
}

const startUrl = (provider: string, returnTo: string | undefined): string =>
  `${API_PREFIX}/auth/${encodeURIComponent(provider)}/start?return_to=${encodeURIComponent(safeReturn(returnTo))}`;

/** A browser with a live session needs no page; another tab that signs in ends the wait here as well. */
function useLeaveWhenSignedIn(returnTo: string | undefined): void {
  const client = useQueryClient();
  const router = useRouter();
  useEffect(() => {
    let left = false;
    const check = async () => {
      try {
        await client.fetchQuery({ ...meQuery, retry: false });
        if (!left) router.history.push(safeReturn(returnTo));
      } catch {
        // Not signed in yet: exactly what this page is for.
      }
    };
    void check();
    window.addEventListener("focus", check);
    return () => {
      left = true;
      window.removeEventListener("focus", check);
    };
  }, [client, router, returnTo]);
}
