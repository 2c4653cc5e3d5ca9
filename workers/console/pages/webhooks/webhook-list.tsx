/** Webhooks: where events are sent, and how each endpoint is doing. */
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { whyNot } from "../../can.ts";
import { paths } from "../../paths.ts";
import { useMe } from "../../queries/me.ts";
import { usePrefetched } from "../../queries/prefetched.ts";
import { webhooksQuery } from "../../queries/webhooks.ts";
import { Table } from "../../table/table.tsx";
import type { Column } from "../../table/table.tsx";
import { Button } from "../../ui/button.tsx";
import { Command } from "../../ui/copy.tsx";
import { plural } from "../../ui/format.ts";
import { Empty, Page } from "../../ui/page.tsx";
import { State, Tag } from "../../ui/state.tsx";
import { Time } from "../../ui/time.tsx";
import type { Webhook } from "../../wire.ts";
import { healthOf, splitUrl, verifySnippet } from "./webhook-health.ts";
import { WebhookNew } from "./webhook-new.tsx";

const route = getRouteApi("/o/$org/webhooks");

/** The API takes no more endpoints of one organization. */
const ENDPOINTS_MAX = 20;

export function WebhookList() {
  const me = useMe();
  const org = me.org.slug;
  const search = route.useSearch();
  const navigate = useNavigate();
  const webhooks = usePrefetched(webhooksQuery).data.items;
  const missing = whyNot(me.grants, "webhooks.write", "webhooks");
  const full =
    webhooks.length < ENDPOINTS_MAX
      ? null
      : `An organization has at most ${ENDPOINTS_MAX} endpoints. Delete one first.`;
  const add = (
    <Button
      variant="primary"
      icon="plus"
      disabledReason={missing ?? full}
      onClick={() => void navigate(paths.webhooks(org, { dialog: "new" }))}
    >
      Add an endpoint
    </Button>
  );
  return (
    <Page
      title="Webhooks"
      facts="Events are posted to your addresses, signed, and tried again for days."
      actions={webhooks.length === 0 ? null : add}
    >
      {webhooks.length === 0 ? (
        <Empty title="No endpoints yet" action={add}>
          <p>
            Give an https address of yours: finished analyses and usage notices are posted to it,
            and each delivery appears here with its attempts. A receiver checks the signature:
          </p>
          <Command text={verifySnippet} label="Receiver that checks the signature" />
        </Empty>
      ) : (
        <Table
          label="Webhooks"
          columns={columns(org)}
          rows={webhooks}
          rowKey={(webhook) => webhook.id}
        />
      )}
      <WebhookNew
        org={org}
        open={search.dialog === "new" && missing === null}
        close={() => void navigate(paths.webhooks(org))}
      />
    </Page>
  );
}

const columns = (org: string): readonly Column<Webhook>[] => [
  {
    name: "Endpoint",
    grow: true,
    cell: (webhook) => {
      const { host, rest } = splitUrl(webhook.url);
      return (
        <Link {...paths.webhook(org, webhook.id)} title={webhook.url} className="hover:underline">
          <span className="font-medium">{host}</span>
          <span className="text-soft">{rest}</span>
        </Link>
      );
    },
  },
  { name: "Health", cell: (webhook) => <State state={healthOf(webhook)} /> },
  {
    name: "Events",
    wide: true,
    cell: ({ events: [first, ...more] }) => (
      <span className="inline-flex items-center gap-1.5">
        <Tag>{first ?? "all"}</Tag>
        {more.length === 0 ? null : <span className="text-sm text-faint">+{more.length}</span>}
      </span>
    ),
  },
  { name: "What is wrong", wide: true, cell: (webhook) => <Trouble of={webhook} /> },
  {
    name: "Last success",
    right: true,
    cell: ({ last_success_at: at }) =>
      at === null ? <span className="text-faint">never</span> : <Time at={at} />,
  },
];

function Trouble({ of }: { of: Webhook }) {
  if (!of.active && of.disabled_reason !== null)
    return (
      <span className="inline-block max-w-64 truncate align-bottom" title={of.disabled_reason}>
        {of.disabled_reason}
      </span>
    );
  if (of.active && of.failing_since !== null)
    return (
      <span className="text-soft">
        {plural(of.failures, "failure")}, the first <Time at={of.failing_since} />
      </span>
    );
  return <span className="text-faint">nothing</span>;
}
