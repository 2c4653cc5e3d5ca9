/** One webhook on the wire: signed as the specification says, verified by its reference library. */
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launcherEgress, type LauncherEgress } from "../../../test/fakes/launcher-egress.ts";
import { openReceiver, type Receiver } from "../../../test/fakes/receiver.ts";
import { SETTINGS } from "../../../test/platform.ts";
import { retryAfterMs, secretText, sendWebhook, signatureOf } from "./client.ts";
import { SEND_MS_MAX } from "./rules.ts";

const CURRENT = secretText(new Uint8Array(32).fill(1));
const BEFORE = secretText(new Uint8Array(32).fill(2));
const ID = "aaaaaaaaaaaaaaaaaaaaaaaaaa";
const BODY = JSON.stringify({ type: "webhook.test", timestamp: "x", data: { text: "ü\u{1f600}" } });

let receiver: Receiver;
let launcher: LauncherEgress;
let env: Env;

beforeAll(async () => {
  receiver = await openReceiver();
  const settings = { ...SETTINGS, EGRESS_ALLOW: receiver.target };
  launcher = launcherEgress(settings);
  env = { ...settings, EGRESS: launcher.EGRESS } as unknown as Env;
});
afterAll(() => receiver.close());

const send = (path: string, secrets: readonly string[] = [CURRENT]) =>
  sendWebhook(
    { env, now: () => Date.now() },
    { id: ID, url: receiver.url(path), body: BODY, secrets },
  );

test("[WH1] the published example of the specification has the published signature", async () => {
  const message = {
    id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
    body: '{"test": 2432232314}',
    secrets: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
  };
  expect(await signatureOf(message, 1_614_265_330)).toBe(
    "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  );
});

test("[WH1] the reference library verifies what arrives, and not what was changed", async () => {
  await send("/ok");
  const { headers, body } = receiver.received.at(-1) ?? { headers: {}, body: "" };
  const verifier = new Webhook(CURRENT);
  expect(verifier.verify(body, headers)).toEqual(JSON.parse(BODY));
  expect(() => verifier.verify(`${body} `, headers)).toThrow();
  expect(() => verifier.verify(body, { ...headers, "webhook-id": "other" })).toThrow();
  expect(() => new Webhook(BEFORE).verify(body, headers)).toThrow();
  expect(headers).toMatchObject({ "webhook-id": ID, "content-type": "application/json" });
});

test("[WH2] with two secrets a message carries two signatures, and either verifies", async () => {
  await send("/ok", [CURRENT, BEFORE]);
  const { headers, body } = receiver.received.at(-1) ?? { headers: {}, body: "" };
  for (const secret of [CURRENT, BEFORE])
    expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(BODY));
});

test("[WH2] a secret is whsec_ and 32 random bytes", () => {
  expect(CURRENT).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
});

test.each([
  ["/ok", { status: 200, error: null, response: "answered 200" }],
  ["/500", { status: 500, error: "http_500", response: "answered 500" }],
  ["/302", { status: 302, error: "http_302" }],
  ["/reset", { status: null, error: "reset", response: null }],
  ["/busy", { status: 503, error: "http_503", retryAfterMs: 7_200_000 }],
  ["/huge", { status: 200, error: null, response: "y".repeat(1_024) }],
])("[WH4] a receiver that answers %s is noted as it answered", async (path, expected) => {
  const before = receiver.received.length;
  expect(await send(path)).toMatchObject(expected);
  // A redirect was not followed: one request came.
  expect(receiver.received.length - before).toBe(1);
});

test("[WH4] an attempt has fifteen seconds and keeps a kibibyte", async () => {
  await send("/ok");
  expect(launcher.calls.at(-1)).toMatchObject({ bytes_max: 1_024 });
  expect(launcher.calls.at(-1)?.["timeout_ms"]).toBeGreaterThan(SEND_MS_MAX - 1_000);
  expect(SEND_MS_MAX).toBe(15_000);
});

test("[WH4] what looks like a secret in an answer is not kept", async () => {
  expect((await send("/leaky")).response).toBe("token [redacted] was refused");
});

test("[WH3] Retry-After is read as seconds and as a date", () => {
  const now = Date.parse("2026-11-20T12:00:00Z");
  expect(retryAfterMs("120", now)).toBe(120_000);
  expect(retryAfterMs("Fri, 20 Nov 2026 12:01:00 GMT", now)).toBe(60_000);
  expect(retryAfterMs("Fri, 20 Nov 2026 11:00:00 GMT", now)).toBe(0);
  for (const nothing of [undefined, "", "-1", "soon", "2026-11-20", "1e9"])
    expect(retryAfterMs(nothing, now)).toBeNull();
});
