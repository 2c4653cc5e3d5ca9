/** The dialog that sets or changes a spend cap. */
import { errorsByField } from "../../errors.ts";
import { Choice } from "../../forms/choice.tsx";
import { Conflict } from "../../forms/conflict.tsx";
import { useEdit } from "../../forms/edit.ts";
import type { Editing } from "../../forms/edit.ts";
import { Check, Field } from "../../forms/field.tsx";
import { capsKey, putCap } from "../../queries/usage.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { InlineError } from "../../ui/failure.tsx";
import { toastOk } from "../../ui/toast.tsx";
import type { SpendCap } from "../../wire.ts";
import { effectOf } from "./cap-list.tsx";
import { money } from "./meters.ts";

interface CapEditProps {
  readonly scope: string;
  /** Undefined for the first cap of the scope. */
  readonly cap: SpendCap | undefined;
  readonly open: boolean;
  readonly close: () => void;
}

const EFFECTS = [
  { value: "notify", label: "Tell the members", hint: "At 50, 75 and 100 %; nothing stops." },
  {
    value: "suspend",
    label: "Tell them, and refuse new work",
    hint: "Until the month ends or the cap is raised.",
  },
] as const;

export function CapEdit({ scope, cap, open, close }: CapEditProps) {
  return (
    <Dialog
      title={scope === "org" ? "Spend cap of the organization" : `Spend cap of ${scope}`}
      open={open}
      close={close}
    >
      <CapForm scope={scope} cap={cap} close={close} />
    </Dialog>
  );
}

type CapFields = Pick<SpendCap, "usd" | "action" | "hard">;

const fieldsOf = (cap: SpendCap | undefined): CapFields => ({
  usd: cap?.usd ?? "",
  action: cap?.action ?? "notify",
  hard: cap?.hard ?? false,
});

function CapForm({ scope, cap, close }: Omit<CapEditProps, "open">) {
  const edit = useEdit({
    current: cap,
    fieldsOf,
    inputOf: ({ usd, action, hard }, from) => ({
      scope,
      version: from?.version,
      usd: usd.trim(),
      action,
      hard: action === "suspend" && hard,
    }),
    action: {
      run: putCap,
      changes: [capsKey],
      done: () => {
        toastOk("The spend cap is set.");
        close();
      },
    },
  });
  const { fields, set, error } = edit;
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        edit.save();
      }}
    >
      <Field
        label="US dollars per calendar month"
        name="usd"
        required
        inputMode="decimal"
        pattern="\d{1,8}(\.\d{1,2})?"
        autoComplete="off"
        placeholder="50.00"
        value={fields.usd}
        onChange={(event) => set({ usd: event.target.value })}
        hint={
          cap === undefined ? "For example 50 or 49.90." : `Spent so far: ${money(cap.spent_usd)}.`
        }
        error={errorsByField(error?.errors ?? [])["usd"]}
      />
      <Choice
        legend="When it is reached"
        name="action"
        value={fields.action}
        options={EFFECTS}
        change={(action) => set({ action })}
      />
      {fields.action === "suspend" ? (
        <Check label="Stop live apps too" checked={fields.hard} change={(hard) => set({ hard })} />
      ) : null}
      <Outcome edit={edit} cap={cap} />
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
  readonly edit: Editing<CapFields>;
  readonly cap: SpendCap | undefined;
}

function Outcome({ edit: { fields, error, ...edit }, cap }: OutcomeProps) {
  if (!edit.overtaken || cap === undefined) return <InlineError error={error} />;
  return (
    <Conflict
      fields={[
        { label: "Amount", theirs: money(cap.usd), yours: money(fields.usd) },
        { label: "Effect", theirs: effectOf(cap), yours: effectOf(fields) },
      ]}
      {...edit}
    />
  );
}
