/** The dialog that deletes an endpoint. */
import { useNavigate } from "@tanstack/react-router";
import { useQueryClient } from "@tanstack/react-query";
import { paths } from "../../paths.ts";
import { useAction } from "../../queries/action.ts";
import { deleteWebhook, webhookQuery, webhooksKey } from "../../queries/webhooks.ts";
import { Confirm } from "../../ui/dialog.tsx";
import { toastOk } from "../../ui/toast.tsx";
import type { Webhook } from "../../wire.ts";
import { splitUrl } from "./webhook-health.ts";

interface WebhookDeleteProps {
  readonly org: string;
  readonly webhook: Webhook;
  readonly open: boolean;
  readonly close: () => void;
}

export function WebhookDelete({ org, webhook, open, close }: WebhookDeleteProps) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const remove = useAction({
    run: deleteWebhook,
    quiet: true,
    done: () => {
      toastOk("The endpoint is deleted.");
      // The page leaves first: its queries would find nothing any more.
      void navigate(paths.webhooks(org)).then(() => {
        client.removeQueries({ queryKey: webhookQuery(webhook.id).queryKey });
        return client.invalidateQueries({ queryKey: webhooksKey });
      });
    },
  });
  return (
    <Confirm
      title="Delete this endpoint?"
      open={open}
      close={close}
      action="Delete the endpoint"
      run={() => remove.mutate({ id: webhook.id, version: webhook.version })}
      pending={remove.isPending}
      error={remove.error}
      typed={splitUrl(webhook.url).host}
      consequences={[
        `Nothing is sent to ${splitUrl(webhook.url).host} any more; what waits for another attempt is dropped.`,
        "Its signing secret is destroyed.",
        "To stop for a while, switch it off instead.",
      ]}
    />
  );
}
