/** What holds for every route of a kind, read from the document and asked of the app. */
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  contractOf,
  filled,
  listOf,
  nodeOf,
  type Operation,
  resolved,
  resourceOf,
} from "./openapi.ts";
import { openWorld, RESOURCES, type World } from "./world.ts";

const contract = contractOf();
const { operations, document } = contract;
const byName = new Map(operations.map((operation) => [operation.name, operation]));

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

/** Fields of the answer a GET gives when all is well. */
function fieldsOf(operation: Operation | undefined): ReadonlySet<string> {
  const schema = operation?.answers.get(200)?.get("application/json");
  return new Set(Object.keys(nodeOf(resolved(document, schema ?? {})["properties"])));
}

const parameterNames = ({ parameters }: Operation): readonly string[] =>
  parameters.map(({ name }) => name.toLowerCase());

const LISTS = operations.filter(
  (operation) => operation.method === "GET" && fieldsOf(operation).has("items"),
);
/** Lists with pages, outside of one thing. */
const PAGED = LISTS.filter(
  (operation) => parameterNames(operation).includes("cursor") && !operation.path.includes("{"),
);

test("[AP7] every list has items and next_cursor, and one with a cursor has a limit", () => {
  const odd = LISTS.filter(
    (operation) =>
      (!fieldsOf(operation).has("next_cursor") && !operation.isPublic) ||
      (parameterNames(operation).includes("cursor") &&
        !parameterNames(operation).includes("limit")),
  );
  expect(odd.map(({ name }) => name)).toEqual([]);
  expect(PAGED.length).toBeGreaterThanOrEqual(5);
});

test.each(PAGED.map(({ path }) => path))(
  "[AP2] [AP7] GET %s refuses an unknown parameter, a foreign cursor and a limit beyond 100",
  async (path) => {
    const who = path.startsWith("/api/v1/admin/") ? world.operator : world.a;
    const status = async (query: string): Promise<number> =>
      (await who.send(`${path}?${query}`)).status;
    expect([
      await status("nonsense=1"),
      await status("limit=101"),
      await status("limit=0"),
      await status("cursor=AAAA.AAAAAAAAAAAAAAAAAAAAAA"),
      await status("limit=1"),
    ]).toEqual([422, 422, 422, 400, 200]);
  },
);

/** POST routes without the header, each with the reason. */
const WITHOUT_KEY: Readonly<Record<string, string>> = {
  "POST /api/v1/invitations/preview": "it changes nothing, and nobody is signed in",
  "POST /api/v1/me/revoke-all": "it ends the session that would ask again",
};

test("[AP5] every POST behind a sign-in takes an Idempotency-Key", () => {
  const without = operations.filter(
    (operation) =>
      operation.method === "POST" &&
      !operation.path.startsWith("/api/v1/auth/") &&
      !parameterNames(operation).includes("idempotency-key"),
  );
  expect(without.map(({ name }) => name).filter((name) => !(name in WITHOUT_KEY))).toEqual([]);
});

/** Things that are read under the path they are changed under, and carry a version. */
const VERSIONED = operations.filter(
  ({ method, path }) =>
    ["PATCH", "PUT"].includes(method) && fieldsOf(byName.get(`GET ${path}`)).has("version"),
);

test("[AP8] whatever has a version is changed with If-Match only: 412 and 428 are declared", () => {
  const loose = VERSIONED.filter(
    (operation) => !operation.answers.has(412) || !operation.answers.has(428),
  );
  expect(loose.map(({ name }) => name)).toEqual([]);
  expect(VERSIONED.length).toBeGreaterThanOrEqual(4);
});

test.each(VERSIONED.filter(({ method }) => method === "PATCH").map(({ path }) => path))(
  "[AP8] %s tells its ETag, and refuses a change without it or with an old one",
  async (path) => {
    const resource = resourceOf(path);
    const id = resource === undefined ? "" : ((await RESOURCES[resource]?.make(world)) ?? "");
    const name = /\{([^}]+)\}/.exec(path)?.[1] ?? "";
    const at = filled(path, { [name]: id });
    const patch = (headers: Record<string, string>) =>
      world.a.send(at, {
        method: "PATCH",
        headers: { "content-type": "application/json", ...headers },
        body: "{}",
      });
    const read = await world.a.send(at);
    const { version } = (await read.json()) as { version: number };
    expect(read.headers.get("etag")).toBe(`"${version}"`);
    expect((await patch({})).status).toBe(428);
    expect((await patch({ "if-match": `"${version + 7}"` })).status).toBe(412);
    const changed = await patch({ "if-match": `"${version}"` });
    const after = (await changed.json()) as { version: number };
    expect([changed.status, changed.headers.get("etag")]).toEqual([200, `"${after.version}"`]);
  },
);

test("[AP1] every operation declares what it answers when all is well, and who may ask", () => {
  const silent = operations.filter(
    ({ answers }) => ![...answers.keys()].some((status) => status >= 200 && status < 400),
  );
  expect(silent.map(({ name }) => name)).toEqual([]);
  const open = operations.filter(({ isPublic }) => isPublic).map(({ path }) => path);
  // Whoever opens a route to everybody writes it down here.
  expect([...new Set(open)].toSorted()).toEqual([
    "/api/v1/auth/invite",
    "/api/v1/auth/link",
    "/api/v1/auth/providers",
    "/api/v1/auth/setup",
    "/api/v1/auth/{provider}/callback",
    "/api/v1/auth/{provider}/start",
    "/api/v1/invitations/preview",
    "/api/v1/openapi.json",
    "/health",
    "/ready",
  ]);
  expect(listOf(document["tags"]).length).toBeGreaterThanOrEqual(10);
});
