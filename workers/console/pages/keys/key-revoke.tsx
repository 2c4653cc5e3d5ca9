/** The dialog that revokes a key. */
import { useAction } from "../../queries/action.ts";
import { keysKey, revokeKey } from "../../queries/keys.ts";
import { Confirm } from "../../ui/dialog.tsx";
import { toastOk } from "../../ui/toast.tsx";
import type { Key } from "../../wire.ts";

export function KeyRevoke({ target, close }: { target: Key | undefined; close: () => void }) {
  const revoke = useAction({
    run: revokeKey,
    changes: [keysKey],
    quiet: true,
    done: () => {
      toastOk("The key is revoked.");
      close();
    },
  });
  return (
    <Confirm
      title={`Revoke ${target?.name ?? "this key"}?`}
      open={target !== undefined}
      close={close}
      action="Revoke the key"
      run={() => {
        if (target !== undefined) revoke.mutate(target.id);
      }}
      pending={revoke.isPending}
      error={revoke.error}
      {...(target === undefined ? {} : { typed: target.name })}
      consequences={[
        "Requests with this key are refused within 30 seconds, for good.",
        target?.last_used_at === null
          ? "It was never used."
          : "Whatever uses it stops working until it gets another key.",
      ]}
    />
  );
}
