/** How an endpoint is doing, what events there are, and what may be done to a delivery. Pure. */
import { isReplayable } from "../../../platform/alerts/machine.ts";
import { whyNot } from "../../can.ts";
import type { Delivery, DeliveryStatus, EventType, Webhook } from "../../wire.ts";

export type Health = "healthy" | "unused" | "failing" | "disabled" | "paused";

/** Switched off by the platform is `disabled`, by a person `paused`. */
export function healthOf(webhook: Webhook): Health {
  if (!webhook.active) return webhook.disabled_reason === null ? "paused" : "disabled";
  if (webhook.failing_since !== null) return "failing";
  return webhook.last_success_at === null ? "unused" : "healthy";
}

/** Every event, with what it tells; the type keeps the table complete. */
export const EVENTS = {
  "analysis.completed": "an analysis has its result",
  "analysis.failed": "an analysis could not be made",
  "usage.threshold": "usage passed 50, 75 or 100 % of a spend cap",
  "webhook.disabled": "another endpoint was switched off after failures",
} as const satisfies Record<EventType, string>;

export const EVENT_TYPES = Object.keys(EVENTS).filter((name): name is EventType => name in EVENTS);

/** An endpoint without a choice gets every event, also those to come. */
export const eventsText = (events: readonly EventType[]): string =>
  events.length === 0 ? "all events" : events.join(", ");

/** Every status, in the order in which a delivery can go through them; the type keeps the table complete. */
export const STATUS_LABELS = {
  pending: "Pending",
  sending: "Sending",
  retry: "Will retry",
  delivered: "Delivered",
  failed: "Failed",
  unknown: "Unknown",
  suppressed: "Suppressed",
  deferred: "Deferred",
  voided: "Voided",
} as const satisfies Record<DeliveryStatus, string>;

/** Why a delivery cannot be sent again now, or null. */
export function whyNotReplay(
  grants: readonly string[],
  delivery: Delivery,
  webhook: Webhook,
): string | null {
  const missing = whyNot(grants, "deliveries.retry", `deliveries/${delivery.id}`);
  if (missing !== null) return missing;
  if (!webhook.active) return "The endpoint is switched off. Enable it first.";
  return isReplayable(delivery.status)
    ? null
    : `It is on its way already: ${STATUS_LABELS[delivery.status].toLowerCase()}.`;
}

/** `https://hooks.example.com/ew/1` -> host and the rest, so that a row can dim what repeats. */
export function splitUrl(url: string): { readonly host: string; readonly rest: string } {
  const [, host, rest] = /^https?:\/\/([^/?#]+)(.*)$/.exec(url) ?? [];
  return host === undefined ? { host: url, rest: "" } : { host, rest: rest ?? "" };
}

/** A receiver in a few lines: checks the signature as Standard Webhooks says. */
export const verifySnippet = [
  'import { Webhook } from "standardwebhooks";',
  "",
  "const webhook = new Webhook(process.env.WEBHOOK_SECRET);",
  "",
  "export async function receive(request) {",
  "  // As it was sent: printed again, JSON is another text.",
  "  const body = await request.text();",
  "  const headers = Object.fromEntries(request.headers);",
  "  // Throws when the signature is wrong, or 5 minutes old.",
  "  const event = webhook.verify(body, headers);",
  "  return new Response(null, { status: 204 });",
  "}",
].join("\n");
