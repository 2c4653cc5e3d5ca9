/**
 * The API against its own document, with hostile input. FUZZ_SEED and FUZZ_RUNS (requests per operation) choose how
 * much; a failure prints the seed that repeats it.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { PLATFORM_ORG_ID } from "../../workers/platform/tasks/rules.ts";
import type { SignedIn } from "../platform.ts";
import { fuzz, textOf, type Finding, type Send, type Target } from "./fuzz.ts";
import { naughtyStrings } from "./naughty.ts";
import { type Contract, contractOf, filled, type Operation, resourceOf } from "./openapi.ts";
import { inOrg, lastError, openWorld, RESOURCES, sessionOf, type World } from "./world.ts";

const SEED = Number(process.env["FUZZ_SEED"] ?? 20_261_120);
const RUNS = Number(process.env["FUZZ_RUNS"] ?? 25);
const contract = contractOf();
const naughty = naughtyStrings();

/** They end the credential or the organization the run works with. */
const FATAL = new Set([
  "DELETE /api/v1/org",
  "DELETE /api/v1/me",
  "DELETE /api/v1/me/memberships/{org}",
  "POST /api/v1/me/revoke-all",
  "DELETE /api/v1/me/sessions/{id}",
  "POST /api/v1/auth/logout",
]);

let world: World;
const made = new Map<string, string>();

beforeAll(async () => {
  world = await openWorld();
  for (const { path } of contract.operations) {
    const resource = resourceOf(path);
    if (resource === undefined || made.has(resource)) continue;
    made.set(resource, (await RESOURCES[resource]?.make(world)) ?? "none");
  }
});
afterAll(() => world.close());

/** A user may ask ten times a second. */
const STEP_MS = 120;
const statuses = new Map<number, number>();
let requests = 0;

/** Each request comes from an address of its own, later than the last: limits of rate are not the subject here. */
const honest: Send = async (path, init) => {
  requests += 1;
  world.platform.clock.now += STEP_MS;
  const address = `10.${requests >> 16}.${(requests >> 8) & 255}.${requests & 255}`;
  const headers = { ...(init.headers as Record<string, string>), "cf-connecting-ip": address };
  const answer = await world.platform.send(path, { ...init, headers });
  statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
  return answer;
};

/** An access token is good for 15 minutes of that clock. */
const TOKEN_MS = 300_000;
let owner: SignedIn;
let operator: SignedIn;
let signedInAt = 0;

async function renew(): Promise<void> {
  const { platform, userA, a } = world;
  if (platform.clock.now - signedInAt < TOKEN_MS) return;
  operator = await inOrg(platform, userA, PLATFORM_ORG_ID);
  owner = await sessionOf(platform, userA, a.orgId);
  signedInAt = platform.clock.now;
}

beforeEach(renew);

const target = (changes: Partial<Target> = {}): Target => ({
  contract,
  send: honest,
  renew,
  credential: (path) => ({
    authorization: `Bearer ${(path.startsWith("/api/v1/admin/") ? operator : owner).token}`,
    "x-request-id": "fuzz-fuzz-fuzz",
  }),
  known: knownIds,
  fatal: FATAL,
  lastError: () => lastError(world.platform),
  naughty,
  seed: SEED,
  runs: RUNS,
  ...changes,
});

function knownIds({ path, parameters }: Operation): Record<string, string> {
  const id = made.get(resourceOf(path) ?? "") ?? "none";
  const names = parameters.filter((parameter) => parameter.in === "path").map(({ name }) => name);
  const more = RESOURCES[resourceOf(path) ?? ""]?.more ?? {};
  return Object.fromEntries(names.map((name) => [name, more[name] ?? id]));
}

const told = (findings: readonly Finding[]): string =>
  findings
    .slice(0, 20)
    .map(({ operation, what, request }) => `${operation}: ${what}\n    ${request}`)
    .join("\n");

test("the list of hostile strings has its classes", () => {
  expect(naughty.length).toBeGreaterThanOrEqual(150);
  expect(new Set(naughty).size).toBe(naughty.length);
});

test(
  "[AP1] whatever is sent, the answer is one the document declares, and never our failure",
  { timeout: 60_000 * Math.max(1, RUNS / 25) },
  async () => {
    const findings = await fuzz(target());
    expect(
      told(findings),
      `FUZZ_SEED=${SEED} FUZZ_RUNS=${RUNS} vitest run --project pg test/contract/fuzz.pg.test.ts`,
    ).toBe("");
    // A run that only met refusals would have shown nothing.
    const met = (from: number, to: number): number =>
      [...statuses].reduce(
        (sum, [status, n]) => (status >= from && status < to ? sum + n : sum),
        0,
      );
    expect(met(200, 300) / requests, JSON.stringify([...statuses])).toBeGreaterThan(0.1);
    expect(met(429, 430), JSON.stringify([...statuses])).toBe(0);
  },
);

/** Operations that delete a thing which can be read under the same path. */
const DELETABLE = contract.operations.filter(
  ({ method, path }) =>
    method === "DELETE" &&
    path === resourceOf(path) &&
    !FATAL.has(`DELETE ${path}`) &&
    contract.operations.some((other) => other.name === `GET ${path}`) &&
    // A revoked key stays in the list, so that it is seen who had one.
    path !== "/api/v1/keys/{id}",
);

