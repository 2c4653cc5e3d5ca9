/** The dialog that sends one signed test event and shows what the endpoint answered. */
import { asApiError } from "../../errors.ts";
import { useAction } from "../../queries/action.ts";
import { deliveriesKey, testWebhook } from "../../queries/webhooks.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { InlineError } from "../../ui/failure.tsx";
import type { Webhook } from "../../wire.ts";
import { Attempt } from "./attempt-list.tsx";

interface WebhookTestProps {
  readonly webhook: Webhook;
  readonly open: boolean;
  readonly close: () => void;
}

export function WebhookTest({ webhook, open, close }: WebhookTestProps) {
  return (
    <Dialog title="Send a test event" open={open} close={close}>
      <TestForm webhook={webhook} close={close} />
    </Dialog>
  );
}

function TestForm({ webhook, close }: Omit<WebhookTestProps, "open">) {
  const test = useAction({ run: testWebhook, changes: [deliveriesKey], quiet: true });
  const result = test.data;
  return (
    <div className="flex flex-col gap-4">
      <p className="text-soft">
        One signed <code>webhook.test</code> goes to{" "}
        <span className="font-mono text-sm break-all text-ink">{webhook.url}</span>, at once and
        never again, whatever becomes of it.
      </p>
      {result === undefined ? null : (
        <div role="status" className="rounded-md border border-line px-3 py-2.5">
          <p className={`mb-1.5 font-medium ${result.ok ? "text-ok" : "text-fail"}`}>
            {result.ok
              ? "The endpoint took it."
              : `The endpoint did not take it${result.attempt.status === null ? "." : ": only a 2xx counts."}`}
          </p>
          <Attempt of={result.attempt} />
        </div>
      )}
      <InlineError error={test.error === null ? null : asApiError(test.error)} />
      <div className="flex justify-end gap-2">
        <Button onClick={close}>Close</Button>
        <Button
          variant="primary"
          icon="send"
          pending={test.isPending}
          onClick={() => test.mutate(webhook.id)}
        >
          {result === undefined ? "Send the test" : "Send another"}
        </Button>
      </div>
    </div>
  );
}
