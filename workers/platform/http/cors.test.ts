/** Which pages of other sites may call the API, and how a route says that it will go. */
import { describe, expect, test } from "vitest";
import { Hono } from "hono";
import { ORIGIN, SETTINGS } from "../../../test/platform.ts";
import { configurationOf } from "../adapters/configuration.ts";
import { logTo } from "../adapters/log.ts";
import { createPlatform } from "../app.ts";
import { Fault } from "../model.ts";
import type { AppEnv } from "./plumbing.ts";
import { retiring } from "./retirement.ts";

const SITE = "https://app.example.com";

const app = createPlatform({
  sql: () => ({ transaction: () => Promise.reject(new Fault("postgres", { retryable: true })) }),
  now: () => 0,
  random: (bytes) => new Uint8Array(bytes),
  log: (_env, base) =>
    logTo(
      () => {},
      base,
      () => 0,
    ),
});
const send = async (origin: string, init: RequestInit, corsOrigins = SITE): Promise<Response> =>
  app.request(
    `${ORIGIN}/api/v1/keys`,
    { ...init, headers: { origin, ...(init.headers as Record<string, string>) } },
    { ...SETTINGS, CORS_ORIGINS: corsOrigins } as unknown as Env,
  );
const preflight: RequestInit = {
  method: "OPTIONS",
  headers: { "access-control-request-method": "POST" },
};

describe("other sites", () => {
  test("[AP11] a configured origin may call and read, without credentials of the browser", async () => {
    const asked = await send(SITE, preflight);
    expect([asked.status, asked.headers.get("access-control-allow-origin")]).toEqual([204, SITE]);
    expect(asked.headers.get("access-control-allow-headers")).toMatch(/Authorization.*X-API-Key/);
    const answer = await send(SITE, {});
    expect(answer.headers.get("access-control-allow-origin")).toBe(SITE);
    expect(answer.headers.get("access-control-expose-headers")).toContain("ETag");
    for (const { headers } of [asked, answer]) {
      expect(headers.has("access-control-allow-credentials")).toBe(false);
      expect(headers.get("vary")).toBe("Origin");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
    }
  });

  test.each(["https://evil.example", "null", "https://app.example.com.evil.example"])(
    "[AP11] %s gets no header, and its question is a method we do not take",
    async (origin) => {
      const asked = await send(origin, preflight);
      const answer = await send(origin, {});
      expect([asked.status, answer.status]).toEqual([405, 401]);
      for (const { headers } of [asked, answer])
        expect(headers.has("access-control-allow-origin")).toBe(false);
    },
  );

  test("[AP11] without CORS_ORIGINS nobody else's page is told anything", async () => {
    const answer = await send(SITE, {}, "");
    expect([...answer.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual(
      [],
    );
  });

  test("[AP11] what is no origin is refused at start, by its name", () => {
    for (const value of ["*", "example.com", "https://example.com/path"])
      expect(() => configurationOf({ ...SETTINGS, CORS_ORIGINS: value } as unknown as Env)).toThrow(
        /CORS_ORIGINS must be origins/,
      );
  });
});

describe("retirement", () => {
  const announcedAt = Date.UTC(2026, 0, 1);

  test("[AP10] a route that will go says since when and until when", async () => {
    const retired = new Hono<AppEnv>();
    retired.get("/old", retiring({ announcedAt, goneAt: Date.UTC(2026, 6, 1) }), (c) => c.text(""));
    const { headers } = await retired.request("/old");
    expect([headers.get("deprecation"), headers.get("sunset")]).toEqual([
      "@1767225600",
      "Wed, 01 Jul 2026 00:00:00 GMT",
    ]);
  });

  test("[AP10] it answers for 180 days at least", () => {
    expect(() => retiring({ announcedAt, goneAt: announcedAt + 179 * 86_400_000 })).toThrow(
      /180 days/,
    );
  });
});
