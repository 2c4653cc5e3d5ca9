/** Limits as the started product keeps them: over HTTP, real objects, a real database. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { launch, type Launch } from "./launcher.ts";
import { operatorOf, orgOf, type Operator } from "./operator.ts";

let product: Launch;
let operator: Operator;
let org: string;

beforeAll(async () => {
  product = await launch();
  await product.token();
  operator = await operatorOf(product);
  org = await orgOf(product);
});
afterAll(() => product.stop());

async function newKey(): Promise<(path: string) => Promise<Response>> {
  const made = await fetch(`${product.api}/api/v1/keys`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${await product.token()}`,
      "content-type": "application/json",
    },
    body: JSON.stringify({ name: "limits", grants: ["analyses.read"] }),
  });
  const { token } = (await made.json()) as { token: string };
  return (path) => fetch(`${product.api}/api/v1${path}`, { headers: { "x-api-key": token } });
}

test("[RL1] [RL4] of 200 calls at once at 100 a minute exactly 100 pass", async () => {
  await operator.setLimits(org, { requests_per_minute: 100 });
  const get = await newKey();
  const answers = await Promise.all(Array.from({ length: 200 }, () => get("/analyses?limit=1")));
  const passed = answers.filter(({ status }) => status === 200);
  const refused = answers.filter(({ status }) => status === 429);
  expect([passed.length, refused.length]).toEqual([100, 100]);
  for (const { headers } of refused) expect(headers.get("retry-after")).toMatch(/^[1-9]\d?$/);
  const left = passed.map(({ headers }) => /r=(\d+)/.exec(headers.get("ratelimit") ?? "")?.[1]);
  expect(new Set(left).size).toBe(100);
});

test("[RL1] what passed before workerd was killed still counts when it is back", async () => {
  await operator.setLimits(org, { requests_per_minute: 40 });
  const get = await newKey();
  const before = await Promise.all(Array.from({ length: 30 }, () => get("/analyses?limit=1")));
  expect(before.every(({ status }) => status === 200)).toBe(true);
  const from = performance.now();
  await product.kill9("workerd");
  const ready = () =>
    fetch(`${product.api}/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  await expect.poll(ready, { timeout: 40_000, interval: 100 }).toBe(true);
  const after = await Promise.all(Array.from({ length: 40 }, () => get("/analyses?limit=1")));
  // Only within the same minute does the window say anything.
  expect(performance.now() - from).toBeLessThan(50_000);
  const passed = after.filter(({ status }) => status === 200).length;
  expect(passed).toBeLessThanOrEqual(10);
  expect(passed).toBeGreaterThanOrEqual(8);
});
