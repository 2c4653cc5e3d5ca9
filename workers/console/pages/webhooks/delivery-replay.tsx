/** The button that sends a delivery again; when it cannot, it says why [CN6]. */
import { useAction } from "../../queries/action.ts";
import { deliveriesKey, retryDelivery } from "../../queries/webhooks.ts";
import { Button } from "../../ui/button.tsx";
import { toastOk } from "../../ui/toast.tsx";
import type { Delivery, Webhook } from "../../wire.ts";
import { whyNotReplay } from "./webhook-health.ts";

interface ReplayProps {
  readonly delivery: Delivery;
  readonly webhook: Webhook;
  readonly grants: readonly string[];
  readonly ghost?: boolean;
}

export function Replay({ delivery, webhook, grants, ghost = false }: ReplayProps) {
  const replay = useAction({
    run: retryDelivery,
    changes: [deliveriesKey],
    done: () => toastOk("It is sent again, under the same webhook-id."),
  });
  return (
    <Button
      variant={ghost ? "ghost" : "plain"}
      {...(ghost ? {} : { icon: "retry" as const })}
      pending={replay.isPending}
      disabledReason={whyNotReplay(grants, delivery, webhook)}
      onClick={() => replay.mutate(delivery.id)}
    >
      Send again
    </Button>
  );
}
