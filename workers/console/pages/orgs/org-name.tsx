/** The organization's name: what somebody else saved meanwhile stands beside what was entered here [CN5]. */
import { useState } from "react";
import { asApiError } from "../../errors.ts";
import { Conflict } from "../../forms/conflict.tsx";
import { useAction } from "../../queries/action.ts";
import { orgKey, renameOrg } from "../../queries/orgs.ts";
import { InlineError } from "../../ui/failure.tsx";
import { toastOk } from "../../ui/toast.tsx";
import type { Org } from "../../wire.ts";
import { NameForm } from "./name-form.tsx";

export function OrgName({ org, missing }: { org: Org; missing: string | null }) {
  /** What the form began from; `org` moves on when it is read again. */
  const [base, setBase] = useState(org);
  const [name, setName] = useState(org.name);
  const change = useAction({
    run: renameOrg,
    changes: [orgKey, ["me"]],
    quiet: true,
    done: (saved) => {
      setBase(saved);
      setName(saved.name);
      toastOk("The name is saved.");
    },
  });
  const save = (from: Org) => {
    setBase(from);
    change.mutate({ name: name.trim(), version: from.version });
  };
  const takeTheirs = () => {
    setBase(org);
    setName(org.name);
    change.reset();
  };
  const error = change.error === null ? null : asApiError(change.error);
  const overtaken = error?.status === 412 && org.version !== base.version;
  return (
    <NameForm
      name={name}
      saved={base.name}
      change={setName}
      save={() => save(base)}
      pending={change.isPending}
      error={error}
      hint="Shown to all members and in invitations."
      autoComplete="off"
      missing={missing}
    >
      {overtaken ? (
        <Conflict
          fields={[{ label: "Name", theirs: org.name, yours: name.trim() }]}
          pending={change.isPending}
          takeTheirs={takeTheirs}
          saveMine={() => save(org)}
        />
      ) : (
        <InlineError error={error} />
      )}
    </NameForm>
  );
}