/** What is still there after it was deleted. */
async function revenants(send: Send): Promise<string[]> {
  const found: string[] = [];
  for (const operation of DELETABLE) {
    const { path, parameters } = operation;
    const id = (await RESOURCES[path]?.make({ ...world, a: owner })) ?? "none";
    const name = parameters.find((parameter) => parameter.in === "path")?.name ?? "";
    const at = filled(path, { [name]: id });
    const headers = target().credential("");
    const { headers: seen } = await send(at, { headers });
    const etag = seen.get("etag");
    const gone = await send(at, {
      method: "DELETE",
      headers: { ...headers, ...(etag === null ? {} : { "if-match": etag }) },
    });
    const after = await send(at, { headers });
    if (gone.status !== 204 || after.status !== 404)
      found.push(`${path}: DELETE ${gone.status}, then GET ${after.status}`);
  }
  return found;
}

test("[AP4] what was deleted is not found any more", async () => {
  expect(DELETABLE.length).toBeGreaterThanOrEqual(2);
  expect(await revenants(target().send)).toEqual([]);
});

describe("planted faults", () => {
  /** The part of the API with the fault, so that a run is short. */
  const part = (prefix: string): Contract => ({
    document: contract.document,
    operations: contract.operations.filter(({ path }) => path.startsWith(prefix)),
    paths: new Map([...contract.paths].filter(([path]) => path.startsWith(prefix))),
  });
  const few = (send: Send, prefix: string): Promise<readonly Finding[]> =>
    fuzz(target({ contract: part(prefix), send, seed: 6, runs: 25 }));
  const methodOf = (init: RequestInit): string => init.method ?? "GET";
  const isAnonymous = (init: RequestInit): boolean =>
    !new Headers(init.headers).has("x-request-id");

  test.each<[what: string, prefix: string, send: Send, wanted: RegExp]>([
    [
      "a crash on a quote",
      "/api/v1/keys",
      async (path, init) =>
        /['"]/.test(textOf(init)) && methodOf(init) === "POST" && path.endsWith("/keys")
          ? new Response("oops", { status: 500 })
          : honest(path, init),
      /POST \/api\/v1\/keys: status 500/,
    ],
    [
      "an undeclared status",
      "/api/v1/runs",
      async (path, init) => {
        const answer = await honest(path, init);
        return path.startsWith("/api/v1/runs?") && answer.status === 422
          ? new Response(answer.body, { status: 418, headers: answer.headers })
          : answer;
      },
      /GET \/api\/v1\/runs: status 418 is not declared/,
    ],
    [
      "a header nobody declared",
      "/api/v1/orgs",
      async (path, init) => {
        const answer = await honest(path, init);
        if (path === "/api/v1/orgs" && answer.ok) answer.headers.set("etag", '"1"');
        return answer;
      },
      /GET \/api\/v1\/orgs: header etag is not declared for 200/,
    ],
    [
      "a promised header that is missing",
      "/api/v1/org",
      async (path, init) => {
        const answer = await honest(path, init);
        if (path === "/api/v1/org" && answer.ok) answer.headers.delete("etag");
        return answer;
      },
      /GET \/api\/v1\/org: header etag is declared for 200, and missing/,
    ],
    [
      "a field that is missing",
      "/api/v1/orgs",
      async (path, init) => {
        const answer = await honest(path, init);
        if (path !== "/api/v1/orgs" || !answer.ok) return answer;
        const text = (await answer.text()).replace(/"slug":/g, '"slugs":');
        return new Response(text, { status: answer.status, headers: answer.headers });
      },
      /GET \/api\/v1\/orgs: \$\.items\[0\] has the undeclared field slugs/,
    ],
    [
      "a route that forgot its guard",
      "/api/v1/overview",
      async (path, init) =>
        path === "/api/v1/overview" && isAnonymous(init)
          ? honest(path, { ...init, headers: target().credential("") })
          : honest(path, init),
      /GET \/api\/v1\/overview: answered 200 without a credential/,
    ],
    [
      "a method nobody declared",
      "/api/v1/org",
      async (path, init) =>
        path === "/api/v1/org" && methodOf(init) === "PUT"
          ? honest(path, { ...init, method: "GET" })
          : honest(path, init),
      /PUT \/api\/v1\/org: is not declared, yet answered 200/,
    ],
    [
      "an error that is no problem",
      "/api/v1/keys",
      async (path, init) => {
        const answer = await honest(path, init);
        return path.startsWith("/api/v1/keys/") && answer.status === 404
          ? new Response("not found", { status: 404, headers: { "content-type": "text/plain" } })
          : answer;
      },
      /content type text\/plain is not declared for 404/,
    ],
  ])("[AP1] %s is found", async (_, prefix, send, wanted) => {
    expect(told(await few(send, prefix))).toMatch(wanted);
  });

  test("[AP4] a delete that deletes nothing is found", async () => {
    const idle: Send = async (path, init) =>
      methodOf(init) === "DELETE" ? new Response(null, { status: 204 }) : honest(path, init);
    expect(await revenants(idle)).not.toEqual([]);
  });
});
