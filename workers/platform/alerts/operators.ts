/** The builtin operators of sys.deliveries: choose the endpoints of an event, send one delivery. */
import type { Operator } from "../tasks/service.ts";
import { DeliveryRequest, SendRequest } from "./model.ts";
import { routeEvent, sendDelivery } from "./service/sending.ts";

const SENDS = "sys.deliveries.sends";

const route: Operator = {
  name: "deliveries.route",
  n: 1,
  run: async (context, task) => {
    const request = DeliveryRequest.parse(task.event.payload);
    const sends =
      request.kind === "event"
        ? await routeEvent(context, task.org_id, request, task.mode)
        : [{ id: request.id, webhook_id: request.webhook_id, round: request.round }];
    const { partition } = task.event;
    return {
      ok: true,
      outputs: sends.map((send) => ({ dataset_id: SENDS, partition, payload: { ...send } })),
    };
  },
};

const send: Operator = {
  name: "deliveries.send",
  n: 1,
  run: async (context, task) => {
    const request = SendRequest.parse(task.event.payload);
    const sent = await sendDelivery(context, task.org_id, request);
    switch (sent.kind) {
      case "done":
        return { ok: true, outputs: [] };
      case "retry": {
        const { message, delayMs: retry_after_ms } = sent;
        return { ok: false, code: "delivery_failed", message, retryable: true, retry_after_ms };
      }
      case "failed":
        return {
          ok: false,
          code: "delivery_failed",
          message: sent.message,
          retryable: false,
        };
    }
  },
};

export const deliveryOperators: readonly Operator[] = [route, send];
