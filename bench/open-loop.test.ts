import { createServer, type RequestListener } from "node:http";
import { once } from "node:events";
import { expect, test } from "vitest";
import { openLoop } from "./open-loop.ts";

async function withServer<T>(
  listener: RequestListener,
  use: (url: string) => Promise<T>,
): Promise<T> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  try {
    return await use(`http://127.0.0.1:${address.port}/`);
  } finally {
    server.close();
  }
}

const load = { headers: {}, perSecond: 200, seconds: 0.1, connections: 1, body: "ok" };

test("[BH8] a stall is charged to every request that was due during it, not only to the one that met it", async () => {
  let first = true;
  const stallOnce: RequestListener = (_request, response) => {
    setTimeout(() => response.end("ok"), first ? 200 : 0);
    first = false;
  };
  const outcome = await withServer(stallOnce, (url) => openLoop({ ...load, url }));
  expect(outcome).toMatchObject({ sent: 20, right: 20 });
  expect(outcome.p50Ms).toBeGreaterThan(100);
});

test("[BH4] an answer with another body or status is not counted as right", async () => {
  let n = 0;
  const everyOther: RequestListener = (_request, response) => {
    n += 1;
    if (n % 2 === 0) response.statusCode = 503;
    response.end("ok");
  };
  const outcome = await withServer(everyOther, (url) => openLoop({ ...load, url }));
  expect(outcome).toMatchObject({ sent: 20, right: 10 });
});
