/** Every route with an id, seen from another organization: what is somebody else's answers exactly as what is not there. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { contractOf, filled, type Operation, resourceOf } from "./openapi.ts";
import { fitting } from "./schema-values.ts";
import { openWorld, RESOURCES, type World } from "./world.ts";

const contract = contractOf();
const WITH_ID = contract.operations.filter(({ path }) => path.includes("{"));

/** Operations whose answer to another organization is not 404, each with the reason. */
const NOT_MISSING: Readonly<Record<string, string>> = {
  "PUT /api/v1/secrets/{name}": "it makes a secret of the caller's own",
  "GET /api/v1/usage/caps/{scope}": "the scope names the caller's own organization",
  "PUT /api/v1/usage/caps/{scope}": "the scope names the caller's own organization",
  "GET /api/v1/auth/{provider}/start": "public",
  "GET /api/v1/auth/{provider}/callback": "public",
};

let world: World;
const made = new Map<string, string>();

beforeAll(async () => {
  world = await openWorld();
  for (const [resource, { make }] of Object.entries(RESOURCES))
    if (WITH_ID.some(({ path }) => resourceOf(path) === resource))
      made.set(resource, await make(world));
});
afterAll(() => world.close());

test("[TN1] every path with an id has a resource in test/contract/world.ts, so that no route is left out", () => {
  const missing = WITH_ID.map(({ path }) => resourceOf(path) ?? path).filter(
    (resource) => !(resource in RESOURCES),
  );
  expect([...new Set(missing)]).toEqual([]);
  expect(WITH_ID.length).toBeGreaterThanOrEqual(25);
});

/** Parameters and a body that fit the document; the same for both ids. */
function request(operation: Operation): { query: string; init: RequestInit } {
  const values = operation.parameters
    .filter((parameter) => parameter.in === "query" && parameter.required)
    .map(({ name, schema }) => `${name}=${encodeURIComponent(String(sampled(schema)))}`);
  const [type, schema] = [...operation.bodies][0] ?? [];
  const body = schema === undefined ? {} : { body: JSON.stringify(sampled(schema)) };
  return {
    query: values.length === 0 ? "" : `?${values.join("&")}`,
    init: {
      method: operation.method,
      headers: {
        "x-request-id": "the-same-1",
        "if-match": '"1"',
        ...(type === undefined ? {} : { "content-type": type }),
      },
      ...body,
    },
  };
}

const sampled = (schema: Parameters<typeof fitting>[1]): unknown =>
  fc.sample(fitting(contract.document, schema), { seed: 1, numRuns: 1 })[0];

/** What differs by chance or by the clock. */
const MASKED = new Set(["date", "ratelimit", "retry-after", "x-request-id"]);

async function answerOf(operation: Operation, id: string): Promise<string> {
  const { query, init } = request(operation);
  const names = [...operation.path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name ?? "");
  const path = filled(operation.path, Object.fromEntries(names.map((name) => [name, id])));
  const answer = await world.b.send(path + query, init);
  const headers = [...answer.headers]
    .filter(([name]) => !MASKED.has(name))
    .map(([name, value]) => `${name}: ${value}`)
    .toSorted();
  return `${answer.status} ${headers.join(" | ")} ${await answer.text()}`.replaceAll(id, "<id>");
}

// What makes a thing of the caller's own comes last: the others must find none.
const ordered = WITH_ID.toSorted(
  (one, other) => Number(one.name in NOT_MISSING) - Number(other.name in NOT_MISSING),
);

test.each(ordered.map((operation) => [operation.name, operation] as const))(
  "[TN1] %s answers another organization's id as one that is not there",
  async (name, operation) => {
    const resource = resourceOf(operation.path) ?? "";
    const theirs = await answerOf(operation, made.get(resource) ?? "");
    if (name in NOT_MISSING) return expect(theirs).not.toMatch(/^5/);
    expect(theirs).toBe(await answerOf(operation, RESOURCES[resource]?.none ?? ""));
    expect(theirs).toMatch(/^404 /);
  },
);

test("[TN1] after all that the first organization still has what it had", async () => {
  for (const { path, method, parameters } of WITH_ID) {
    const resource = resourceOf(path) ?? "";
    if (method !== "GET" || path !== resource || RESOURCES[resource]?.unlike !== undefined)
      continue;
    const name = parameters.find((parameter) => parameter.in === "path")?.name ?? "";
    const answer = await world.a.send(filled(path, { [name]: made.get(resource) ?? "" }));
    expect([path, answer.status]).toEqual([path, 200]);
  }
});

test("[TN1] lists of the other organization hold nothing of it", async () => {
  const ids = [...made]
    .filter(([resource, id]) => RESOURCES[resource]?.unlike === undefined && id !== world.b.orgId)
    .map(([, id]) => id);
  expect(ids.length).toBeGreaterThanOrEqual(8);
  for (const { name, path, method, isPublic } of contract.operations) {
    if (method !== "GET" || path.includes("{") || isPublic) continue;
    const text = await (await world.b.send(path)).text();
    expect(
      ids.filter((id) => text.includes(id)),
      name,
    ).toEqual([]);
  }
});
