/** The dialog that gives an endpoint a new signing secret. */
import { useState } from "react";
import { useAction } from "../../queries/action.ts";
import { rotateWebhookSecret, webhooksKey } from "../../queries/webhooks.ts";
import { Confirm } from "../../ui/dialog.tsx";
import { toastOk } from "../../ui/toast.tsx";
import { WebhookSecret } from "./webhook-secret.tsx";

interface WebhookRotateProps {
  readonly id: string;
  readonly open: boolean;
  readonly close: () => void;
}

export function WebhookRotate({ id, open, close }: WebhookRotateProps) {
  const [secret, setSecret] = useState<string | null>(null);
  const rotate = useAction({
    run: rotateWebhookSecret,
    changes: [webhooksKey],
    quiet: true,
    done: (answer) => {
      if (answer.secret !== null) return setSecret(answer.secret);
      toastOk("The signing secret was rotated; it was shown before.");
      close();
    },
  });
  const leave = () => {
    setSecret(null);
    close();
  };
  return (
    <>
      <Confirm
        title="Rotate the signing secret?"
        open={open && secret === null}
        close={close}
        action="Rotate the secret"
        run={() => rotate.mutate(id)}
        pending={rotate.isPending}
        error={rotate.error}
        consequences={[
          "A new secret is shown once.",
          "For 24 hours each request is signed with both; a receiver that knows either takes it.",
          "After that the old secret is worthless.",
        ]}
      />
      <WebhookSecret secret={secret} close={leave} />
    </>
  );
}
