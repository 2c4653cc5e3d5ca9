/** The dialog that renames a key and moves its expiry; permissions stay what they were made for. */
import { errorsByField } from "../../errors.ts";
import { Conflict } from "../../forms/conflict.tsx";
import { useEdit } from "../../forms/edit.ts";
import type { Editing } from "../../forms/edit.ts";
import { Field } from "../../forms/field.tsx";
import { changeKey, keysKey } from "../../queries/keys.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { InlineError } from "../../ui/failure.tsx";
import { toastOk } from "../../ui/toast.tsx";
import type { Key } from "../../wire.ts";
import { dayOf, endOfDay } from "./key-state.ts";

export function KeyEdit({ target, close }: { target: Key | undefined; close: () => void }) {
  return (
    <Dialog title={`Edit ${target?.name ?? "this key"}`} open={target !== undefined} close={close}>
      {target === undefined ? null : <EditForm target={target} close={close} />}
    </Dialog>
  );
}

function EditForm({ target, close }: { target: Key; close: () => void }) {
  const edit = useEdit({
    current: target,
    fieldsOf: ({ name, expires_at }) => ({ name, day: dayOf(expires_at) }),
    inputOf: ({ name, day }, from) => ({
      id: from.id,
      version: from.version,
      name: name.trim(),
      // A day that stays is not sent: the instant within it would move.
      ...(day === dayOf(from.expires_at) ? {} : { expires_at: endOfDay(day) }),
    }),
    action: {
      run: changeKey,
      changes: [keysKey],
      done: () => {
        toastOk("The key is changed.");
        close();
      },
    },
  });
  const { fields, set, error } = edit;
  const errors = errorsByField(error?.errors ?? []);
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        edit.save();
      }}
    >
      <Field
        label="Name"
        name="name"
        required
        maxLength={200}
        autoComplete="off"
        value={fields.name}
        onChange={(event) => set({ name: event.target.value })}
        hint="What uses it."
        error={errors["name"]}
      />
      <Field
        label="Expires"
        name="expires"
        type="date"
        value={fields.day}
        onChange={(event) => set({ day: event.target.value })}
        hint="It works until the end of this day; empty: it never expires."
        error={errors["expires_at"]}
      />
      <Outcome edit={edit} target={target} />
      <div className="flex justify-end gap-2">
        <Button onClick={close}>Cancel</Button>
        <Button type="submit" variant="primary" pending={edit.pending}>
          Save
        </Button>
      </div>
    </form>
  );
}

interface OutcomeProps {
  readonly edit: Editing<{ name: string; day: string }>;
  readonly target: Key;
}

function Outcome({ edit: { fields, error, ...edit }, target }: OutcomeProps) {
  if (!edit.overtaken) return <InlineError error={error} />;
  const theirs = dayOf(target.expires_at);
  return (
    <Conflict
      fields={[
        { label: "Name", theirs: target.name, yours: fields.name },
        { label: "Expires", theirs: theirs || "never", yours: fields.day || "never" },
      ]}
      {...edit}
    />
  );
}
