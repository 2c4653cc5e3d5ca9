/** The ways to accept an invitation: as who is signed in, through a provider, or by a name alone. */
import { useRouter } from "@tanstack/react-router";
import type { FormEvent } from "react";
import { asApiError, errorsByField } from "../../errors.ts";
import { Field } from "../../forms/field.tsx";
import { textOf } from "../../forms/text.ts";
import { paths } from "../../paths.ts";
import { useAction } from "../../queries/action.ts";
import { useStartAnew } from "../../queries/anew.ts";
import { acceptInvitation, joinByInvitation } from "../../queries/members.ts";
import { providersQuery } from "../../queries/orgs.ts";
import { usePrefetched } from "../../queries/prefetched.ts";
import { adopt, switchOrg } from "../../session.ts";
import { Button } from "../../ui/button.tsx";
import { InlineError } from "../../ui/failure.tsx";
import type { AnyMe, InvitationPreview } from "../../wire.ts";
import { forgetInvitation, keepInvitation } from "./invite-token.ts";
import { ProviderButtons } from "./provider-buttons.tsx";
import { SignedInAs } from "./signed-in-as.tsx";

interface WayInProps {
  readonly token: string;
  readonly invitation: InvitationPreview;
  /** undefined when nobody is signed in. */
  readonly me: AnyMe | undefined;
}

export function WayIn({ token, invitation, me }: WayInProps) {
  const { items: providers, command } = usePrefetched(providersQuery).data;
  if (me !== undefined) return <Accept token={token} invitation={invitation} me={me} />;
  // Only a local install has the command; only there a link that names nobody makes a user.
  const byName = command !== null && invitation.email === null;
  if (byName && providers.length === 0) return <Join token={token} org={invitation.org_name} />;
  return (
    <>
      {byName ? (
        <>
          <Join token={token} org={invitation.org_name} />
          <p className="mt-5 mb-2 text-soft">Or</p>
        </>
      ) : null}
      <p className="mb-2 text-soft">
        {invitation.email === null
          ? "Sign in to accept."
          : `Sign in with ${invitation.email} to accept.`}
      </p>
      {/* The token waits in this tab while the provider is asked: an address it stood in would be in logs. */}
      <div onClickCapture={() => keepInvitation(token)}>
        <ProviderButtons providers={providers} returnTo="/invite" />
      </div>
    </>
  );
}

function Accept({ token, invitation, me }: Required<WayInProps> & { readonly me: AnyMe }) {
  const startAnew = useStartAnew();
  const accept = useAction({
    run: async (_: undefined, idempotencyKey) => {
      const org = await acceptInvitation(token, idempotencyKey);
      await switchOrg(org.id);
      return org;
    },
    quiet: true,
    done: (org) => {
      forgetInvitation();
      startAnew(paths.overview(org.slug));
    },
  });
  return (
    <>
      <InlineError error={accept.error} />
      <Button
        variant="primary"
        className="mt-3 h-9 w-full"
        pending={accept.isPending}
        onClick={() => accept.mutate(undefined)}
      >
        Join {invitation.org_name}
      </Button>
      <SignedInAs name={me.user.name} email={me.user.email} before={() => keepInvitation(token)} />
    </>
  );
}

/** On an installation without a provider the link itself is what proves the invitation. */
function Join({ token, org }: { token: string; org: string }) {
  const router = useRouter();
  const join = useAction({
    run: joinByInvitation,
    quiet: true,
    done: (session) => {
      forgetInvitation();
      adopt(session);
      router.history.push("/");
    },
  });
  const errors = errorsByField(join.error === null ? [] : asApiError(join.error).errors);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    join.mutate({ token, name: textOf(new FormData(event.currentTarget), "name") });
  };
  return (
    <form className="flex flex-col gap-4" onSubmit={submit}>
      <Field
        label="Your name"
        name="name"
        required
        maxLength={200}
        autoComplete="name"
        autoFocus
        hint="The others see it beside what you do."
        error={errors["name"]}
      />
      <InlineError error={join.error} />
      <Button type="submit" variant="primary" pending={join.isPending} className="h-9 w-full">
        Join {org}
      </Button>
    </form>
  );
}
