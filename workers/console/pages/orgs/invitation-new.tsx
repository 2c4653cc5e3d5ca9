/** The dialog that invites somebody, and the one that shows the link once [CN9]. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { FormEvent } from "react";
import { asApiError, errorsByField } from "../../errors.ts";
import { Choice } from "../../forms/choice.tsx";
import { Field } from "../../forms/field.tsx";
import { textOf } from "../../forms/text.ts";
import { useAction } from "../../queries/action.ts";
import { createInvitation, invitationsKey } from "../../queries/members.ts";
import { providersQuery } from "../../queries/orgs.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { InlineError } from "../../ui/failure.tsx";
import { OneTime } from "../../ui/one-time.tsx";
import { toastOk } from "../../ui/toast.tsx";
import type { InvitationWithLink, Role } from "../../wire.ts";
import { roleOptions } from "./roles.ts";

interface InvitationNewProps {
  readonly own: Role;
  /** Why nobody can be invited, or null. */
  readonly missing: string | null;
  readonly open: boolean;
  readonly close: () => void;
}

export function InvitationNew({ own, missing, open, close }: InvitationNewProps) {
  // The link lives in this component alone: not in the query cache, not in the URL, not in storage.
  const [link, setLink] = useState<string | null>(null);
  const made = ({ url }: InvitationWithLink) => {
    setLink(url);
    // A replay of a lost answer has no link any more; the invitation is in the list and can be revoked.
    if (url === null) {
      toastOk("The invitation was made. Its link was shown before.");
      close();
    }
  };
  const forget = () => {
    setLink(null);
    close();
  };
  return (
    <>
      <Dialog title="Invite somebody" open={open && link === null} close={close}>
        <InviteForm own={own} missing={missing} close={close} made={made} />
      </Dialog>
      <OneTime
        title="Send this link"
        value={link}
        copy="Copy the link"
        kept="I have copied it"
        close={forget}
      >
        <p>
          It joins one person and works once, for 7 days. It is shown only now; if it is lost,
          revoke the invitation and make a new one.
        </p>
      </OneTime>
    </>
  );
}

interface InviteFormProps {
  readonly own: Role;
  readonly missing: string | null;
  readonly close: () => void;
  readonly made: (invitation: InvitationWithLink) => void;
}

function InviteForm({ own, missing, close, made }: InviteFormProps) {
  const [role, setRole] = useState<Role>("developer");
  const options = roleOptions(own);
  const providers = useQuery(providersQuery).data;
  // Only a local install, the one with the command, takes an invitation that names nobody [ID18].
  const local = (providers?.command ?? null) !== null;
  // Without a provider nobody can prove an address.
  const unbound = local && providers?.items.length === 0;
  const action = useAction({
    run: createInvitation,
    changes: [invitationsKey],
    quiet: true,
    done: made,
  });
  const errors = errorsByField(action.error === null ? [] : asApiError(action.error).errors);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (missing !== null) return;
    const email = textOf(new FormData(event.currentTarget), "email");
    action.mutate({ role, ...(email === "" ? {} : { email }) });
  };
  return (
    <form className="flex flex-col gap-4" onSubmit={submit}>
      {unbound ? (
        <p className="text-soft">
          On this installation nobody signs in through a provider: whoever opens the link joins.
        </p>
      ) : (
        <Field
          label="E-mail"
          name="email"
          type="email"
          required={!local}
          maxLength={320}
          autoComplete="off"
          autoFocus
          placeholder="grace@example.com"
          hint={
            local
              ? "Whoever signs in with this verified address can accept. Left empty: whoever has the link."
              : "Only whoever signs in with this verified address can accept."
          }
          error={errors["email"]}
        />
      )}
      <Choice legend="Role" name="role" value={role} options={options} change={setRole} />
      <InlineError error={action.error} />
      <div className="flex justify-end gap-2">
        <Button onClick={close}>Cancel</Button>
        <Button type="submit" variant="primary" pending={action.isPending} disabledReason={missing}>
          Create the link
        </Button>
      </div>
    </form>
  );
}
