/** The identities at providers that sign this user in: linked, added, taken away; one always stays [ID11]. */
import { useNavigate, useRouter } from "@tanstack/react-router";
import { paths } from "../../paths.ts";
import { useAction } from "../../queries/action.ts";
import { identitiesQuery, unlinkIdentity } from "../../queries/account.ts";
import { providersQuery, startUrl } from "../../queries/orgs.ts";
import { usePrefetched } from "../../queries/prefetched.ts";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { Command } from "../../ui/copy.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import { Section } from "../../ui/page.tsx";
import { Time } from "../../ui/time.tsx";
import { toastOk } from "../../ui/toast.tsx";
import type { Identity, Provider } from "../../wire.ts";
import { LoginFailed } from "./login-failed.tsx";
import { ProviderIcon } from "./provider-buttons.tsx";

interface IdentitiesProps {
  readonly org: string;
  /** Id of the identity that the dialog is about. */
  readonly unlinking: string | undefined;
  /** Code of why linking one failed. */
  readonly failed: string | undefined;
}

export function Identities({ org, unlinking, failed }: IdentitiesProps) {
  const identities = usePrefetched(identitiesQuery).data.items;
  const { items: providers, command } = usePrefetched(providersQuery).data;
  const navigate = useNavigate();
  const router = useRouter();
  const here = router.buildLocation(paths.account(org)).href;
  const linkable = providers.filter(
    (provider) => !identities.some((identity) => identity.provider === provider.id),
  );
  // Where a command on the machine signs in as well, the last identity may go.
  const last = identities.length === 1 && command === null;
  return (
    <Section title="How you sign in">
      {failed === undefined ? null : <LinkFailed code={failed} returnTo={here} />}
      {identities.length === 0 ? null : (
        <ul className="mb-3 divide-y divide-line rounded-lg border border-line bg-panel">
          {identities.map((identity) => (
            <li key={identity.id} className="flex items-center gap-3 px-4 py-2">
              <ProviderIcon id={identity.provider} />
              <div className="min-w-0 flex-1">
                <p className="truncate font-medium">{identity.name}</p>
                <p className="truncate text-sm text-faint">
                  {identity.email === null ? "" : `${identity.email} · `}used{" "}
                  <Time at={identity.last_login_at} />
                </p>
              </div>
              <Button
                variant="ghost"
                aria-label={`Unlink ${identity.name}`}
                disabledReason={
                  last ? "This is the only way to sign in. Link another identity first." : null
                }
                onClick={() =>
                  void navigate(paths.account(org, { dialog: "unlink", identity: identity.id }))
                }
              >
                Unlink
              </Button>
            </li>
          ))}
        </ul>
      )}
      {providers.length === 0 && identities.length === 0 ? (
        <div className="rounded-lg border border-line bg-panel px-4 py-3">
          <p className="mb-2 text-soft">
            This installation has no sign-in provider. On its machine, this command prints a link:
          </p>
          <Command text={command ?? "npm run login"} label="Command that prints a sign-in link" />
        </div>
      ) : null}
      <LinkButtons providers={linkable} returnTo={here} />
      <Unlink
        target={identities.find((identity) => identity.id === unlinking)}
        close={() => void navigate(paths.account(org))}
      />
    </Section>
  );
}

function LinkFailed({ code, returnTo }: { code: string; returnTo: string }) {
  return (
    <LoginFailed code={code}>
      {code === "reauth_required" ? (
        <p className="my-1.5">
          <ButtonLink {...paths.login({ return_to: returnTo })} icon="account">
            Sign in again
          </ButtonLink>
        </p>
      ) : null}
    </LoginFailed>
  );
}

interface LinkButtonsProps {
  readonly providers: readonly Provider[];
  readonly returnTo: string;
}

function LinkButtons({ providers, returnTo }: LinkButtonsProps) {
  if (providers.length === 0) return null;
  return (
    <ul className="flex flex-wrap gap-2">
      {providers.map((provider) => (
        <li key={provider.id}>
          <a
            href={startUrl(provider.id, returnTo, "link")}
            className="inline-flex min-h-7 items-center gap-1.5 rounded-md border border-edge bg-panel px-2.5 font-medium hover:bg-raised"
          >
            <ProviderIcon id={provider.id} />
            Link {provider.name}
          </a>
        </li>
      ))}
    </ul>
  );
}

function Unlink({ target, close }: { target: Identity | undefined; close: () => void }) {
  const unlink = useAction({
    run: unlinkIdentity,
    changes: [identitiesQuery.queryKey],
    quiet: true,
    done: () => {
      toastOk("The identity is unlinked.");
      close();
    },
  });
  return (
    <Confirm
      title={`Unlink ${target?.name ?? "this identity"}?`}
      open={target !== undefined}
      close={close}
      action="Unlink"
      run={() => {
        if (target !== undefined) unlink.mutate(target.id);
      }}
      pending={unlink.isPending}
      error={unlink.error}
      consequences={[
        "You can no longer sign in with it.",
        "Sessions that are open stay open.",
        "It can be linked again at any time.",
      ]}
    />
  );
}
