/** Routes of single deliveries: what was sent and how each attempt ended, and sending it once more. */
import { createRoute, z } from "@hono/zod-openapi";
import { jsonAnswer, named, problems } from "../../http/answers.ts";
import { needs, orgOf } from "../../http/authorize.ts";
import { idempotent } from "../../http/idempotency.ts";
import { createApp } from "../../http/plumbing.ts";
import { refused } from "../../http/problem.ts";
import { smallBody } from "../../http/security.ts";
import { Delivery, DeliveryDetail } from "../model.ts";
import { replayDelivery } from "../service/webhooks.ts";
import { readDelivery, readLog } from "../store/deliveries.ts";

const tags = ["webhooks"];
const params = z.object({ key: z.string().regex(/^[a-z2-7]{26}$/) });

const read = createRoute({
  method: "get",
  path: "/deliveries/{key}",
  tags,
  summary: "Read a delivery: its body and its attempts",
  middleware: [needs("webhooks.read", "deliveries/{key}")] as const,
  request: { params },
  responses: {
    200: jsonAnswer("The delivery", named("DeliveryDetail", DeliveryDetail)),
    ...problems(),
  },
});

const retry = createRoute({
  method: "post",
  path: "/deliveries/{key}/retry",
  tags,
  summary: "Send a delivery once more",
  description:
    "Also one that arrived. The message has the same id, so a receiver that remembers ids sees a repeat.",
  middleware: [
    needs("deliveries.retry", "deliveries/{key}"),
    smallBody(),
    idempotent("POST /deliveries/{key}/retry"),
  ] as const,
  request: { params },
  responses: {
    202: jsonAnswer("The delivery, which is on its way again", named("Delivery", Delivery)),
    ...problems(
      "delivery_state",
      "backlog_full",
      "idempotency_in_flight",
      "idempotency_mismatch",
      "payload_too_large",
    ),
  },
});

export const deliveryRoutes = createApp()
  .openapi(read, async (c) => {
    const { key } = c.req.valid("param");
    const found = await c.var.sql.transaction({ org: orgOf(c) }, async (tx) => {
      const delivery = await readDelivery(tx, key);
      return delivery === undefined ? undefined : { ...delivery, ...(await readLog(tx, key)) };
    });
    return found === undefined ? refused(c, { code: "not_found" }) : c.json(found, 200);
  })
  .openapi(retry, async (c) => {
    const { key } = c.req.valid("param");
    const ports = { env: c.env, sql: c.var.sql, now: c.var.now };
    const replay = await replayDelivery(ports, { org: orgOf(c), id: key });
    return replay.ok ? c.json(replay.value, 202) : refused(c, replay.refusal);
  });
