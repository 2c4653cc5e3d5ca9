/** `api`: the authenticated analyses list under row-level security, beside the bare route /health of the same Worker. */
import { peerVersion } from "./install.ts";
import { liftLimits } from "./limits.ts";
import { withCpu } from "./machine.ts";
import type { Bench, Measure, OpenBench, OpenSide, Part, Sample, Side } from "./model.ts";
import { openLoop } from "./open-loop.ts";
import { jsonOf, launchProduct, type Product } from "./product.ts";

/** Rows of the organization; the list shows 20 of them. */
const ANALYSES = 40;
const SECONDS = 3;
const SECONDS_SMOKE = 0.5;
/** Far from saturation on two cores: this part asks how long one request takes, not how many fit. */
const PER_SECOND = 50;

export const api: Bench = {
  id: "api",
  title: "an authenticated list under row-level security",
  published: [],
  open: async ({ smoke }) => openApi(smoke ? SECONDS_SMOKE : SECONDS),
};

async function openApi(seconds: number): Promise<OpenBench> {
  const product = await launchProduct();
  try {
    await liftLimits(product);
    await addAnalyses(product);
    // The list tells what each analysis cost, which it knows once the dispatcher has told of its last task.
    await product.idle();
    const routes = await routesOf(product);
    const parts = [
      latency(routes, seconds),
      throughput(routes, { seconds, connections: 1 }),
      throughput(routes, { seconds, connections: 16 }),
    ];
    return { parts, close: () => product.stop() };
  } catch (error) {
    await product.stop();
    throw error;
  }
}

async function addAnalyses(product: Product): Promise<void> {
  for (let n = 0; n < ANALYSES; n += 1) {
    const answer = await product.call(`/analyses?name=job-${n}&repository=acme/shop`, {
      method: "POST",
      headers: { "content-type": "text/plain" },
      body: `$ make test\nsrc/total.ts(3,7): error TS2322: Type 'string' is not assignable to type 'number'. (${n})\nmake: *** [test] Error 2\n`,
    });
    await jsonOf(answer);
  }
}

/** A route under load: what is asked, and the exact body of every answer. */
interface Route {
  readonly id: string;
  readonly label: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly pid: number;
  readonly version: string;
}

async function routesOf(product: Product): Promise<readonly Route[]> {
  const authorization = { authorization: `Bearer ${await product.token()}` };
  const shared = { pid: product.pid, version: product.version };
  const list = `${product.api}/api/v1/analyses?limit=20`;
  const health = `${product.api}/health`;
  return [
    {
      ...shared,
      id: "list",
      label: "analyses list, signed in",
      url: list,
      headers: authorization,
      body: await bodyOf(list, authorization),
    },
    {
      ...shared,
      id: "health",
      label: "bare route /health, the floor",
      url: health,
      headers: {},
      body: await bodyOf(health, {}),
    },
  ];
}

async function bodyOf(url: string, headers: Readonly<Record<string, string>>): Promise<string> {
  const answer = await fetch(url, { headers });
  if (!answer.ok)
    throw new Error(`${new URL(url).pathname} answered ${answer.status}: ${await answer.text()}`);
  return answer.text();
}

function latency(routes: readonly Route[], seconds: number): Part {
  const measures: readonly Measure[] = [
    { id: "p50", unit: "ms", better: "lower" },
    { id: "p99", unit: "ms", better: "lower" },
  ];
  const open = (route: Route) => async (): Promise<OpenSide> =>
    opened(route, () => latencyRound(route, seconds));
  return {
    id: "latency",
    workload: `${PER_SECOND} requests a second for ${seconds} s on one connection, each timed from the moment it was due (open loop).`,
    measures,
    sides: routes.map((route): Side => ({
      id: route.id,
      label: route.label,
      ours: true,
      settings: {},
      open: open(route),
    })),
    differences: [
      {
        id: "net",
        label: "list minus bare route",
        ours: true,
        minuend: "list",
        subtrahend: "health",
      },
    ],
    goals: [{ text: "list p50 at most 5 ms", measure: "p50", side: "list", atMost: 5 }],
  };
}

const opened = (route: Route, round: () => Promise<Sample>): OpenSide => ({
  version: route.version,
  round,
  close: async () => {},
});

async function latencyRound(route: Route, seconds: number): Promise<Sample> {
  const { url, headers, body } = route;
  const { value, cpuSeconds } = await withCpu([route.pid], () =>
    openLoop({ url, headers, body, perSecond: PER_SECOND, seconds, connections: 1 }),
  );
  const wrong =
    value.right === value.sent
      ? null
      : `inexact: ${value.right} of ${value.sent} answers were right`;
  const proof = { sent: value.sent, right: value.right };
  return { values: { p50: value.p50Ms, p99: value.p99Ms }, cpuSeconds, proof, wrong };
}

function throughput(
  routes: readonly Route[],
  { seconds, connections }: { seconds: number; connections: number },
): Part {
  const side = (route: Route): Side => {
    const name = { id: route.id, label: route.label, ours: true };
    if (peerVersion("autocannon") === null)
      return { ...name, missing: "not available", reason: "autocannon is not installed in bench/" };
    const settings = { autocannon: peerVersion("autocannon") ?? "" };
    return {
      ...name,
      settings,
      open: async () => opened(route, () => throughputRound(route, { seconds, connections })),
    };
  };
  const goals = [
    {
      text: "at least 500 requests/s at 16 connections",
      measure: "rate",
      side: "list",
      atLeast: 500,
    },
  ];
  return {
    id: `throughput, ${connections} ${connections === 1 ? "connection" : "connections"}`,
    workload: `as many requests as ${connections} kept-alive ${connections === 1 ? "connection" : "connections"} can carry in ${seconds} s (closed loop); the load generator shares the cores.`,
    measures: [{ id: "rate", unit: "req/s", better: "higher" }],
    sides: routes.map(side),
    goals: connections === 16 ? goals : [],
  };
}

async function throughputRound(
  route: Route,
  { seconds, connections }: { seconds: number; connections: number },
): Promise<Sample> {
  const { default: autocannon } = await import("autocannon");
  const options = {
    url: route.url,
    headers: { ...route.headers },
    expectBody: route.body,
    connections,
    duration: seconds,
  };
  const { value, cpuSeconds } = await withCpu([route.pid], async () => autocannon(options));
  const proof = {
    answered: value["2xx"],
    mismatches: value.mismatches,
    errors: value.errors + value.timeouts,
    other: value.non2xx,
  };
  const exact =
    proof.answered > 0 && proof.mismatches === 0 && proof.errors === 0 && proof.other === 0;
  const wrong = exact ? null : `inexact: ${JSON.stringify(proof)}`;
  return { values: { rate: value["2xx"] / value.duration }, cpuSeconds, proof, wrong };
}
