/** Webhooks: endpoints, what was delivered to them, and what can be done about both. */
import { queryOptions } from "@tanstack/react-query";
import { api } from "../api.ts";
import { pathOf } from "../client.ts";
import type {
  Delivery,
  DeliveryDetail,
  EventType,
  Page,
  TestResult,
  Webhook,
  WebhookFilters,
  WebhookWithSecret,
} from "../wire.ts";
import { LIST_LIMIT, POLL_MS } from "./runs.ts";

export const webhooksKey = ["webhooks"] as const;

/** An organization has at most 20 endpoints, so one page holds them all. */
export const webhooksQuery = queryOptions({
  queryKey: [...webhooksKey, "list"],
  queryFn: ({ signal }) =>
    api.call<Page<Webhook>>("GET", "/webhooks", { query: { limit: 100 }, signal }),
});

export const webhookQuery = (id: string) =>
  queryOptions({
    queryKey: [...webhooksKey, "one", id],
    queryFn: ({ signal }) => api.call<Webhook>("GET", `/webhooks${pathOf(id)}`, { signal }),
  });

export const deliveriesKey = [...webhooksKey, "deliveries"] as const;

/** Whether a delivery still changes by itself, and soon: one that waits for hours is not asked for every 2 s. */
const moving = (delivery: Pick<Delivery, "status">): boolean =>
  delivery.status === "pending" || delivery.status === "sending";

interface DeliveriesSearch {
  readonly status?: string | undefined;
  readonly cursor?: string | undefined;
}

export const deliveriesQuery = (webhook: string, { status, cursor }: DeliveriesSearch) =>
  queryOptions({
    queryKey: [...deliveriesKey, webhook, { status, cursor }],
    queryFn: ({ signal }) =>
      api.call<Page<Delivery>>("GET", `/webhooks${pathOf(webhook)}/deliveries`, {
        query: { status, cursor, limit: LIST_LIMIT },
        signal,
      }),
    refetchInterval: (query) => (query.state.data?.items.some(moving) === true ? POLL_MS : false),
  });

export const deliveryQuery = (key: string) =>
  queryOptions({
    queryKey: [...deliveriesKey, "one", key],
    queryFn: ({ signal }) =>
      api.call<DeliveryDetail>("GET", `/deliveries${pathOf(key)}`, { signal }),
    refetchInterval: (query) =>
      query.state.data !== undefined && moving(query.state.data) ? POLL_MS : false,
  });

interface WebhookInput {
  readonly url: string;
  readonly events: readonly EventType[];
  readonly filters: WebhookFilters;
}

export const createWebhook = (input: WebhookInput, idempotencyKey: string) =>
  api.call<WebhookWithSecret>("POST", "/webhooks", { body: input, idempotencyKey });

export interface WebhookChange extends Partial<WebhookInput> {
  readonly id: string;
  readonly version: number;
  readonly active?: boolean;
}

export const changeWebhook = ({ id, version, ...body }: WebhookChange) =>
  api.call<Webhook>("PATCH", `/webhooks${pathOf(id)}`, { body, ifMatch: version });

export const deleteWebhook = ({ id, version }: Pick<Webhook, "id" | "version">) =>
  api.call<undefined>("DELETE", `/webhooks${pathOf(id)}`, { ifMatch: version });

export const rotateWebhookSecret = (id: string, idempotencyKey: string) =>
  api.call<WebhookWithSecret>("POST", `/webhooks${pathOf(id)}/rotate-secret`, { idempotencyKey });

export const testWebhook = (id: string, idempotencyKey: string) =>
  api.call<TestResult>("POST", `/webhooks${pathOf(id)}/test`, { idempotencyKey });

export const retryDelivery = (key: string, idempotencyKey: string) =>
  api.call<Delivery>("POST", `/deliveries${pathOf(key)}/retry`, { idempotencyKey });
