/** Form fields: native controls with a label, a hint and the error the API named for them. */
import { useId } from "react";
import type { ComponentProps, ReactNode } from "react";
import type { FieldError } from "../errors.ts";

export const CONTROL =
  "w-full min-w-0 rounded-md border border-edge bg-panel px-2 text-ink aria-invalid:border-fail";

interface FieldProps extends ComponentProps<"input"> {
  readonly label: string;
  readonly hint?: string;
  readonly error?: FieldError | undefined;
}

export function Field({ label, hint, error, className = "", ...input }: FieldProps) {
  const id = useId();
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <label htmlFor={id} className="font-medium">
        {label}
        {input.required === true ? null : (
          <span className="font-normal text-faint"> (optional)</span>
        )}
      </label>
      <input
        id={id}
        {...input}
        className={`${CONTROL} h-8 ${className}`}
        aria-invalid={error !== undefined}
        aria-describedby={`${id}-hint`}
      />
      <FieldHint id={`${id}-hint`} hint={hint} error={error} />
    </div>
  );
}

export function FieldHint({
  id,
  hint,
  error,
}: {
  id: string;
  hint?: string | undefined;
  error?: FieldError | undefined;
}) {
  return (
    <p id={id} className={`text-sm ${error === undefined ? "text-faint" : "text-fail"}`}>
      {error === undefined ? hint : `${error.message} ${error.fix}`.trim()}
    </p>
  );
}

interface SelectProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  change(value: string): void;
}

/** A native select: dense, known to every keyboard and screen reader, and it costs no script. */
export function Select({ label, value, options, change }: SelectProps) {
  return (
    <label className="flex items-center gap-1.5 text-soft">
      {label}
      <select
        value={value}
        onChange={(event) => change(event.target.value)}
        className="h-7 max-w-[180px] rounded-md border border-edge bg-panel px-1.5 text-ink"
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </label>
  );
}

export function Check({
  label,
  checked,
  change,
  children,
}: {
  label: string;
  checked: boolean;
  change: (on: boolean) => void;
  children?: ReactNode;
}) {
  return (
    <label className="flex min-h-6 items-start gap-2">
      <input
        type="checkbox"
        checked={checked}
        onChange={(event) => change(event.target.checked)}
        className="mt-[3px] size-3.5 accent-(--color-accent)"
      />
      <span className="min-w-0">
        {label}
        {children}
      </span>
    </label>
  );
}
