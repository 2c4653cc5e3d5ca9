/** kill -9 while messages are on their way: each arrives, and what comes twice comes under one id. */
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openReceiver, type Receiver } from "../fakes/receiver.ts";
import { launch, type Launch } from "../launcher.ts";

const LOGS = 20;
/** A lease of 6 s, one wait of 5 s, and margin. */
const RECOVERY_MS = 60_000;

let product: Launch;
let receiver: Receiver;

beforeAll(async () => {
  receiver = await openReceiver();
  product = await launch({
    flags: [
      "--var",
      `EGRESS_ALLOW=${receiver.target}`,
      "--var",
      "LEASE_MS=6000",
      "--var",
      "HEARTBEAT_MS=2000",
    ],
  });
});
afterAll(async () => {
  await product?.stop();
  await receiver?.close();
});

async function call(path: string, init: RequestInit): Promise<unknown> {
  const answer = await fetch(`${product.api}/api/v1${path}`, {
    ...init,
    headers: {
      authorization: `Bearer ${await product.token()}`,
      ...(init.headers as Record<string, string>),
    },
  });
  if (!answer.ok) throw new Error(`${path} answered ${String(answer.status)}`);
  return answer.json();
}

const upload = (n: number): Promise<unknown> =>
  call(`/analyses?job=job-${String(n)}`, {
    method: "POST",
    body: `line ${String(n)}\nsrc/cart.ts(12,5): error TS2322: Type 'string' is not assignable to type 'number'.\n`,
  });

const jobOf = (body: string): string => (JSON.parse(body) as { data: { job: string } }).data.job;

test("[A6] [A2] kill -9 of workerd amid calls loses no message, and repeats carry the id of the first", async () => {
  const made = (await call("/webhooks", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ url: receiver.url("/slow") }),
  })) as { secret: string };
  await Promise.all(Array.from({ length: LOGS }, (_, n) => upload(n)));
  // Some were called and not answered when everything dies.
  await receiver.until(5);
  await product.kill9("workerd");
  const jobs = () => new Set(receiver.received.map(({ body }) => jobOf(body)));
  const end = Date.now() + RECOVERY_MS;
  while (jobs().size < LOGS && Date.now() < end)
    await new Promise((resolve) => setTimeout(resolve, 50));
  expect(jobs().size).toBe(LOGS);
  await product.idle(RECOVERY_MS);
  const verifier = new Webhook(made.secret);
  const ids = new Map<string, Set<string>>();
  for (const { headers, body } of receiver.received) {
    verifier.verify(body, headers);
    const known = ids.get(jobOf(body)) ?? new Set();
    ids.set(jobOf(body), known.add(headers["webhook-id"] ?? ""));
  }
  expect([...ids.values()].every((of) => of.size === 1)).toBe(true);
  expect(receiver.received.length, "the kill hit messages on their way").toBeGreaterThan(LOGS);
});
