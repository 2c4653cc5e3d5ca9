/** What a log line holds, and what it never does. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { addRedaction, logTo, redactText } from "./log.ts";

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
  "tokens",
  "refreshToken",
  "old_password_hash",
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

test.each([
  ["a URL with a token alone", "https://canary-4711@host.test/x", "https://[redacted]@host.test/x"],
  [
    "text after a private key",
    "a -----BEGIN EC PRIVATE KEY-----\ncanary\n-----END EC PRIVATE KEY----- b",
    "a [redacted] b",
  ],
])("[AP15] of %s only the secret goes", (_, text, wanted) => {
  expect(redactText(text)).toBe(wanted);
});

const SHAPED = fc.oneof(
  fc
    .tuple(
      fc.constantFrom("ewk_", "ewr_", "whsec_", "gho_", "ghp_", "ghs_", "ghu_", "ghr_", "sk-"),
      fc.stringMatching(/^[A-Za-z0-9_-]{20,60}$/),
    )
    .map(([prefix, rest]) => ({ text: prefix + rest, secret: rest })),
  fc
    .tuple(fc.stringMatching(/^[A-Za-z0-9_-]{10,40}$/), fc.stringMatching(/^[A-Za-z0-9_-]{20,80}$/))
    .map(([body, signature]) => ({ text: `eyJhbGciOi.${body}.${signature}`, secret: signature })),
  fc
    .stringMatching(/^[A-Za-z0-9+%_-]{8,40}$/)
    .map((password) => ({ text: `postgres://user:${password}@db.test:5432/x`, secret: password })),
  fc.stringMatching(/^[A-Za-z0-9+=]{20,64}$/).map((key) => ({
    text: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----`,
    secret: key,
  })),
);

test("[AP15] whatever surrounds a secret of a known shape, it is not written", () => {
  fc.assert(
    fc.property(SHAPED, fc.string(), fc.string(), ({ text, secret }, before, after) => {
      const around = `${before} ${text} ${after}`;
      // The surroundings may hold the same letters by chance.
      fc.pre(!`${before}${after}`.includes(secret));
      expect(JSON.stringify(lineOf(around, { error: around }))).not.toContain(secret);
    }),
    { seed: 15, numRuns: 2_000 },
  );
});

test("[AP15] a line that was redacted once stays as it is", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        SHAPED.map(({ text }) => text),
      ),
      (text) => {
        const once = redactText(text);
        expect(redactText(once)).toBe(once);
      },
    ),
    { seed: 15, numRuns: 2_000 },
  );
});

/** Words that hold the beginning of a shape, or only look like one. */
const HARMLESS = [
  "scope openid profile email offline_access",
  "/.well-known/openid-configuration",
  "keyed eyJ",
  "weighs_in_kilograms laughs_at_everything",
  "task-0123456789abcdef0123 risk-assessment-of-the-year desk-0123456789abcdefgh",
  "ewk_ and ewr_ are prefixes",
  "locale sk-SK",
  "mail ada@example.test about https://host.test/@scope/package?mail=ada@example.test",
  "npm install @scope/package@1.2.3",
  "git@github.com:owner/repository.git",
  "0190aaaa-bbbb-7ccc-8ddd-eeeeffff0000",
  "POST /api/v1/auth/refresh 401 in 12 ms",
  "-----BEGIN-----",
];

test.each(HARMLESS)("[AP15] nothing is taken from: %s", (text) => {
  expect(redactText(text)).toBe(text);
});

test.each([
  "openid",
  "route",
  "principal",
  "org",
  "key_id",
  "author",
  "session",
  "request_id",
  "passed",
])("[AP15] the field %s is written", (key) => {
  expect(lineOf("x", { [key]: "value-4711" })[key]).toBe("value-4711");
});

test("[AP15] words without a shape are written as they are", () => {
  fc.assert(
    fc.property(
      fc
        .array(fc.stringMatching(/^[a-z]{1,12}$/), { maxLength: 12 })
        .map((words) => words.join(" ")),
      (text) => {
        expect(redactText(text)).toBe(text);
      },
    ),
    { seed: 15, numRuns: 1_000 },
  );
});

test("[SC7] a resolved secret of eight characters or more is redacted, however it is written", () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 8, maxLength: 60, unit: "grapheme" }),
      fc.string(),
      (secret, around) => {
        fc.pre(!around.includes(secret) && !"[redacted]".includes(secret));
        addRedaction(secret);
        const written = [secret, JSON.stringify(secret), encodeURIComponent(secret)];
        const clean = redactText(`${around} ${written.join(" ")} ${around}`);
        for (const form of written) expect(clean).not.toContain(form);
      },
    ),
    { seed: 7, numRuns: 300 },
  );
});

test("[SC7] a shorter value is left alone: it would eat words", () => {
  addRedaction("analyse");
  expect(redactText("analyse the log")).toBe("analyse the log");
});

test("[SC7] of many values the oldest is forgotten first", () => {
  addRedaction("the-very-first-value");
  for (let i = 0; i < 499; i += 1) addRedaction(`another-value-${i}`);
  expect(redactText("the-very-first-value")).toBe("[redacted]");
  addRedaction("one-value-too-many");
  expect(redactText("the-very-first-value another-value-498")).toBe(
    "the-very-first-value [redacted]",
  );
});
