/** `limiter`: what knowing the caller costs, and what the limiter's decision costs on top, beside the bare route /health. */
import { operatorOf, orgOf } from "../test/operator.ts";
import { PLATFORM_ORG_ID } from "../workers/platform/tasks/rules.ts";
import { PLENTY } from "./limits.ts";
import { withCpu } from "./machine.ts";
import type { Bench, Measure, OpenBench, Part, Sample, Side } from "./model.ts";
import { openLoop } from "./open-loop.ts";
import { launchProduct, type Product } from "./product.ts";

const SECONDS = 3;
const SECONDS_SMOKE = 0.5;
/** Far from saturation on two cores: this bench asks how long one request takes, not how many fit. */
const PER_SECOND = 50;
const REQUEST_ID = "bench-limiter";

export const limiter: Bench = {
  id: "limiter",
  title: "the caller's token checked, and the limiter's decision",
  published: [],
  open: async ({ smoke }) => openLimiter(smoke ? SECONDS_SMOKE : SECONDS),
};

/** A route under load, and the exact answer to each request. */
interface Route {
  readonly id: string;
  readonly label: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly status: number;
}

async function openLimiter(seconds: number): Promise<OpenBench> {
  const product = await launchProduct();
  try {
    const part = latency(product, await routesOf(product), seconds);
    return { parts: [part], close: () => product.stop() };
  } catch (error) {
    await product.stop();
    throw error;
  }
}

/**
 * Requests that end where the decision ends: one with a permission the caller lacks is counted by the limiter and then
 * answered 404 without a look at the database; one above the limit is refused from the isolate's memory.
 */
async function routesOf(product: Product): Promise<readonly Route[]> {
  const operator = await operatorOf(product);
  await operator.setLimits(await orgOf(product), { user_requests_per_minute: PLENTY });
  // The last act of the operator: from here on that token is refused.
  await operator.setLimits(PLATFORM_ORG_ID, { user_requests_per_minute: 0 });
  const route = (id: string, label: string, path: string, status: number, token?: string) => ({
    id,
    label,
    url: product.api + path,
    status,
    headers: {
      "x-request-id": REQUEST_ID,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
  });
  return [
    route("health", "bare route /health, the floor", "/health", 200),
    route("auth", "token checked, refused from memory", "/api/v1/org", 429, operator.token),
    route(
      "limiter",
      "token checked, limiter asked, 404",
      "/api/v1/admin/orgs",
      404,
      await product.token(),
    ),
  ];
}

function latency(product: Product, routes: readonly Route[], seconds: number): Part {
  const measures: readonly Measure[] = [
    { id: "p50", unit: "ms", better: "lower" },
    { id: "p99", unit: "ms", better: "lower" },
  ];
  const side = (route: Route): Side => ({
    id: route.id,
    label: route.label,
    ours: true,
    settings: {},
    open: async () => ({
      version: product.version,
      round: () => roundOf(product, route, seconds),
      close: async () => {},
    }),
  });
  return {
    id: "latency",
    workload: `${PER_SECOND} requests a second for ${seconds} s on one connection, each timed from the moment it was due (open loop).`,
    measures,
    sides: routes.map(side),
    differences: [
      {
        id: "token",
        label: "auth minus /health",
        ours: true,
        minuend: "auth",
        subtrahend: "health",
      },
      {
        id: "decision",
        label: "limiter minus auth",
        ours: true,
        minuend: "limiter",
        subtrahend: "auth",
      },
    ],
    goals: [
      { text: "auth over an empty request < 1 ms p50", measure: "p50", side: "token", atMost: 1 },
      {
        text: "limiter decision at most 3 ms p50",
        measure: "p50",
        side: "decision",
        atMost: 3,
      },
    ],
  };
}

async function roundOf(product: Product, route: Route, seconds: number): Promise<Sample> {
  const { url, headers, status } = route;
  const first = await fetch(url, { headers });
  const body = await first.text();
  if (first.status !== status) throw new Error(`${url} answered ${first.status}: ${body}`);
  const { value, cpuSeconds } = await withCpu([product.pid], () =>
    openLoop({ url, headers, body, status, perSecond: PER_SECOND, seconds, connections: 1 }),
  );
  const wrong =
    value.right === value.sent
      ? null
      : `inexact: ${value.right} of ${value.sent} answers were right`;
  const proof = { sent: value.sent, right: value.right };
  return { values: { p50: value.p50Ms, p99: value.p99Ms }, cpuSeconds, proof, wrong };
}
