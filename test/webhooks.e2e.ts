/** Webhooks as a receiver meets them: the real product tells a server on this machine what it found. */
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openReceiver, type Receiver } from "./fakes/receiver.ts";
import { launch, type Launch } from "./launcher.ts";

let product: Launch;
let receiver: Receiver;

beforeAll(async () => {
  receiver = await openReceiver();
  product = await launch({ flags: ["--var", `EGRESS_ALLOW=${receiver.target}`] });
});
afterAll(async () => {
  await product.stop();
  await receiver.close();
});

async function call(method: string, path: string, body?: unknown): Promise<Response> {
  return fetch(`${product.api}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${await product.token()}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

async function endpoint(path: string): Promise<{ id: string; secret: string }> {
  const answer = await call("POST", "/webhooks", { url: receiver.url(path) });
  expect(answer.status).toBe(201);
  const { webhook, secret } = (await answer.json()) as { webhook: { id: string }; secret: string };
  return { id: webhook.id, secret };
}

const LOG =
  "> tsc -b\nsrc/cart.ts(12,5): error TS2322: Type 'string' is not assignable to type 'number'.\n";

const upload = async (): Promise<{ id: string; run_id: string }> => {
  const answer = await fetch(`${product.api}/api/v1/analyses?repository=acme/shop&job=build`, {
    method: "POST",
    headers: { authorization: `Bearer ${await product.token()}` },
    body: LOG,
  });
  expect(answer.status).toBe(201);
  return (await answer.json()) as { id: string; run_id: string };
};

test("[WH1] [WH9] a failing log is uploaded, and a signed message about it arrives once", async () => {
  const { id, secret } = await endpoint("/ok");
  const analysis = await upload();
  await receiver.until(1);
  await product.idle();
  expect(receiver.received.length).toBe(1);
  const [message] = receiver.received;
  if (message === undefined) throw new Error("nothing came");
  const { headers, body } = message;
  expect(new Webhook(secret).verify(body, headers)).toMatchObject({
    type: "analysis.completed",
    data: {
      analysis_id: analysis.id,
      run_id: analysis.run_id,
      repository: "acme/shop",
      job: "build",
      category: "compile.type",
      url: `${product.api}/o/test/analyses/${analysis.id}`,
    },
  });
  // Ids and a few words: the log itself stays here.
  expect(body.length).toBeLessThan(2_000);
  const list = (await (await call("GET", `/webhooks/${id}/deliveries`)).json()) as {
    items: { id: string; status: string; attempts: number }[];
  };
  expect(list.items).toMatchObject([
    { id: headers["webhook-id"], status: "delivered", attempts: 1 },
  ]);
});

test("[WH3] what a receiver did not take comes again by itself, under the same id", async () => {
  receiver.script.push(500);
  const { id } = await endpoint("/flaky");
  const before = receiver.received.length;
  await upload();
  // The first endpoint hears of it too.
  await receiver.until(before + 3, 20_000);
  const flaky = receiver.received.filter(({ path }) => path === "/flaky");
  expect(new Set(flaky.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
  await product.idle();
  const list = (await (await call("GET", `/webhooks/${id}/deliveries`)).json()) as {
    items: { status: string; attempts: number }[];
  };
  expect(list.items).toMatchObject([{ status: "delivered", attempts: 2 }]);
});

test.each([
  "http://127.0.0.1:5432/",
  "https://localhost/",
  "https://[::1]/",
  "http://169.254.169.254/",
])("[WH7] [WH9] %s is not open, though the receiver beside it is", async (url) => {
  const answer = await call("POST", "/webhooks", { url });
  expect(answer.status).toBe(422);
  expect(((await answer.json()) as { code: string }).code).toBe("egress_refused");
});
