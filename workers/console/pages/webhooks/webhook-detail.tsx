/** One endpoint: how it is doing, what it asked for, what was sent to it, and what can be done about all that. */
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { whyNot } from "../../can.ts";
import { paths } from "../../paths.ts";
import { useAction } from "../../queries/action.ts";
import { useMe } from "../../queries/me.ts";
import { usePrefetched } from "../../queries/prefetched.ts";
import { changeWebhook, webhookQuery, webhooksKey } from "../../queries/webhooks.ts";
import type { WebhookSearch } from "../../search.ts";
import { Button } from "../../ui/button.tsx";
import { Page } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { toastOk } from "../../ui/toast.tsx";
import type { Webhook } from "../../wire.ts";
import { DeliveryDrawer } from "./delivery-detail.tsx";
import { DeliveryList } from "./delivery-list.tsx";
import { WebhookDelete } from "./webhook-delete.tsx";
import { WebhookEdit } from "./webhook-edit.tsx";
import { WebhookFacts } from "./webhook-facts.tsx";
import { healthOf, splitUrl } from "./webhook-health.ts";
import { WebhookRotate } from "./webhook-rotate.tsx";
import { WebhookTest } from "./webhook-test.tsx";

const route = getRouteApi("/o/$org/webhooks/$webhook");

export function WebhookDetail() {
  const me = useMe();
  const org = me.org.slug;
  const { webhook: id } = route.useParams();
  const search = route.useSearch();
  const { dialog: named, delivery, ...kept } = search;
  const navigate = useNavigate();
  const webhook = usePrefetched(webhookQuery(id)).data;
  const missing = whyNot(me.grants, "webhooks.write", `webhooks/${id}`);
  // A dialog whose action is forbidden does not open by its URL either.
  const dialog = missing === null ? named : undefined;
  const show = (next: NonNullable<WebhookSearch["dialog"]>) =>
    void navigate(paths.webhook(org, id, { ...kept, dialog: next }));
  const close = () => void navigate(paths.webhook(org, id, kept));
  return (
    <Page
      title={splitUrl(webhook.url).host}
      beside={<State state={healthOf(webhook)} />}
      actions={
        <>
          <Button icon="send" disabledReason={missing} onClick={() => show("test")}>
            Send a test
          </Button>
          <Button icon="edit" disabledReason={missing} onClick={() => show("edit")}>
            Edit
          </Button>
          <Switch webhook={webhook} missing={missing} />
          <Button
            variant="danger"
            icon="trash"
            disabledReason={missing}
            onClick={() => show("delete")}
          >
            Delete
          </Button>
        </>
      }
    >
      <WebhookFacts webhook={webhook} missing={missing} rotate={() => show("rotate")} />
      <DeliveryList org={org} webhook={webhook} grants={me.grants} search={search} />
      <DeliveryDrawer org={org} webhook={webhook} grants={me.grants} id={delivery} close={close} />
      <WebhookTest webhook={webhook} open={dialog === "test"} close={close} />
      <WebhookEdit webhook={webhook} open={dialog === "edit"} close={close} />
      <WebhookRotate id={id} open={dialog === "rotate"} close={close} />
      <WebhookDelete org={org} webhook={webhook} open={dialog === "delete"} close={close} />
    </Page>
  );
}

/** On and off again; what the platform switched off for its failures is enabled the same way [WH5]. */
function Switch({ webhook, missing }: { webhook: Webhook; missing: string | null }) {
  const change = useAction({
    run: changeWebhook,
    changes: [webhooksKey],
    done: (now) => toastOk(now.active ? "The endpoint is on." : "The endpoint is off."),
  });
  return (
    <Button
      variant={webhook.active ? "plain" : "primary"}
      pending={change.isPending}
      disabledReason={missing}
      onClick={() =>
        change.mutate({ id: webhook.id, version: webhook.version, active: !webhook.active })
      }
    >
      {webhook.active ? "Switch off" : "Enable"}
    </Button>
  );
}
