/** The dialog that adds an endpoint, and the one that shows its signing secret once [CN9]. */
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { paths } from "../../paths.ts";
import { useAction } from "../../queries/action.ts";
import { createWebhook, webhooksKey } from "../../queries/webhooks.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { InlineError } from "../../ui/failure.tsx";
import type { WebhookWithSecret } from "../../wire.ts";
import { addressError, WebhookFieldset } from "./webhook-form.tsx";
import { inputOf, NO_FIELDS } from "./webhook-fields.ts";
import { WebhookSecret } from "./webhook-secret.tsx";

interface WebhookNewProps {
  readonly org: string;
  readonly open: boolean;
  readonly close: () => void;
}

export function WebhookNew({ org, open, close }: WebhookNewProps) {
  const navigate = useNavigate();
  // The secret lives in this component alone: not in the query cache, not in the URL, not in storage.
  const [made, setMade] = useState<{ readonly id: string; readonly secret: string } | null>(null);
  const leave = () => {
    setMade(null);
    if (made !== null) void navigate(paths.webhook(org, made.id));
  };
  const done = ({ webhook, secret }: WebhookWithSecret) => {
    if (secret === null) void navigate(paths.webhook(org, webhook.id));
    else setMade({ id: webhook.id, secret });
  };
  return (
    <>
      <Dialog title="Add an endpoint" open={open && made === null} close={close}>
        <NewForm close={close} done={done} />
      </Dialog>
      <WebhookSecret secret={made?.secret ?? null} close={leave} />
    </>
  );
}

interface NewFormProps {
  readonly close: () => void;
  readonly done: (made: WebhookWithSecret) => void;
}

function NewForm({ close, done }: NewFormProps) {
  const [fields, setFields] = useState(NO_FIELDS);
  const create = useAction({ run: createWebhook, changes: [webhooksKey], quiet: true, done });
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        create.mutate(inputOf(fields));
      }}
    >
      <WebhookFieldset fields={fields} change={setFields} error={create.error} />
      {addressError(create.error) === undefined ? <InlineError error={create.error} /> : null}
      <div className="flex justify-end gap-2">
        <Button onClick={close}>Cancel</Button>
        <Button type="submit" variant="primary" pending={create.isPending}>
          Add the endpoint
        </Button>
      </div>
    </form>
  );
}
