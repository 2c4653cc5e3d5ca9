/** Ways around the limits of an address: a request id used again, a credential that is none. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { fakeBucket } from "../../../test/fakes/r2.ts";
import {
  launcher,
  openPlatform,
  post,
  setLimits,
  setUp,
  type SignedIn,
  type TestPlatform,
} from "../../../test/platform.ts";
import { SHIELD } from "./shield.ts";

let platform: TestPlatform;
let owner: SignedIn;
beforeAll(async () => {
  platform = await openPlatform({ LOGS: fakeBucket().bucket });
  owner = await setUp(platform);
  await setLimits(platform, owner.orgId, { user_requests_per_minute: null });
});
afterAll(() => platform.close());

test("[RL6] uploads under one request id hold a place each", async () => {
  const streams: ReadableStreamDefaultController<Uint8Array>[] = [];
  const headers = {
    "content-type": "text/plain",
    "cf-connecting-ip": "203.0.113.5",
    "x-request-id": "the-same-id",
  };
  const open = (): Promise<Response> => {
    const body = new ReadableStream({ start: (stream) => void streams.push(stream) });
    const init = { method: "POST", headers, body, duplex: "half" };
    return owner.send("/api/v1/analyses", init);
  };
  const running = Array.from({ length: 100 }, open);
  await vi.waitFor(() => expect(platform.limiters.calls["beginUpload"]).toBe(100));
  const more = open();
  const late = setTimeout(() => streams.forEach((stream) => stream.close()), 2_000);
  expect((await more).status).toBe(429);
  clearTimeout(late);
  for (const stream of streams.slice(0, 100)) stream.close();
  await Promise.all(running);
});

test("[RL3] a credential that is none opens no way to more attempts to sign in", async () => {
  const spoof = {
    "cf-connecting-ip": "198.51.100.9",
    "x-api-key": "none",
    authorization: "none",
    cookie: "none=1",
  };
  const link = async (): Promise<string> => {
    const answer = await platform.send("/internal/v1/local/login-link", {
      ...post({}),
      headers: {
        ...launcher,
        "content-type": "application/json",
      },
    });
    return ((await answer.json()) as { url: string }).url.split("#t=")[1] ?? "";
  };
  const attempt = (token: string) => platform.send("/api/v1/auth/link", post({ token }, spoof));
  for (let n = 0; n < SHIELD.auth.limit; n += 1) expect((await attempt("wrong")).status).toBe(401);
  expect((await attempt("wrong")).status).toBe(429);
  const token = await link();
  expect((await attempt(token)).status).toBe(429);
  // It was not even tried.
  const elsewhere = { "cf-connecting-ip": "198.51.100.10" };
  expect((await platform.send("/api/v1/auth/link", post({ token }, elsewhere))).status).toBe(201);
});
