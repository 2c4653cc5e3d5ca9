/** /invite#t=: what somebody is invited to, and the way in: as who is signed in, by a provider, or by a name alone. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { previewInvitation } from "../../queries/members.ts";
import { anyMeQuery } from "../../queries/orgs.ts";
import { mayBeSignedIn } from "../../session.ts";
import { Fact, Facts } from "../../ui/facts.tsx";
import { InlineError } from "../../ui/failure.tsx";
import { Bar } from "../../ui/skeleton.tsx";
import type { InvitationPreview } from "../../wire.ts";
import { takeInvitation } from "./invite-token.ts";
import { WayIn } from "./invite-ways.tsx";
import { ROLE_TEXTS } from "./roles.ts";
import { Welcome } from "./welcome.tsx";

export function InviteAccept() {
  const [token] = useState(takeInvitation);
  const preview = useQuery({
    queryKey: ["invitation"],
    queryFn: () => previewInvitation(token ?? ""),
    enabled: token !== null,
    // The token is no part of the key, and a used one must not be shown from the cache.
    gcTime: 0,
    staleTime: 0,
  });
  if (token === null || preview.isError) return <Invalid error={preview.error} />;
  if (preview.data === undefined) {
    return (
      <Welcome title="Your invitation" lead="One moment.">
        <div className="appear-late">
          <Bar className="h-28 w-full" />
        </div>
      </Welcome>
    );
  }
  return <Invited token={token} invitation={preview.data} />;
}

function Invited({ token, invitation }: { token: string; invitation: InvitationPreview }) {
  const [asked] = useState(mayBeSignedIn);
  const me = useQuery({ ...anyMeQuery, enabled: asked, retry: false });
  const settled = !asked || me.isFetched;
  return (
    <Welcome
      title={`Join ${invitation.org_name}`}
      lead={`You are invited as ${ROLE_TEXTS[invitation.role].label.toLowerCase()}.`}
    >
      <div className="mb-5">
        <Facts framed>
          <Fact name="Organization">{invitation.org_name}</Fact>
          <Fact name="Role">
            {ROLE_TEXTS[invitation.role].label}
            <span className="text-soft"> · {ROLE_TEXTS[invitation.role].hint}</span>
          </Fact>
          <Fact name="For">{invitation.email ?? "whoever has this link"}</Fact>
        </Facts>
      </div>
      {settled ? (
        <WayIn token={token} invitation={invitation} me={me.data} />
      ) : (
        <Bar className="h-9 w-full" />
      )}
    </Welcome>
  );
}

function Invalid({ error }: { error: unknown }) {
  return (
    <Welcome
      title="This invitation does not work"
      lead="An invitation works once, for 7 days. Ask whoever sent it for a new link."
    >
      <InlineError error={error} />
      <p className="mt-4 text-soft">
        Joined already?{" "}
        <a href="/" className="text-accent underline">
          Go on
        </a>
      </p>
    </Welcome>
  );
}
