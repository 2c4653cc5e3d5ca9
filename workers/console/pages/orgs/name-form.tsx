/** A form of one name and its button, in a box of the page. */
import type { ReactNode } from "react";
import { errorsByField } from "../../errors.ts";
import type { ApiError } from "../../errors.ts";
import { Field } from "../../forms/field.tsx";
import { Button } from "../../ui/button.tsx";

interface NameFormProps {
  readonly name: string;
  readonly saved: string;
  readonly change: (name: string) => void;
  readonly save: () => void;
  readonly pending: boolean;
  readonly error: ApiError | null;
  readonly hint: string;
  readonly autoComplete: string;
  /** Why it cannot be changed, or null. */
  readonly missing: string | null;
  /** What went wrong, below the field. */
  readonly children: ReactNode;
}

export function NameForm(props: NameFormProps) {
  const { name, saved, missing } = props;
  return (
    <form
      className="flex flex-col gap-3 rounded-lg border border-line bg-panel px-4 py-3"
      onSubmit={(event) => {
        event.preventDefault();
        props.save();
      }}
    >
      <div className="flex flex-wrap items-start gap-3">
        <div className="min-w-0 max-w-sm flex-1 basis-52">
          <Field
            label="Name"
            name="name"
            required
            maxLength={200}
            autoComplete={props.autoComplete}
            readOnly={missing !== null}
            value={name}
            onChange={(event) => props.change(event.target.value)}
            hint={props.hint}
            error={errorsByField(props.error?.errors ?? [])["name"]}
          />
        </div>
        <Button
          type="submit"
          variant="primary"
          className="mt-6 h-8"
          pending={props.pending}
          disabledReason={missing ?? (name.trim() === saved ? "Nothing is changed yet." : null)}
        >
          Save
        </Button>
      </div>
      {props.children}
    </form>
  );
}
