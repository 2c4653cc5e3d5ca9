/** The dialog that makes a key, and the one that shows its value once [CN9]. */
import { useState } from "react";
import type { FormEvent } from "react";
import { permits } from "../../can.ts";
import { asApiError, errorsByField } from "../../errors.ts";
import { Check, Field, Select } from "../../forms/field.tsx";
import { textOf } from "../../forms/text.ts";
import { useAction } from "../../queries/action.ts";
import { createKey, keysKey } from "../../queries/keys.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { InlineError } from "../../ui/failure.tsx";
import type { KeyGrant } from "./grants.ts";
import { EXPIRIES, expiresAt, KEY_GRANTS } from "./grants.ts";
import { KeyValue } from "./key-value.tsx";

interface KeyNewProps {
  readonly grants: readonly string[];
  readonly open: boolean;
  close(): void;
}

export function KeyNew({ grants, open, close }: KeyNewProps) {
  // The value lives in this component alone: not in the query cache, not in the URL, not in storage.
  const [token, setToken] = useState<string | null>(null);
  const forget = () => {
    setToken(null);
    close();
  };
  return (
    <>
      <Dialog title="Create an API key" open={open && token === null} close={close}>
        <KeyForm grants={grants} close={close} made={setToken} />
      </Dialog>
      <KeyValue token={token} close={forget} />
    </>
  );
}

function KeyForm({
  grants,
  close,
  made,
}: {
  grants: readonly string[];
  close: () => void;
  made: (token: string) => void;
}) {
  const offered = KEY_GRANTS.filter((grant) =>
    permits(grants, grant.action, grant.action.slice(0, grant.action.indexOf("."))),
  );
  const [chosen, setChosen] = useState(
    () => new Set(offered.filter((grant) => grant.preset).map((grant) => grant.action)),
  );
  const [days, setDays] = useState<string>(EXPIRIES[0].value);
  const action = useAction({
    run: createKey,
    changes: [keysKey],
    quiet: true,
    done: (answer) => (answer.token === null ? close() : made(answer.token)),
  });
  const errors = errorsByField(action.error === null ? [] : asApiError(action.error).errors);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (chosen.size === 0) return;
    const name = textOf(new FormData(event.currentTarget), "name");
    action.mutate({
      name,
      grants: [...chosen].map((grant) => `${grant}@**`),
      expires_at: expiresAt(days, roundedNow()),
    });
  };
  return (
    <form className="flex flex-col gap-4" onSubmit={submit}>
      <Field
        label="Name"
        name="name"
        required
        maxLength={100}
        autoComplete="off"
        placeholder="ci"
        hint="What will use it."
        error={errors["name"]}
      />
      <Permissions offered={offered} chosen={chosen} choose={setChosen} />
      <Select label="Expires" value={days} options={EXPIRIES} change={setDays} />
      <InlineError error={action.error} />
      <div className="flex justify-end gap-2">
        <Button onClick={close}>Cancel</Button>
        <Button
          type="submit"
          variant="primary"
          pending={action.isPending}
          disabledReason={
            chosen.size === 0 ? "A key without permissions can do nothing: choose one." : null
          }
        >
          Create
        </Button>
      </div>
    </form>
  );
}

interface PermissionsProps {
  readonly offered: readonly KeyGrant[];
  readonly chosen: ReadonlySet<string>;
  choose(actions: Set<string>): void;
}

function Permissions({ offered, chosen, choose }: PermissionsProps) {
  const toggle = (action: string, on: boolean) => {
    const next = new Set(chosen);
    if (on) next.add(action);
    else next.delete(action);
    choose(next);
  };
  return (
    <fieldset>
      <legend className="mb-1 font-medium">Permissions</legend>
      {offered.map((grant) => (
        <Check
          key={grant.action}
          label=""
          checked={chosen.has(grant.action)}
          change={(on) => toggle(grant.action, on)}
        >
          <span className="font-mono text-sm">{grant.action}</span>{" "}
          <span className="text-soft">{grant.text}</span>
        </Check>
      ))}
    </fieldset>
  );
}

/** To the minute, so that a repeat within it is the same request under the same Idempotency-Key. */
const roundedNow = (): number => Math.floor(Date.now() / 60_000) * 60_000;
