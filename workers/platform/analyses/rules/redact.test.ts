/** Secrets leave no excerpt: planted ones of every shape go, their keys and ordinary text stay. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { analyze } from "./analyze.ts";
import { githubOf } from "./formats/github.ts";
import { jsonLineOf } from "./formats/json.ts";
import { rdjsonOf } from "./formats/rdjson.ts";
import { sarifOf } from "./formats/sarif.ts";
import { textOf } from "./formats/text.ts";
import { Redactor, redact } from "./redact.ts";

const filler = (alphabet: string, length: number): string =>
  Array.from({ length }, (_, at) => alphabet[(at * 7 + 3) % alphabet.length]).join("");
const ALNUM = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const body = (length: number): string => filler(ALNUM, length);

/** Planted secrets are made up at run time, so that no scanner mistakes this file for a leak. */
const PLANTED: Readonly<Record<string, string>> = {
  github: `ghp_${body(36)}`,
  gitlab: `glpat-${body(20)}`,
  aws: `AKIA${filler("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)}`,
  slack: `xoxb-${filler("0123456789", 12)}-${body(24)}`,
  google: `AIza${body(35)}`,
  stripe: `sk_live_${body(24)}`,
  npm: `npm_${body(36)}`,
  pypi: `pypi-${body(80)}`,
  model_key: `sk-proj-${body(48)}`,
  sendgrid: `SG.${body(22)}.${body(43)}`,
  docker: `dckr_pat_${body(27)}`,
  hashicorp: `hvs.${body(40)}`,
  supabase: `sbp_${filler("0123456789abcdef", 40)}`,
  jwt: `eyJ${body(20)}.eyJ${body(40)}.${body(30)}`,
};

describe("redaction", () => {
  test.each(Object.entries(PLANTED))(
    "[RD1] a planted %s secret goes and is counted",
    (rule, secret) => {
      const { text, count } = redact(`error: login with ${secret} failed`);
      expect(text).toBe(`error: login with [redacted:${rule}] failed`);
      expect(count).toBe(1);
    },
  );

  test.each([
    ["API_TOKEN=hunter2hunter2", "API_TOKEN=[redacted:key_value]"],
    ['{"password": "correct-horse-7"}', '{"password": [redacted:key_value]}'],
    ["deploy --password s3cr3tpass99", "deploy --password [redacted:key_value]"],
    [
      "Authorization: Bearer abcdef0123456789abcdef",
      "Authorization: Bearer [redacted:authorization]",
    ],
    [
      "curl https://bob:pa55word@example.org/x",
      "curl https://[redacted:url_credentials]@example.org/x",
    ],
  ])("[RD1] the key of %s stays", (line, clean) => {
    expect(redact(line).text).toBe(clean);
  });

  test("[RD1] a PEM block is one secret and keeps its line numbers", () => {
    const pem = [
      "-----BEGIN RSA PRIVATE KEY-----",
      body(64),
      body(64),
      "-----END RSA PRIVATE KEY-----",
    ].join("\n");
    const { text, count } = redact(`before\n${pem}\nafter`);
    expect(text.split("\n")).toEqual([
      "before",
      "[redacted:pem]",
      "[redacted:pem]",
      "[redacted:pem]",
      "[redacted:pem]",
      "after",
    ]);
    expect(count).toBe(1);
  });

  test.each([
    "expected token ')' but got '}'",
    "SyntaxError: Unexpected token } in JSON at position 12",
    "password: ********",
    "secret_key=${{ secrets.KEY }}",
    "src/token.ts:12:3 - error TS2304: Cannot find name 'secretKey'.",
    "at Object.<anonymous> (/w/node_modules/jsonwebtoken/verify.js:40:19)",
    "git@github.com:a/b.git",
    "commit 0123456789abcdef0123456789abcdef01234567",
  ])("[RD1] ordinary text stays: %s", (line) => {
    expect(redact(line)).toEqual({ text: line, count: 0 });
  });

  test("[RD4] planted secrets occur in no part of a result, whatever the format", async () => {
    const secrets = Object.values(PLANTED);
    const log = [
      ...secrets.map((secret, at) => `error: step ${at} failed with ${secret}`),
      ...secrets.map(
        (secret, at) =>
          `--- FAIL: TestLogin${at} (0.00s)\n    login_test.go:${at + 3}: got ${secret}, want nothing`,
      ),
      ...secrets.map((secret, at) => `src/a.c:${at + 1}:5: error: bad value ${secret}`),
      `FAILED tests/test_login.py::test_login[${secrets[0]}] - AssertionError`,
    ].join("\n");
    const bytes = new TextEncoder().encode(log);
    const { result } = await analyze(
      { size: bytes.length, read: async (at, length) => bytes.subarray(at, at + length) },
      {},
    );
    const outputs = [
      JSON.stringify(result),
      jsonLineOf(result, "a.log"),
      githubOf(result, "a.log"),
      textOf(result, { name: "a.log", colour: true }),
      sarifOf([{ file: "a.log", result }]),
      rdjsonOf([{ file: "a.log", result }]),
    ].join("\n");
    expect(secrets.filter((secret) => outputs.includes(secret))).toEqual([]);
    expect(result.redactions).toBeGreaterThan(0);
  });

  test("[RD1] redacting never throws, keeps the number of lines and is stable", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.string(),
            fc.constantFrom(...Object.values(PLANTED), "password=", "-----BEGIN PRIVATE KEY-----"),
          ),
          { maxLength: 20 },
        ),
        (lines) => {
          const text = lines.join("\n");
          const once = redact(text);
          expect(once.text.split("\n")).toHaveLength(text.split("\n").length);
          expect(redact(once.text).text).toBe(once.text);
        },
      ),
    );
  });

  test("[RD1] every shape is linear: 64 KiB of anything takes under 50 ms", () => {
    const pieces = [
      "a",
      "token",
      "password=",
      "eyJ",
      "://",
      "A",
      "sk-",
      " ",
      '"',
      "-",
      "@",
      "key:",
    ];
    for (const piece of pieces) {
      const line = piece.repeat(Math.ceil(65_536 / piece.length));
      const redactor = new Redactor();
      redactor.line(line, 1);
      const start = performance.now();
      redactor.line(line, 2);
      expect(performance.now() - start, piece).toBeLessThan(50);
    }
  });
});
