/** Open invitations: for whom, in which role, until when; and the dialog that takes one back. */
import { useAction } from "../../queries/action.ts";
import { invitationsKey, invitationsQuery, revokeInvitation } from "../../queries/members.ts";
import { usePrefetched } from "../../queries/prefetched.ts";
import { Table } from "../../table/table.tsx";
import type { Column } from "../../table/table.tsx";
import { Button } from "../../ui/button.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import { Section } from "../../ui/page.tsx";
import { Time } from "../../ui/time.tsx";
import { toastOk } from "../../ui/toast.tsx";
import type { Invitation, Member } from "../../wire.ts";
import { ROLE_TEXTS } from "./roles.ts";

interface InvitationListProps {
  /** Members whose names are known, for who invited. */
  readonly members: readonly Member[];
  /** Id of the invitation that the dialog is about. */
  readonly revoking: string | undefined;
  readonly revoke: (invitation: Invitation) => void;
  readonly close: () => void;
}

export function InvitationList({ members, revoking, revoke, close }: InvitationListProps) {
  const open = usePrefetched(invitationsQuery).data.items.filter(
    (invitation) => invitation.status === "open",
  );
  const names = new Map(members.map((member) => [member.user_id, member.name]));
  return (
    <div className="mt-7">
      <Section title="Open invitations">
        {open.length === 0 ? (
          <p className="rounded-lg border border-line bg-panel px-4 py-3 text-soft">
            Nobody is invited at the moment. Invitations stand here until they are accepted, for 7
            days.
          </p>
        ) : (
          <Table
            label="Open invitations"
            columns={columns(names, revoke)}
            rows={open}
            rowKey={(invitation) => invitation.id}
            current={revoking}
          />
        )}
      </Section>
      <InvitationRevoke
        target={open.find((invitation) => invitation.id === revoking)}
        close={close}
      />
    </div>
  );
}

const whomOf = (invitation: Invitation): string => invitation.email ?? "whoever has the link";

const columns = (
  names: ReadonlyMap<string, string>,
  revoke: (invitation: Invitation) => void,
): readonly Column<Invitation>[] => [
  {
    name: "For",
    grow: true,
    cell: (invitation) => (
      <span className={invitation.email === null ? "text-soft" : "font-medium"}>
        {whomOf(invitation)}
      </span>
    ),
  },
  { name: "Role", cell: (invitation) => ROLE_TEXTS[invitation.role].label },
  {
    name: "Invited by",
    wide: true,
    cell: (invitation) => (
      <span className="text-soft">{names.get(invitation.invited_by) ?? "a former member"}</span>
    ),
  },
  {
    name: "Sent",
    wide: true,
    right: true,
    cell: (invitation) => <Time at={invitation.created_at} />,
  },
  { name: "Expires", right: true, cell: (invitation) => <Time at={invitation.expires_at} /> },
  {
    name: "Actions",
    right: true,
    cell: (invitation) => (
      <Button
        variant="ghost"
        aria-label={`Revoke the invitation for ${whomOf(invitation)}`}
        onClick={() => revoke(invitation)}
      >
        Revoke
      </Button>
    ),
  },
];

function InvitationRevoke({
  target,
  close,
}: {
  target: Invitation | undefined;
  close: () => void;
}) {
  const revoke = useAction({
    run: revokeInvitation,
    changes: [invitationsKey],
    quiet: true,
    done: () => {
      toastOk("The invitation is revoked.");
      close();
    },
  });
  return (
    <Confirm
      title="Revoke this invitation?"
      open={target !== undefined}
      close={close}
      action="Revoke the invitation"
      run={() => {
        if (target !== undefined) revoke.mutate(target.id);
      }}
      pending={revoke.isPending}
      error={revoke.error}
      consequences={[
        `The link for ${target === undefined ? "it" : whomOf(target)} stops working at once.`,
        "Whoever has joined already stays a member.",
      ]}
    />
  );
}
