/** /login: a button per provider, or the command that prints a sign-in link. */
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { providersQuery } from "../../queries/orgs.ts";
import { usePrefetched } from "../../queries/prefetched.ts";
import { safeReturn } from "../../search.ts";
import { onSessionElsewhere } from "../../session.ts";
import { Command } from "../../ui/copy.tsx";
import { API_PREFIX } from "../../client.ts";
import { Welcome } from "./welcome.tsx";

const route = getRouteApi("/login");

/** What `/login?error=<code>` says; other codes are shown as they are. */
const ERRORS: Readonly<Record<string, string>> = {
  login_replayed: "That sign-in was already completed. Start again.",
  signup_closed:
    "New accounts are closed on this installation. Ask an administrator for an invitation.",
  link_invalid:
    "That sign-in link was used already or is older than 10 minutes. Run the command for a new one.",
  setup_done: "This installation is set up already. Sign in instead.",
  refresh_reused:
    "The session was ended because its token was used twice. Sign in again and check who else uses this account.",
};

export function SessionStart() {
  const { return_to: returnTo, error } = route.useSearch();
  const providers = usePrefetched(providersQuery).data.items;
  useLeaveWhenSignedIn(returnTo);
  const command = providers.length === 0;
  return (
    <Welcome
      title="Sign in"
      lead={
        command
          ? "On the machine that runs Edgewright, this command prints a link for you."
          : "Choose how."
      }
    >
      {error === undefined ? null : (
        <p role="alert" className="mb-4 rounded-md border border-fail bg-fail-wash px-3 py-2">
          {ERRORS[error] ?? `Signing in failed: ${error}.`}
        </p>
      )}
      {command ? (
        <>
          <Command text="npm run login" label="Command that prints a sign-in link" />
          <p className="mt-3 text-soft">
            The link works once, for 10 minutes. This page goes on by itself when it is opened in
            this browser.
          </p>
        </>
      ) : (
        <ul className="flex flex-col gap-2">
          {providers.map((provider) => (
            <li key={provider.id}>
              <a
                href={startUrl(provider.id, returnTo)}
                className="flex h-9 items-center justify-center rounded-md border border-edge bg-panel font-medium hover:bg-raised"
              >
                Continue with {provider.name}
              </a>
            </li>
          ))}
        </ul>
      )}
      <p className="mt-6 text-soft">
        Signed in already?{" "}
        <a href={safeReturn(returnTo)} className="text-accent underline">
          Go on
        </a>
      </p>
    </Welcome>
  );
}

const startUrl = (provider: string, returnTo: string | undefined): string =>
  `${API_PREFIX}/auth/${encodeURIComponent(provider)}/start?return_to=${encodeURIComponent(safeReturn(returnTo))}`;

/** The link may be opened in another tab of this browser; this tab then goes on by itself. */
function useLeaveWhenSignedIn(returnTo: string | undefined): void {
  const router = useRouter();
  useEffect(
    () => onSessionElsewhere(() => router.history.push(safeReturn(returnTo))),
    [router, returnTo],
  );
}
