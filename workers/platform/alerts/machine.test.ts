/** The life of a delivery: keys, waits, gates, and when an endpoint is switched off. */
import { describe, expect, test } from "vitest";
import type { WebhookFilters } from "./model.ts";
import { concluded, gate, healthAfter, replayed, type DeliveryState } from "./machine.ts";
import {
  AGE_MS_MAX,
  ATTEMPTS_MAX,
  deliveryKey,
  FAILING_MS_MAX,
  FAILURES_MIN,
  RETRY_DELAYS_S,
  RETRY_MS_MAX,
  RETRY_SCHEDULE_S,
  retryDelayMs,
  wants,
} from "./rules.ts";

const NOW = 1_800_000_000_000;
const DELIVERY: DeliveryState = {
  id: "aaaaaaaaaaaaaaaaaaaaaaaaaa",
  status: "pending",
  mode: "live",
  round: 0,
  attempts: 0,
  base: 0,
  requestedAt: NOW,
};
const ACTIVE = { active: true, failures: 0, failingAt: null };
const GIVEN = { round: 0, signed: true, now: NOW };
const answered = (status: number | null, retryAfterMs: number | null = null) => ({
  status,
  retryAfterMs,
});

describe("keys", () => {
  const of = {
    org: "o",
    type: "analysis.completed",
    subject: "analysis:1",
    data: { a: 1 },
    webhookId: "w",
  };

  test("[A2] a key is that of organization, subject, content and endpoint, and of nothing else", () => {
    const key = deliveryKey(of);
    expect(key).toMatch(/^[a-z2-7]{26}$/);
    expect(deliveryKey({ ...of })).toBe(key);
    for (const other of [
      { org: "p" },
      { subject: "analysis:2" },
      { data: { a: 2 } },
      { type: "analysis.failed" },
      { webhookId: "v" },
    ])
      expect(deliveryKey({ ...of, ...other })).not.toBe(key);
  });
});

describe("filters", () => {
  const ALL: WebhookFilters = { repositories: [], branches: [], categories: [], bands: [] };
  const DATA = {
    repository: "acme/shop",
    branch: "release/2",
    category: "test.timeout",
    band: "high",
  };

  test.each([
    ["nothing chosen", [], {}, DATA, true],
    ["its type among others", ["analysis.failed", "analysis.completed"], {}, DATA, true],
    ["other types only", ["analysis.failed"], {}, DATA, false],
    ["its repository", [], { repositories: ["acme/api", "acme/shop"] }, DATA, true],
    ["another repository", [], { repositories: ["acme/api"] }, DATA, false],
    ["repositories of its owner", [], { repositories: ["acme/*"] }, DATA, true],
    ["its branch by its beginning", [], { branches: ["main", "release/*"] }, DATA, true],
    ["another branch", [], { branches: ["main"] }, DATA, false],
    ["its category", [], { categories: ["test.timeout"] }, DATA, true],
    ["its group of categories", [], { categories: ["test.*"] }, DATA, true],
    ["a category it only begins like", [], { categories: ["test"] }, DATA, false],
    ["its band", [], { bands: ["high" as const] }, DATA, true],
    ["other bands", [], { bands: ["medium" as const, "low" as const] }, DATA, false],
    [
      "two filters of which one does not fit",
      [],
      { branches: ["release/*"], bands: ["low" as const] },
      DATA,
      false,
    ],
    [
      "a repository, of an event that names none",
      [],
      { repositories: ["acme/*"] },
      { ...DATA, repository: null },
      false,
    ],
    [
      "a repository, of an event about something else",
      [],
      { repositories: ["acme/*"] },
      { cap: "org" },
      true,
    ],
  ])("[WH10] %s", (_what, events, filters, data, wanted) => {
    const endpoint = { events, filters: { ...ALL, ...filters } };
    expect(wants(endpoint, "analysis.completed", data)).toBe(wanted);
  });
});

