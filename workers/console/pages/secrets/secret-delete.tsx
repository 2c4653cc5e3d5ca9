/** The dialog that deletes a secret. */
import { useAction } from "../../queries/action.ts";
import { deleteSecret, secretsKey } from "../../queries/secrets.ts";
import { Confirm } from "../../ui/dialog.tsx";
import { plural } from "../../ui/format.ts";
import { toastOk } from "../../ui/toast.tsx";
import type { Secret } from "../../wire.ts";
import { partsOf, READERS } from "./secret-names.ts";

export function SecretDelete({ target, close }: { target: Secret | undefined; close: () => void }) {
  const remove = useAction({
    run: deleteSecret,
    changes: [secretsKey],
    quiet: true,
    done: () => {
      toastOk("The secret is deleted.");
      close();
    },
  });
  return (
    <Confirm
      title="Delete this secret?"
      open={target !== undefined}
      close={close}
      action="Delete the secret"
      run={() => {
        if (target !== undefined) remove.mutate(target.name);
      }}
      pending={remove.isPending}
      error={remove.error}
      {...(target === undefined ? {} : { typed: target.name })}
      consequences={target === undefined ? [] : consequencesOf(target)}
    />
  );
}

function consequencesOf({ name, uses, version }: Secret): readonly string[] {
  const reader = READERS.find(({ kind }) => kind === partsOf(name).kind);
  return [
    `It is gone at once for ${reader?.read ?? "whoever reads it"}; what needs it fails from then on.`,
    uses === 0
      ? "It was not used in the last 30 days."
      : `It was used ${plural(uses, "time")} in the last 30 days.`,
    version === 1
      ? "Its value is destroyed. Nobody can bring it back."
      : `The values of all ${version} versions are destroyed. Nobody can bring them back.`,
  ];
}
