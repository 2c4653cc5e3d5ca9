/** The API as a user meets it: the real product, from first setup to an explained log of 50 MiB. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { LOG_BYTES_MAX } from "../workers/platform/analyses/model.ts";
import { PLATFORM_ORG_ID } from "../workers/platform/tasks/rules.ts";
import { launch, type Launch } from "./launcher.ts";

let product: Launch;
let key: string;

beforeAll(async () => {
  product = await launch();
  const made = await fetch(`${product.api}/api/v1/keys`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${await product.token()}`,
      "content-type": "application/json",
    },
    body: JSON.stringify({ name: "ci", grants: ["analyses.write", "analyses.read", "runs.read"] }),
  });
  ({ token: key } = (await made.json()) as { token: string });
});
afterAll(() => product.stop());

const api = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${product.api}/api/v1${path}`, {
    ...init,
    headers: { "x-api-key": key, ...(init.headers as Record<string, string>) },
  });

const FAILURE =
  "src/cart.ts(12,5): error TS2322: Type 'string' is not assignable to type 'number'.\n##[error]Process completed with exit code 2.\n";

/** A log of exactly `bytes` bytes that ends in FAILURE. */
function logOf(bytes: number): Buffer<ArrayBuffer> {
  const log = Buffer.alloc(bytes, "0123456789 a line of a build that goes well\n");
  log.write(`\n${FAILURE}`, bytes - FAILURE.length - 1);
  return log;
}

interface Body {
  id: string;
  status: string;
  run_id: string;
  code?: string;
  result: {
    category: string;
    lines: number;
    bytes: number;
    blocks: { start_line: number }[];
  } | null;
}

test("[AN1] a small log is explained in one request, through every layer", async () => {
  const answer = await api("/analyses?job=build&exit_code=2", {
    method: "POST",
    body: `> tsc -b\n${FAILURE}`,
  });
  expect(answer.status).toBe(201);
  const analysis = (await answer.json()) as Body;
  expect(analysis.result?.category).toBe("compile.type");
  expect(analysis.result?.blocks[0]?.start_line).toBe(2);
  const run = (await (await api(`/runs/${analysis.run_id}`)).json()) as {
    status: string;
    items_tasks: { state: string }[];
  };
  expect(run.status).toBe("succeeded");
  expect(run.items_tasks.map(({ state }) => state)).toEqual([
    "succeeded",
    "succeeded",
    "succeeded",
  ]);
});

test("[AN1, AN3] fifty MiB are taken and explained, one byte more is not", async () => {
  const answer = await api("/analyses", { method: "POST", body: logOf(LOG_BYTES_MAX) });
  expect(answer.status).toBe(202);
  const { id } = (await answer.json()) as Body;
  expect(answer.headers.get("location")).toBe(`/api/v1/analyses/${id}`);
  await product.idle(60_000);
  const analysis = (await (await api(`/analyses/${id}`)).json()) as Body;
  expect(analysis).toMatchObject({
    status: "completed",
    result: { category: "compile.type", bytes: LOG_BYTES_MAX },
  });
  const from = (analysis.result?.lines ?? 0) - 1;
  const page = (await (await api(`/analyses/${id}/log?from_line=${from}&lines=5`)).json()) as {
    lines: { text: string }[];
  };
  expect(page.lines[0]?.text).toContain("error TS2322");
  const refused = await api("/analyses", { method: "POST", body: logOf(LOG_BYTES_MAX + 1) });
  expect([refused.status, ((await refused.json()) as Body).code]).toEqual([413, "log_too_large"]);
});

test("[KY7] without a valid key there is no answer but 401", async () => {
  const answer = await fetch(`${product.api}/api/v1/analyses`, {
    headers: { "x-api-key": key.replace(/.$/, "_") },
  });
  expect([answer.status, ((await answer.json()) as Body).code]).toEqual([401, "unauthenticated"]);
});

test("[AP13] the product says that it is ready", async () => {
  const answer = await fetch(`${product.api}/ready`);
  expect(await answer.json()).toMatchObject({
    status: "ready",
    checks: {
      postgres: { ok: true },
      objects: { ok: true },
      artifacts: { ok: true },
      logs: { ok: true },
      queue: { ok: true },
    },
  });
});

/** An access token of the install's owner in the reserved organization. */
async function operatorToken(): Promise<string> {
  const json = { "content-type": "application/json", origin: product.api };
  const made = await fetch(`${product.api}/internal/v1/local/login-link`, {
    method: "POST",
    headers: { authorization: `Bearer ${product.launcherToken}` },
  });
  const token = ((await made.json()) as { url: string }).url.split("#t=")[1];
  const login = await fetch(`${product.api}/api/v1/auth/link`, {
    method: "POST",
    headers: json,
    body: JSON.stringify({ token }),
  });
  const cookie = (login.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
  const refreshed = await fetch(`${product.api}/api/v1/auth/refresh`, {
    method: "POST",
    headers: { ...json, cookie },
    body: JSON.stringify({ org_id: PLATFORM_ORG_ID }),
  });
  return ((await refreshed.json()) as { access_token: string }).access_token;
}

test("[OB1] [OB2] the product counts its requests, and its operator reads them", async () => {
  const headers = { authorization: `Bearer ${await operatorToken()}` };
  // An isolate hands on what it counted after 500 requests; its timer would take ten seconds.
  for (let round = 0; round < 10; round += 1)
    await Promise.all(
      Array.from({ length: 60 }, async () =>
        (await fetch(`${product.api}/api/v1/auth/providers`)).text(),
      ),
    );
  const series = /_count\{route="\/api\/v1\/auth\/providers",method="GET",status="2xx"\} (\d+)/;
  await expect
    .poll(
      async () => {
        const answer = await fetch(`${product.api}/api/v1/admin/metrics`, { headers });
        return Number(series.exec(await answer.text())?.[1] ?? 0);
      },
      { timeout: 15_000, interval: 200 },
    )
    .toBeGreaterThanOrEqual(400);
});
