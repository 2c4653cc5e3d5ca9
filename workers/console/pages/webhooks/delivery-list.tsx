/** What was sent to one endpoint, newest first; the status filter, the page and the open delivery stand in the URL. */
import { Link, useNavigate } from "@tanstack/react-router";
import { Select } from "../../forms/field.tsx";
import { paths } from "../../paths.ts";
import { usePrefetched } from "../../queries/prefetched.ts";
import { deliveriesQuery } from "../../queries/webhooks.ts";
import type { WebhookSearch } from "../../search.ts";
import { Pages } from "../../table/pages.tsx";
import { Table } from "../../table/table.tsx";
import type { Column } from "../../table/table.tsx";
import { ButtonLink } from "../../ui/button.tsx";
import { Empty, Section } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { Time } from "../../ui/time.tsx";
import type { Delivery, Webhook } from "../../wire.ts";
import { Replay } from "./delivery-replay.tsx";
import { STATUS_LABELS } from "./webhook-health.ts";

interface DeliveryListProps {
  readonly org: string;
  readonly webhook: Webhook;
  readonly grants: readonly string[];
  readonly search: WebhookSearch;
}

export function DeliveryList({ org, webhook, grants, search }: DeliveryListProps) {
  const navigate = useNavigate();
  const { items, next_cursor: next } = usePrefetched(deliveriesQuery(webhook.id, search)).data;
  const { dialog: _, delivery, cursor, ...kept } = search;
  const here = (part: WebhookSearch) => paths.webhook(org, webhook.id, { ...kept, ...part });
  return (
    <Section
      title="Deliveries"
      aside={
        <Select
          label="Status"
          value={search.status ?? ""}
          options={[
            { value: "", label: "Any" },
            ...Object.entries(STATUS_LABELS).map(([value, label]) => ({ value, label })),
          ]}
          change={(status) => void navigate(paths.webhook(org, webhook.id, { status }))}
        />
      }
    >
      {items.length === 0 ? (
        <NoDeliveries filtered={search.status !== undefined} all={here({ status: "" })} />
      ) : (
        <>
          <Table
            label="Deliveries"
            columns={columns(here, webhook, grants, cursor)}
            rows={items}
            rowKey={(each) => each.id}
            current={delivery}
          />
          <Pages
            first={cursor === undefined ? null : here({})}
            older={next === null ? null : here({ cursor: next })}
          />
        </>
      )}
    </Section>
  );
}

function NoDeliveries({
  filtered,
  all,
}: {
  filtered: boolean;
  all: ReturnType<typeof paths.webhook>;
}) {
  return filtered ? (
    <Empty
      title="No delivery has this status"
      action={<ButtonLink {...all}>Show all deliveries</ButtonLink>}
    >
      <p>Other deliveries may exist; this filter leaves none.</p>
    </Empty>
  ) : (
    <Empty title="Nothing was sent yet">
      <p>
        Deliveries appear here with their attempts as soon as something happens that this endpoint
        asked for. A test shows at once whether it answers.
      </p>
    </Empty>
  );
}

const columns = (
  here: (part: WebhookSearch) => ReturnType<typeof paths.webhook>,
  webhook: Webhook,
  grants: readonly string[],
  cursor: string | undefined,
): readonly Column<Delivery>[] => [
  { name: "Status", cell: (delivery) => <State state={delivery.status} /> },
  {
    name: "Event",
    grow: true,
    cell: (delivery) => (
      <>
        <Link
          {...here({ delivery: delivery.id, ...(cursor === undefined ? {} : { cursor }) })}
          className="font-mono text-sm font-medium hover:underline"
        >
          {delivery.event_type}
        </Link>{" "}
        <span className="text-soft">{delivery.reason ?? delivery.subject}</span>
      </>
    ),
  },
  { name: "Attempts", wide: true, right: true, cell: (delivery) => delivery.attempts },
  {
    name: "Next attempt",
    wide: true,
    right: true,
    cell: ({ next_attempt_at: at }) =>
      at === null ? <span className="text-faint">none</span> : <Time at={at} />,
  },
  { name: "Made", right: true, cell: (delivery) => <Time at={delivery.created_at} /> },
  {
    name: "Actions",
    wide: true,
    right: true,
    cell: (delivery) => <Replay delivery={delivery} webhook={webhook} grants={grants} ghost />,
  },
];
