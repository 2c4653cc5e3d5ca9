/** The dialog that changes an endpoint's address and events. */
import { Conflict } from "../../forms/conflict.tsx";
import { useEdit } from "../../forms/edit.ts";
import { changeWebhook, webhooksKey } from "../../queries/webhooks.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { InlineError } from "../../ui/failure.tsx";
import { toastOk } from "../../ui/toast.tsx";
import type { Webhook } from "../../wire.ts";
import { addressError, WebhookFieldset } from "./webhook-form.tsx";
import { fieldsOf, filtersText, inputOf } from "./webhook-fields.ts";
import { eventsText } from "./webhook-health.ts";

interface WebhookEditProps {
  readonly webhook: Webhook;
  readonly open: boolean;
  readonly close: () => void;
}

export function WebhookEdit({ webhook, open, close }: WebhookEditProps) {
  return (
    <Dialog title="Edit the endpoint" open={open} close={close}>
      <EditForm webhook={webhook} close={close} />
    </Dialog>
  );
}

function EditForm({ webhook, close }: Omit<WebhookEditProps, "open">) {
  const edit = useEdit({
    current: webhook,
    fieldsOf,
    inputOf: (typed, from) => {
      const { url, ...input } = inputOf(typed);
      // An address that stays is not sent, so that it is not looked up once more.
      const moved = url === from.url ? {} : { url };
      return { id: from.id, version: from.version, ...input, ...moved };
    },
    action: {
      run: changeWebhook,
      changes: [webhooksKey],
      done: () => {
        toastOk("The endpoint is changed.");
        close();
      },
    },
  });
  const { fields, error } = edit;
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        edit.save();
      }}
    >
      <WebhookFieldset fields={fields} change={edit.set} error={error} />
      {edit.overtaken ? (
        <Conflict
          fields={[
            { label: "Address", theirs: webhook.url, yours: fields.url },
            {
              label: "Events",
              theirs: eventsText(webhook.events),
              yours: eventsText(fields.events),
            },
            {
              label: "Only",
              theirs: filtersText(webhook.filters) ?? "no filter",
              yours: filtersText(inputOf(fields).filters) ?? "no filter",
            },
          ]}
          pending={edit.pending}
          takeTheirs={edit.takeTheirs}
          saveMine={edit.saveMine}
        />
      ) : addressError(error) === undefined ? (
        <InlineError error={error} />
      ) : null}
      <div className="flex justify-end gap-2">
        <Button onClick={close}>Cancel</Button>
        <Button type="submit" variant="primary" pending={edit.pending}>
          Save
        </Button>
      </div>
    </form>
  );
}
