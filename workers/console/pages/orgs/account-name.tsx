/** The user's own name, as the others see it. */
import { useState } from "react";
import { asApiError } from "../../errors.ts";
import { useAction } from "../../queries/action.ts";
import { renameMe } from "../../queries/account.ts";
import { membersKey } from "../../queries/members.ts";
import { meQuery } from "../../queries/orgs.ts";
import { InlineError } from "../../ui/failure.tsx";
import { toastOk } from "../../ui/toast.tsx";
import { NameForm } from "./name-form.tsx";

export function AccountName({ saved }: { saved: string }) {
  const [name, setName] = useState(saved);
  const rename = useAction({
    run: renameMe,
    changes: [meQuery.queryKey, membersKey],
    quiet: true,
    done: (me) => {
      setName(me.user.name);
      toastOk("Your name is saved.");
    },
  });
  const error = rename.error === null ? null : asApiError(rename.error);
  return (
    <NameForm
      name={name}
      saved={saved}
      change={setName}
      save={() => rename.mutate(name.trim())}
      pending={rename.isPending}
      error={error}
      hint="The others see it beside what you do."
      autoComplete="name"
      missing={null}
    >
      <InlineError error={error} />
    </NameForm>
  );
}
