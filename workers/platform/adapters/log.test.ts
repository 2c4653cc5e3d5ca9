/** What a log line holds, and what it never does. */
import { expect, test } from "vitest";
import { logTo } from "./log.ts";

const lineOf = (msg: string, fields: Record<string, string | number>): Record<string, unknown> => {
  const lines: string[] = [];
  logTo(
    (line) => lines.push(line),
    { service: "platform" },
    () => 0,
  ).info(msg, fields);
  return JSON.parse(lines[0] ?? "{}") as Record<string, unknown>;
};

test("[AP15] a line is JSON with time, level and fields", () => {
  expect(lineOf("done", { ms: 3 })).toEqual({
    ts: "1970-01-01T00:00:00.000Z",
    level: "info",
    msg: "done",
    service: "platform",
    ms: 3,
  });
});

test.each([
  "authorization",
  "set_cookie",
  "x-api-key",
  "access_token",
  "client_secret",
  "password",
])("[AP15] the field %s is never written", (key) => {
  expect(lineOf("x", { [key]: "canary" })[key]).toBe("[redacted]");
});

test.each([
  ["a key", "ewk_0123456789abcdef_secret"],
  ["a refresh token", "ewr_AbCdEfGh12"],
  ["a JWT", "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1In0.c2ln"],
  ["a GitHub token", "ghp_0123456789abcdef"],
  ["URL credentials", "postgres://user:canary@host/db"],
  ["a private key", "-----BEGIN PRIVATE KEY-----\ncanary"],
])("[AP15] %s is redacted by its shape", (_, secret) => {
  const text = JSON.stringify(lineOf(`failed with ${secret}`, { error: secret }));
  expect(text).toContain("[redacted]");
  expect(text).not.toMatch(/canary|secret"|AbCdEfGh12|c2ln|ghp_0/);
});
