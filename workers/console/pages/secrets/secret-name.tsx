/** The fields that put a secret's name together: who reads it, whose it is, what it is called. */
import type { FieldError } from "../../errors.ts";
import { Field, Select } from "../../forms/field.tsx";
import type { SecretKind } from "../../wire.ts";
import { MODEL_KEY_NAMES, nameOf, READERS, withKind } from "./secret-names.ts";
import type { SecretParts } from "./secret-names.ts";

interface NameFieldsProps {
  readonly parts: SecretParts;
  readonly change: (parts: SecretParts) => void;
  readonly error: FieldError | undefined;
}

export function NameFields({ parts, change, error }: NameFieldsProps) {
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
