/** The dialog that changes what a member may do: the role, and writing secrets beside it. */
import { useState } from "react";
import { whyNotMember } from "../../can.ts";
import { asApiError } from "../../errors.ts";
import { Choice } from "../../forms/choice.tsx";
import { Conflict } from "../../forms/conflict.tsx";
import { Check } from "../../forms/field.tsx";
import { useAction } from "../../queries/action.ts";
import { changeMember, membersKey } from "../../queries/members.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { InlineError } from "../../ui/failure.tsx";
import { toastOk } from "../../ui/toast.tsx";
import type { Me, Member, Role } from "../../wire.ts";
import { ROLE_TEXTS, roleOptions, writesSecrets } from "./roles.ts";

interface MemberChangeProps {
  readonly me: Me;
  readonly target: Member | undefined;
  /** Owners of the organization; null when not all are known. */
  readonly owners: number | null;
  readonly close: () => void;
}

export function MemberChange({ target, ...rest }: MemberChangeProps) {
  return (
    <Dialog
      title={`Role of ${target?.name ?? "this member"}`}
      open={target !== undefined}
      close={rest.close}
    >
      {target === undefined ? null : <ChangeForm key={target.user_id} target={target} {...rest} />}
    </Dialog>
  );
}

function ChangeForm({ me, target, owners, close }: MemberChangeProps & { target: Member }) {
  /** What the form began from; `target` moves on when the list is read again. */
  const [base, setBase] = useState(target);
  const [role, setRole] = useState<Role>(target.role);
  const [secrets, setSecrets] = useState(writes(target));
  const change = useAction({
    run: changeMember,
    changes: [membersKey, ["me"]],
    quiet: true,
    done: (member) => {
      toastOk(`${member.name} is ${ROLE_TEXTS[member.role].label.toLowerCase()} now.`);
      close();
    },
  });
  const save = (from: Member) => {
    setBase(from);
    change.mutate({ member: from, role, grants: secrets ? ["secret_writer"] : [] });
  };
  const takeTheirs = () => {
    setBase(target);
    setRole(target.role);
    setSecrets(writes(target));
    change.reset();
  };
  const unchanged = role === base.role && secrets === writes(base);
  const reason = unchanged
    ? "Nothing is changed yet."
    : whyNotMember(me, target, { owners, act: "change", to: role });
  const error = change.error === null ? null : asApiError(change.error);
  const overtaken = error?.status === 412 && target.version !== base.version;
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        save(base);
      }}
    >
      <Choice
        legend="Role"
        name="role"
        value={role}
        options={roleOptions(me.org.role)}
        change={setRole}
      />
      <SecretsGrant role={role} checked={secrets} change={setSecrets} />
      {overtaken ? (
        <Conflict
          fields={differences(target, { role, secrets })}
          pending={change.isPending}
          takeTheirs={takeTheirs}
          saveMine={() => save(target)}
        />
      ) : (
        <InlineError error={error} />
      )}
      <div className="flex justify-end gap-2">
        <Button onClick={close}>Cancel</Button>
        <Button type="submit" variant="primary" pending={change.isPending} disabledReason={reason}>
          Save
        </Button>
      </div>
    </form>
  );
}

const writes = (member: Member): boolean => member.grants.includes("secret_writer");

const differences = (theirs: Member, yours: { readonly role: Role; readonly secrets: boolean }) => [
  { label: "Role", theirs: ROLE_TEXTS[theirs.role].label, yours: ROLE_TEXTS[yours.role].label },
  {
    label: "Secrets",
    theirs: writes(theirs) ? "writes" : "no",
    yours: yours.secrets ? "writes" : "no",
  },
];

interface SecretsGrantProps {
  readonly role: Role;
  readonly checked: boolean;
  readonly change: (on: boolean) => void;
}

function SecretsGrant({ role, checked, change }: SecretsGrantProps) {
  return (
    <fieldset>
      <legend className="mb-1 font-medium">Beside the role</legend>
      <Check label="Write secrets" checked={checked} change={change}>
        <span className="text-soft">
          {writesSecrets(role)
            ? ` · ${ROLE_TEXTS[role].label} may do this anyway`
            : " · set and delete secret values; nobody can read them"}
        </span>
      </Check>
    </fieldset>
  );
}
