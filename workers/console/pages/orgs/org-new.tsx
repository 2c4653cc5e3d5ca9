/** A new organization: as a dialog of the account page, and as a page for users who belong to none. */
import type { FormEvent } from "react";
import { asApiError, errorsByField } from "../../errors.ts";
import { Field } from "../../forms/field.tsx";
import { textOf } from "../../forms/text.ts";
import { paths } from "../../paths.ts";
import { useAction } from "../../queries/action.ts";
import { useStartAnew } from "../../queries/anew.ts";
import { anyMeQuery, createOrg } from "../../queries/orgs.ts";
import { usePrefetched } from "../../queries/prefetched.ts";
import { switchOrg } from "../../session.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { InlineError } from "../../ui/failure.tsx";
import { SignedInAs } from "./signed-in-as.tsx";
import { Welcome } from "./welcome.tsx";

export function OrgNew({ open, close }: { open: boolean; close: () => void }) {
  return (
    <Dialog title="Create an organization" open={open} close={close}>
      <OrgForm close={close} />
    </Dialog>
  );
}

/** Where a signed-in user without an organization lands. */
export function OrgNewPage() {
  const me = usePrefetched(anyMeQuery).data;
  const allowed = me.may_create_orgs;
  return (
    <Welcome
      title={allowed ? "Create an organization" : "You belong to no organization"}
      lead={
        allowed
          ? "Your team's work, members and keys live in one."
          : "Ask an administrator of one to invite you, then open the link you get."
      }
    >
      {allowed ? <OrgForm /> : null}
      <SignedInAs name={me.user.name} email={me.user.email} />
    </Welcome>
  );
}

function OrgForm({ close }: { close?: () => void }) {
  const startAnew = useStartAnew();
  const create = useAction({
    run: async (name: string, idempotencyKey) => {
      const org = await createOrg(name, idempotencyKey);
      await switchOrg(org.id);
      return org;
    },
    quiet: true,
    done: (org) => startAnew(paths.overview(org.slug)),
  });
  const errors = errorsByField(create.error === null ? [] : asApiError(create.error).errors);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    create.mutate(textOf(new FormData(event.currentTarget), "name"));
  };
  return (
    <form className="flex flex-col gap-4" onSubmit={submit}>
      <Field
        label="Name"
        name="name"
        required
        maxLength={200}
        autoComplete="organization"
        autoFocus
        hint="Your team or company; a short form of it becomes part of every address."
        error={errors["name"]}
      />
      <InlineError error={create.error} />
      <div className="flex justify-end gap-2">
        {close === undefined ? null : <Button onClick={close}>Cancel</Button>}
        <Button type="submit" variant="primary" pending={create.isPending}>
          Create
        </Button>
      </div>
    </form>
  );
}
