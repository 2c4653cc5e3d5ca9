/** The dialog that sets a secret or replaces its value. What was typed leaves the page with the dialog. */
import { useState } from "react";
import { asApiError, errorsByField } from "../../errors.ts";
import { useAction } from "../../queries/action.ts";
import { putSecret, secretsKey } from "../../queries/secrets.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { InlineError } from "../../ui/failure.tsx";
import { count } from "../../ui/format.ts";
import { toastOk } from "../../ui/toast.tsx";
import type { Secret, SecretVersion } from "../../wire.ts";
import { NameFields } from "./secret-name.tsx";
import { nameOf, valueBytes } from "./secret-names.ts";
import type { SecretParts } from "./secret-names.ts";
import { BYTES_MAX, ValueField } from "./secret-value.tsx";

interface SecretPutProps {
  readonly secrets: readonly Secret[];
  /** The secret whose value is replaced; undefined for a new one. */
  readonly target: Secret | undefined;
  readonly open: boolean;
  readonly close: () => void;
}

export function SecretPut({ secrets, target, open, close }: SecretPutProps) {
  return (
    <Dialog
      title={target === undefined ? "Set a secret" : "Replace the value"}
      open={open}
      close={close}
    >
      <PutForm secrets={secrets} target={target} close={close} />
    </Dialog>
  );
}

function PutForm({ secrets, target, close }: Omit<SecretPutProps, "open">) {
  const [parts, setParts] = useState<SecretParts>({ kind: "env", owner: "", name: "" });
  const [value, setValue] = useState("");
  const name = target?.name ?? nameOf(parts);
  const before = secrets.find((secret) => secret.name === name);
  const put = useAction({
    run: putSecret,
    changes: [secretsKey],
    quiet: true,
    done: (stored) => {
      toastOk(sentenceOf(stored, before));
      close();
    },
  });
  const bytes = valueBytes(value);
  const errors = errorsByField(put.error === null ? [] : asApiError(put.error).errors);
  return (
    <form
      className="flex flex-col gap-4"
      autoComplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        if (bytes > 0 && bytes <= BYTES_MAX) put.mutate({ name, value });
      }}
    >
      {target === undefined ? (
        <NameFields parts={parts} change={setParts} error={errors["name"]} />
      ) : (
        <p className="font-mono break-all">{name}</p>
      )}
      {before === undefined ? null : (
        <p className="rounded-md bg-raised px-3 py-2 text-soft">
          It exists: version {before.version}, fingerprint <code>{before.fingerprint}</code>. The
          new value becomes version {before.version + 1}; whoever holds the old one keeps it for at
          most 15 minutes.
        </p>
      )}
      <ValueField value={value} bytes={bytes} change={setValue} error={errors["value"]} />
      <InlineError error={put.error} />
      <div className="flex justify-end gap-2">
        <Button onClick={close}>Cancel</Button>
        <Button
          type="submit"
          variant="primary"
          pending={put.isPending}
          disabledReason={whyNotSend(parts, target, bytes)}
        >
          {before === undefined ? "Set the secret" : "Replace the value"}
        </Button>
      </div>
    </form>
  );
}

function whyNotSend(parts: SecretParts, target: Secret | undefined, bytes: number): string | null {
  if (target === undefined && parts.name === "") return "Give it a name first.";
  if (bytes === 0) return "Enter a value first.";
  return bytes <= BYTES_MAX ? null : `A value has at most ${count(BYTES_MAX)} bytes.`;
}

/** The fingerprint answers what nobody can look up: whether this was another value at all. */
function sentenceOf(stored: SecretVersion, before: Secret | undefined): string {
  if (before === undefined) return `${stored.name} is set, fingerprint ${stored.fingerprint}.`;
  return stored.fingerprint === before.fingerprint
    ? `${stored.name} is at version ${stored.version}; the value is the same as before.`
    : `${stored.name} is at version ${stored.version}, fingerprint ${stored.fingerprint}.`;
}
