/** /login: a button per provider, or the command that prints a sign-in link. */
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { providersQuery } from "../../queries/orgs.ts";
import { usePrefetched } from "../../queries/prefetched.ts";
import { safeReturn } from "../../search.ts";
import { onSessionElsewhere } from "../../session.ts";
import { Command } from "../../ui/copy.tsx";
import { LoginFailed } from "./login-failed.tsx";
import { ProviderButtons } from "./provider-buttons.tsx";
import { Welcome } from "./welcome.tsx";

const route = getRouteApi("/login");

export function SessionStart() {
  const { return_to: returnTo, error } = route.useSearch();
  const providers = usePrefetched(providersQuery).data;
  useLeaveWhenSignedIn(returnTo);
  const command = providers.command ?? (providers.items.length === 0 ? "npm run login" : null);
  return (
    <Welcome
      title="Sign in"
      lead={
        providers.items.length === 0
          ? "On the machine that runs Edgewright, this command prints a link for you."
          : "Choose how."
      }
    >
      {error === undefined ? null : <LoginFailed code={error} />}
      <ProviderButtons providers={providers.items} returnTo={safeReturn(returnTo)} />
      {command === null ? null : (
        <>
          {providers.items.length === 0 ? null : (
            <p className="mt-5 mb-2 text-soft">
              Or, on the machine that runs Edgewright, print a link:
            </p>
          )}
          <Command text={command} label="Command that prints a sign-in link" />
          <p className="mt-3 text-soft">
            The link works once, for 10 minutes. This page goes on by itself when it is opened in
            this browser.
          </p>
        </>
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

/** The link may be opened in another tab of this browser; this tab then goes on by itself. */
function useLeaveWhenSignedIn(returnTo: string | undefined): void {
  const router = useRouter();
  useEffect(
    () => onSessionElsewhere(() => router.history.push(safeReturn(returnTo))),
    [router, returnTo],
  );
}
