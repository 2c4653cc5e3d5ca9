/** The dialog that sets a secret or replaces its value. What was typed leaves the page with the dialog. */
import { useId, useState } from "react";
import { asApiError, errorsByField } from "../../errors.ts";
import { Check, CONTROL, Field, FieldHint, Select } from "../../forms/field.tsx";
import type { FieldError } from "../../errors.ts";
import { useAction } from "../../queries/action.ts";
import { putSecret, secretsKey } from "../../queries/secrets.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { InlineError } from "../../ui/failure.tsx";
import { count } from "../../ui/format.ts";
import { toastOk } from "../../ui/toast.tsx";
import type { Secret, SecretKind, SecretVersion } from "../../wire.ts";
import { MODEL_KEY_NAMES, nameOf, READERS, valueBytes, withKind } from "./secret-names.ts";
import type { SecretParts } from "./secret-names.ts";

/** The API takes no longer value. */
const BYTES_MAX = 32 * 1_024;

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

interface NameFieldsProps {
  readonly parts: SecretParts;
  readonly change: (parts: SecretParts) => void;
  readonly error: FieldError | undefined;
}

function NameFields({ parts, change, error }: NameFieldsProps) {
  const reader = READERS.find(({ kind }) => kind === parts.kind);
  const owner = reader?.owner ?? null;
  return (
    <>
      <div className="flex flex-col gap-1">
        <Select
          label="Read by"
          value={parts.kind}
          options={READERS.map(({ kind, title }) => ({ value: kind, label: title }))}
          change={(kind) => change(withKind(parts, kind))}
        />
        <p className="text-sm text-faint">Given to {reader?.read}.</p>
      </div>
      {owner === null ? null : (
        <Field
          label={OWNER_LABELS[owner]}
          name="owner"
          required
          pattern="[A-Za-z0-9\-]{1,64}"
          autoComplete="off"
          spellCheck={false}
          className="font-mono"
          value={parts.owner}
          onChange={(event) => change({ ...parts, owner: event.target.value.trim() })}
          hint="Its id: letters, digits and hyphens."
        />
      )}
      {parts.kind === "model" ? (
        <Select
          label="Name"
          value={parts.name}
          options={MODEL_KEY_NAMES.map((name) => ({ value: name, label: name }))}
          change={(name) => change({ ...parts, name })}
        />
      ) : (
        <NameField parts={parts} change={change} error={error} />
      )}
    </>
  );
}

function NameField({ parts, change, error }: NameFieldsProps) {
  return (
    <Field
      label="Name"
      name="name"
      required
      pattern="[A-Za-z0-9_]{1,64}"
      autoComplete="off"
      spellCheck={false}
      placeholder={PLACEHOLDERS[parts.kind]}
      className="font-mono"
      value={parts.name}
      onChange={(event) => change({ ...parts, name: event.target.value.trim() })}
      hint={
        parts.name === ""
          ? "Letters, digits and underscores."
          : `In code and in the API: ${nameOf(parts)}`
      }
      error={error}
    />
  );
}

const OWNER_LABELS = { app: "App", channel: "Channel" } as const;

const PLACEHOLDERS: Readonly<Record<SecretKind, string>> = {
  env: "DATABASE_URL",
  app: "STRIPE_KEY",
  channel: "TOKEN",
  model: "OPENAI_KEY",
};

interface ValueFieldProps {
  readonly value: string;
  readonly bytes: number;
  readonly change: (value: string) => void;
  readonly error: FieldError | undefined;
}

/** A text area, because keys in PEM have lines; its characters are dots until asked for. */
function ValueField({ value, bytes, change, error }: ValueFieldProps) {
  const id = useId();
  const [shown, setShown] = useState(false);
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <label htmlFor={id} className="font-medium">
        Value
      </label>
      <textarea
        id={id}
        rows={3}
        required
        spellCheck={false}
        autoCapitalize="off"
        value={value}
        onChange={(event) => change(event.target.value)}
        className={`${CONTROL} py-1.5 font-mono text-sm ${shown ? "" : "[-webkit-text-security:disc]"}`}
        aria-invalid={error !== undefined}
        aria-describedby={`${id}-hint`}
      />
      <div className="flex flex-wrap justify-between gap-x-4">
        <FieldHint
          id={`${id}-hint`}
          hint={`${count(bytes)} of ${count(BYTES_MAX)} bytes. Never shown again once it is sent.`}
          error={error}
        />
        <Check label="Show while typing" checked={shown} change={setShown} />
      </div>
    </div>
  );
}