describe("waits", () => {
  test("[WH3] the waits are 5 s, 5 and 30 min, 2, 5, 10, 14, 20 and 24 h", () => {
    expect(RETRY_DELAYS_S).toEqual([5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]);
    expect(ATTEMPTS_MAX).toBe(10);
  });

  test("[WH3] each wait is at most a tenth off, differs between deliveries, and is the same when asked again", () => {
    const ids = Array.from({ length: 200 }, (_, i) => `key-${String(i)}`);
    for (const [i, delay] of RETRY_DELAYS_S.entries()) {
      const waits = ids.map((id) => retryDelayMs(id, i + 1, null));
      expect(Math.min(...waits)).toBeGreaterThanOrEqual(delay * 900);
      expect(Math.max(...waits)).toBeLessThanOrEqual(Math.min(RETRY_MS_MAX, delay * 1_100));
      expect(new Set(waits).size).toBeGreaterThan(50);
      expect(ids.map((id) => retryDelayMs(id, i + 1, null))).toEqual(waits);
      // What the engine waits at least must not be longer than the shortest of them.
      expect((RETRY_SCHEDULE_S[i] ?? Infinity) * 1_000).toBeLessThanOrEqual(Math.min(...waits));
    }
  });

  test("[WH3] a receiver may ask for a longer wait, of a day at most, never for a shorter one", () => {
    expect(retryDelayMs("key", 1, 7_200_000)).toBe(7_200_000);
    expect(retryDelayMs("key", 1, 10 * RETRY_MS_MAX)).toBe(RETRY_MS_MAX);
    expect(retryDelayMs("key", 3, 1_000)).toBe(retryDelayMs("key", 3, null));
  });

  test("[WH3] after the tenth failure there is no further attempt", () => {
    const at = (attempts: number) => concluded({ ...DELIVERY, attempts }, answered(500)).status;
    expect(at(9)).toBe("retry");
    expect(concluded({ ...DELIVERY, attempts: 10 }, answered(500))).toEqual({
      status: "failed",
      reason: "attempts_exhausted",
    });
    expect(concluded({ ...DELIVERY, attempts: 13, base: 10 }, answered(500)).status).toBe("retry");
  });
});

describe("success", () => {
  test.each([
    [200, "delivered"],
    [201, "delivered"],
    [204, "delivered"],
    [299, "delivered"],
    [199, "retry"],
    [301, "retry"],
    [302, "retry"],
    [304, "retry"],
    [400, "retry"],
    [401, "retry"],
    [404, "retry"],
    [429, "retry"],
    [500, "retry"],
    [null, "retry"],
    [410, "failed"],
  ] as const)("[WH4] an attempt that ends with %s leaves the delivery %s", (status, expected) => {
    expect(concluded({ ...DELIVERY, attempts: 1 }, answered(status)).status).toBe(expected);
  });
});

describe("gates", () => {
  test.each([
    ["a backfill", { mode: "backfill" as const }, ACTIVE, {}, "not_live"],
    ["an endpoint that is off", {}, { active: false }, {}, "endpoint_disabled"],
    ["a missing secret", {}, ACTIVE, { signed: false }, "no_secret"],
    ["its age", {}, ACTIVE, { now: NOW + AGE_MS_MAX + 1 }, "too_old"],
  ])(
    "[A3] %s holds a delivery back, with the reason",
    (_what, delivery, endpoint, given, reason) => {
      expect(gate({ ...DELIVERY, ...delivery }, endpoint, { ...GIVEN, ...given })).toEqual({
        kind: "suppress",
        reason,
      });
    },
  );

  test("[A4] up to eighty hours old it is sent", () => {
    const given = { ...GIVEN, now: NOW + AGE_MS_MAX };
    expect(gate(DELIVERY, ACTIVE, given)).toEqual({ kind: "send" });
  });

  test.each([
    ["pending", "send"],
    ["retry", "send"],
    ["sending", "send"],
    ["delivered", "nothing"],
    ["failed", "nothing"],
    ["suppressed", "nothing"],
    ["unknown", "nothing"],
    ["voided", "nothing"],
  ] as const)("[A3] a delivery that is %s: %s", (status, kind) => {
    expect(gate({ ...DELIVERY, status }, ACTIVE, GIVEN).kind).toBe(kind);
  });

  test("[A3] a task of an earlier round does nothing once a replay began", () => {
    const next = replayed({ ...DELIVERY, status: "delivered", attempts: 4 }, 1, NOW);
    expect(gate(next, ACTIVE, GIVEN).kind).toBe("nothing");
    expect(gate(next, ACTIVE, { ...GIVEN, round: 1 }).kind).toBe("send");
    expect(next).toMatchObject({ base: 4, status: "pending", requestedAt: NOW });
  });
});

describe("endpoints", () => {
  test("[WH5] 410 switches an endpoint off at once", () => {
    expect(healthAfter(ACTIVE, answered(410), NOW).disabled).not.toBeNull();
  });

  test.each([
    [FAILURES_MIN - 2, FAILING_MS_MAX, false],
    [FAILURES_MIN - 1, FAILING_MS_MAX - 1, false],
    [FAILURES_MIN - 1, FAILING_MS_MAX, true],
    [500, FAILING_MS_MAX - 1, false],
  ])("[WH5] after %i failures since %i ms one more switches it off: %s", (failures, since, off) => {
    const endpoint = { active: true, failures, failingAt: NOW - since };
    expect(healthAfter(endpoint, answered(500), NOW).disabled !== null).toBe(off);
  });

  test("[WH5] one success clears the record", () => {
    const endpoint = { active: true, failures: 400, failingAt: NOW - 2 * FAILING_MS_MAX };
    expect(healthAfter(endpoint, answered(204), NOW)).toEqual({
      failures: 0,
      failingAt: null,
      disabled: null,
    });
  });
});
