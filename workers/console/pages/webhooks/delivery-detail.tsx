/** One delivery in a drawer that the URL opens (`?delivery=`): what was sent, and each attempt with its answer. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { paths } from "../../paths.ts";
import { deliveryQuery } from "../../queries/webhooks.ts";
import { Copyable, CopyButton } from "../../ui/copy.tsx";
import { Drawer } from "../../ui/drawer.tsx";
import { Fact, Facts } from "../../ui/facts.tsx";
import { InlineError } from "../../ui/failure.tsx";
import { Bar } from "../../ui/skeleton.tsx";
import { State } from "../../ui/state.tsx";
import { FullTime, Time } from "../../ui/time.tsx";
import type { DeliveryDetail, Webhook } from "../../wire.ts";
import { AttemptList } from "./attempt-list.tsx";
import { Replay } from "./delivery-replay.tsx";

interface DeliveryDrawerProps {
  readonly org: string;
  readonly webhook: Webhook;
  readonly grants: readonly string[];
  /** Key of the delivery; undefined while the drawer is closed. */
  readonly id: string | undefined;
  readonly close: () => void;
}

export function DeliveryDrawer({ org, webhook, grants, id, close }: DeliveryDrawerProps) {
  const read = useQuery({ ...deliveryQuery(id ?? ""), enabled: id !== undefined });
  const delivery = id === undefined ? undefined : read.data;
  return (
    <Drawer
      title={delivery?.event_type ?? "Delivery"}
      beside={delivery === undefined ? null : <State state={delivery.status} />}
      open={id !== undefined}
      close={close}
      actions={
        delivery === undefined ? undefined : (
          <Replay delivery={delivery} webhook={webhook} grants={grants} />
        )
      }
    >
      {delivery !== undefined ? (
        <Detail org={org} delivery={delivery} />
      ) : read.error === null ? (
        <div role="status" aria-label="Loading" className="appear-late">
          <Bar className="mb-3 h-28 w-full" />
          <Bar className="mb-3 h-40 w-full" />
          <Bar className="h-16 w-full" />
        </div>
      ) : (
        <InlineError error={read.error} />
      )}
    </Drawer>
  );
}

function Detail({ org, delivery }: { org: string; delivery: DeliveryDetail }) {
  const body = readable(delivery.body);
  return (
    <div className="flex flex-col gap-5">
      <DeliveryFacts org={org} delivery={delivery} />
      <section aria-label="Attempts">
        <h3 className="mb-1.5 font-semibold">Attempts</h3>
        <AttemptList attempts={delivery.log.toReversed()} />
      </section>
      <section aria-label="Body">
        <div className="mb-1.5 flex items-center justify-between">
          <h3 className="font-semibold">Body</h3>
          <CopyButton text={delivery.body} label="Copy the body as it is sent" />
        </div>
        <pre
          role="group"
          aria-label="Body, indented"
          tabIndex={0}
          className="max-h-96 overflow-auto rounded-md border border-line bg-raised p-2.5 whitespace-pre-wrap break-words"
        >
          {body}
        </pre>
      </section>
    </div>
  );
}

function DeliveryFacts({ org, delivery }: { org: string; delivery: DeliveryDetail }) {
  const analysis = /^analysis:(.+)$/.exec(delivery.subject)?.[1];
  return (
    <Facts>
      <Fact name="About">
        {analysis === undefined ? (
          delivery.subject
        ) : (
          <Link {...paths.analysis(org, analysis)} className="underline hover:text-accent">
            the analysis
          </Link>
        )}
      </Fact>
      <Fact name="Made">
        <FullTime at={delivery.created_at} />
      </Fact>
      {delivery.delivered_at === null ? null : (
        <Fact name="Delivered">
          <FullTime at={delivery.delivered_at} />
        </Fact>
      )}
      {delivery.next_attempt_at === null ? null : (
        <Fact name="Next attempt">
          <Time at={delivery.next_attempt_at} />
        </Fact>
      )}
      {delivery.reason === null ? null : <Fact name="Reason">{delivery.reason}</Fact>}
      <Fact name="webhook-id">
        <Copyable text={delivery.id} label="Copy the webhook-id" />
      </Fact>
    </Facts>
  );
}

/** JSON with indentation; anything else as it is. */
export function readable(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
