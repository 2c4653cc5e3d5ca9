/** From requests to what the operator's tools read, through the real app. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fakeMetrics, type FakeMetrics } from "../../../test/fakes/metrics.ts";
import {
  openPlatform,
  post,
  setUp,
  type SignedIn,
  type TestPlatform,
} from "../../../test/platform.ts";
import { merged } from "../../../durable-objects/metrics/model.ts";
import { exportMetrics } from "./service.ts";

let platform: TestPlatform;
let metrics: FakeMetrics;
let owner: SignedIn;
let server: Server;
const taken: { path: string; headers: Record<string, unknown>; body: string }[] = [];
let status = 200;

beforeAll(async () => {
  server = createServer((request, response) => {
    void text(request).then((body) => {
      taken.push({ path: request.url ?? "", headers: request.headers, body });
      response.writeHead(status).end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  metrics = fakeMetrics(1_700_000_000_000);
  platform = await openPlatform({
    METRICS: metrics.namespace,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20abc, x-team = one",
  });
  owner = await setUp(platform);
});
afterAll(async () => {
  server.close();
  await platform.close();
});

/** The next request after ten seconds carries what came before. */
async function flushed(): Promise<void> {
  platform.clock.now += 10_000;
  await platform.send("/api/v1/auth/providers");
}

test("[OB1] requests are counted by template, method and class, and sent together after ten seconds", async () => {
  await flushed();
  metrics.batches.length = 0;
  for (const id of ["a", "b", "c"]) await owner.send(`/api/v1/keys/${id}`);
  await platform.send("/health");
  await platform.send("/api/v1/somebodys-invention");
  expect(metrics.batches).toEqual([]);
  await flushed();
  const sent = merged(metrics.batches.flatMap(({ series }) => series));
  expect(
    [...sent.values()].map(({ route, method, status: of, count }) => [method, route, of, count]),
  ).toEqual([
    ["GET", "/api/v1/keys/:id", "4xx", 3],
    ["GET", "unrouted", "4xx", 1],
    ["GET", "/api/v1/auth/providers", "2xx", 1],
  ]);
});

test("[OB1] 500 requests are sent at once", async () => {
  await flushed();
  metrics.batches.length = 0;
  await Promise.all(Array.from({ length: 500 }, () => platform.send("/api/v1/auth/providers")));
  expect(metrics.batches.map(({ series }) => series[0]?.count)).toEqual([500]);
});

test("[OB1] objects that cannot be reached cost the measurements, not the request", async () => {
  metrics.down = true;
  await flushed();
  expect((await platform.send("/api/v1/auth/providers")).status).toBe(200);
  metrics.down = false;
  expect(JSON.stringify(platform.logged)).toContain("measurements were lost");
});

test("[AP9] the line of a signed-in request names organization, principal and trace", async () => {
  const trace = "0af7651916cd43dd8448eb211c80319c";
  await owner.send("/api/v1/org", { headers: { traceparent: `00-${trace}-b7ad6b7169203331-01` } });
  const line = platform.logged.findLast(({ route }) => route === "/api/v1/org");
  expect(line).toMatchObject({ org: owner.orgId, trace_id: trace, status: 200 });
  expect(line).toHaveProperty("principal");
});

test("[OB2] the operator reads all of it as text; a key without the permission finds nothing", async () => {
  const su = platform.db.as("superuser");
  await su`insert into platform.dispatcher_heads (org_id, dag_id, backlog, change) values (${owner.orgId}, 'sys.analyses', 3, 1)`;
  const made = await owner.send("/api/v1/keys", post({ name: "k", grants: ["keys.read"] }));
  const { token } = (await made.json()) as { token: string };
  const keyed = await platform.send("/api/v1/admin/metrics", {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(keyed.status).toBe(404);
  const refreshed = await operator();
  const answer = await refreshed.send("/api/v1/admin/metrics");
  const body = await answer.text();
  expect([answer.status, answer.headers.get("content-type")]).toEqual([
    200,
    "text/plain; version=0.0.4; charset=utf-8",
  ]);
  expect(body).toContain('edgewright_engine_backlog_tasks{dag="sys.analyses"} 3');
  expect(body).toMatch(/duration_seconds_count\{route="\/api\/v1\/auth\/providers",.*\} \d+/);
  expect(body).not.toContain(owner.orgId);
});

/** The owner of the reserved organization, in it. */
async function operator(): Promise<SignedIn> {
  const { PLATFORM_ORG_ID } = await import("../tasks/rules.ts");
  const answer = await platform.send(
    "/api/v1/auth/refresh",
    post({ org_id: PLATFORM_ORG_ID }, { cookie: owner.cookie, origin: "http://localhost:8787" }),
  );
  const { access_token: token } = (await answer.json()) as { access_token: string };
  return {
    ...owner,
    token,
    send: (path, init = {}) =>
      platform.send(path, { ...init, headers: { authorization: `Bearer ${token}` } }),
  };
}

const ports = () => ({ env: platform.env, sql: platform.sql, now: () => platform.clock.now });

test("[OB3] a receiver gets the sums under /v1/metrics, with the headers it wants", async () => {
  expect(await exportMetrics(ports())).toBe(true);
  const [request] = taken;
  expect([request?.path, request?.headers["authorization"], request?.headers["x-team"]]).toEqual([
    "/v1/metrics",
    "Bearer abc",
    "one",
  ]);
  expect(request?.headers["content-type"]).toBe("application/json");
  expect(JSON.parse(request?.body ?? "{}")).toMatchObject({
    resourceMetrics: [{ resource: { attributes: [{ key: "service.name" }, {}] } }],
  });
});

test("[OB3] a receiver that refuses is a fault of its own; without one nothing is sent", async () => {
  status = 503;
  await expect(exportMetrics(ports())).rejects.toMatchObject({ system: "otlp" });
  const env = { ...platform.env, OTEL_EXPORTER_OTLP_ENDPOINT: "" };
  taken.length = 0;
  expect(await exportMetrics({ ...ports(), env })).toBe(false);
  expect(taken).toEqual([]);
});
