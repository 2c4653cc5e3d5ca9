/** The state of a form that edits a thing with a version: what it began from, and whether somebody else saved meanwhile [CN5]. */
import { useState } from "react";
import { asApiError } from "../errors.ts";
import type { ApiError } from "../errors.ts";
import { useAction } from "../queries/action.ts";
import type { Action } from "../queries/action.ts";

interface Versioned {
  readonly version: number;
}

interface Edit<T, I, F> {
  /** The thing as it was read last; undefined while it does not exist yet. It moves on when it is read again. */
  readonly current: T;
  readonly fieldsOf: (from: T) => F;
  /** What is sent; `from` is what the change is based on. */
  readonly inputOf: (fields: F, from: T) => I;
  readonly action: Omit<Action<I, unknown>, "quiet" | "done"> & { readonly done: () => void };
}

export interface Editing<F> {
  readonly fields: F;
  readonly set: (part: Partial<F>) => void;
  readonly save: () => void;
  readonly pending: boolean;
  readonly error: ApiError | null;
  /** Somebody else saved first, and what they saved has been read. */
  readonly overtaken: boolean;
  readonly takeTheirs: () => void;
  readonly saveMine: () => void;
}

export function useEdit<T extends Versioned | undefined, I, F extends object>(
  edit: Edit<T, I, F>,
): Editing<F> {
  const { current, fieldsOf, inputOf } = edit;
  const [base, setBase] = useState(current);
  const [fields, setFields] = useState(() => fieldsOf(current));
  const action = useAction<I, unknown>({ ...edit.action, quiet: true });
  const saveOver = (from: T) => {
    setBase(from);
    action.mutate(inputOf(fields, from));
  };
  const error = action.error === null ? null : asApiError(action.error);
  // A thing that did not exist yet is saved without a version; if it does by then, the API asks for one: 428.
  const refused = error?.status === 412 || error?.status === 428;
  return {
    fields,
    set: (part) => setFields((before) => ({ ...before, ...part })),
    save: () => saveOver(base),
    pending: action.isPending,
    error,
    overtaken: refused && current?.version !== base?.version,
    takeTheirs: () => {
      setBase(current);
      setFields(fieldsOf(current));
      action.reset();
    },
    saveMine: () => saveOver(current),
  };
}
