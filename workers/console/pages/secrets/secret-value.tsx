/** The field a secret's value is typed into; its characters are dots until asked for. */
import { useId, useState } from "react";
import type { FieldError } from "../../errors.ts";
import { Check, CONTROL, FieldHint } from "../../forms/field.tsx";
import { count } from "../../ui/format.ts";

/** The API takes no longer value. */
export const BYTES_MAX = 32 * 1_024;

interface ValueFieldProps {
  readonly value: string;
  readonly bytes: number;
  readonly change: (value: string) => void;
  readonly error: FieldError | undefined;
}

/** A text area, because keys in PEM have lines. */
export function ValueField({ value, bytes, change, error }: ValueFieldProps) {
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
