/** Health of endpoints and what may be done to deliveries. */
import { expect, test } from "vitest";
import type { Delivery, Webhook } from "../../wire.ts";
import {
  EVENT_TYPES,
  eventsText,
  healthOf,
  splitUrl,
  STATUS_LABELS,
  whyNotReplay,
} from "./webhook-health.ts";

const WEBHOOK: Webhook = {
  id: "0199aaaa-0000-7000-8000-000000000001",
  url: "https://hooks.example.com/ew?x=1",
  events: [],
  filters: { repositories: [], branches: [], categories: [], bands: [] },
  active: true,
  disabled_reason: null,
  failures: 0,
  failing_since: null,
  last_attempt_at: null,
  last_success_at: null,
  created_at: "2026-11-20T10:00:00Z",
  version: 1,
};
const DELIVERY: Delivery = {
  id: "d1",
  webhook_id: WEBHOOK.id,
  event_type: "analysis.completed",
  subject: "analysis:1",
  status: "failed",
  reason: null,
  attempts: 1,
  next_attempt_at: null,
  created_at: "2026-11-20T10:00:00Z",
  delivered_at: null,
};
const AT = "2026-11-20T11:00:00Z";
const OPERATOR = ["webhooks.read@**", "deliveries.retry@**"];

test.each([
  [{}, "unused"],
  [{ last_success_at: AT }, "healthy"],
  [{ last_success_at: AT, failing_since: AT }, "failing"],
  [{ active: false, failing_since: AT, disabled_reason: "410" }, "disabled"],
  [{ active: false }, "paused"],
] as const)("an endpoint with %j is %s", (fields, health) => {
  expect(healthOf({ ...WEBHOOK, ...fields })).toBe(health);
});

test.each([
  ["failed", null],
  ["unknown", null],
  ["voided", null],
  ["sending", "sending"],
  ["pending", "pending"],
] as const)("[CN6] replay of a delivery that is %s: %s", (status, reason) => {
  expect(whyNotReplay(OPERATOR, { ...DELIVERY, status }, WEBHOOK)).toEqual(
    reason === null ? null : expect.stringContaining(reason),
  );
});

test("[CN6] replay: first the permission, then the endpoint, then the state", () => {
  const off = { ...WEBHOOK, active: false };
  expect(whyNotReplay(["webhooks.read@**"], DELIVERY, off)).toContain("deliveries.retry");
  expect(whyNotReplay(OPERATOR, DELIVERY, off)).toContain("switched off");
});

test("no choice of events is all of them; an address falls into host and rest", () => {
  expect(eventsText([])).toBe("all events");
  expect(eventsText(["analysis.failed", "usage.threshold"])).toBe(
    "analysis.failed, usage.threshold",
  );
  expect(EVENT_TYPES).toContain("webhook.disabled");
  expect(splitUrl(WEBHOOK.url)).toEqual({ host: "hooks.example.com", rest: "/ew?x=1" });
  expect(splitUrl("nonsense")).toEqual({ host: "nonsense", rest: "" });
  expect(Object.keys(STATUS_LABELS)).toHaveLength(9);
});
