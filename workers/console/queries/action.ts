/** One button or form that changes something: its idempotency key, its toast on failure, what to read again [CN5] [CN7]. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { QueryKey, UseMutationResult } from "@tanstack/react-query";
import { useState } from "react";
import { asApiError } from "../errors.ts";
import { Intention, randomKey } from "../intention.ts";
import { toastError } from "../ui/toast.tsx";

export interface Action<I, O> {
  run(input: I, idempotencyKey: string): Promise<O>;
  /** Query key prefixes whose data the action changed. */
  readonly changes?: readonly QueryKey[];
  done?(output: O, input: I): void;
  /** A form shows its own errors; everything else gets a toast. */
  readonly quiet?: boolean;
}

export function useAction<I, O>(action: Action<I, O>): UseMutationResult<O, Error, I> {
  const client = useQueryClient();
  const [intention] = useState(() => new Intention(randomKey));
  return useMutation<O, Error, I>({
    mutationFn: (input) => action.run(input, intention.keyFor(input)),
    onSuccess: async (output, input) => {
      intention.succeeded();
      await Promise.all(
        (action.changes ?? []).map((queryKey) => client.invalidateQueries({ queryKey })),
      );
      action.done?.(output, input);
    },
    onError: (thrown) => {
      const error = asApiError(thrown);
      intention.failed(error);
      // Somebody else changed it: what they made of it is read, so that the form can show it beside this one's [CN5].
      if (error.status === 412 || error.status === 428)
        for (const queryKey of action.changes ?? []) void client.invalidateQueries({ queryKey });
      if (action.quiet !== true) toastError(error);
    },
  });
}
