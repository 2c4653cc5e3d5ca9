/** The API seen from another organization: what is somebody else's answers exactly as what is not there. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { analysesOperators } from "../workers/platform/analyses/operators.ts";
import { documentOf } from "../workers/platform/http/document.ts";
import { createPlatform, WORKER_PORTS } from "../workers/platform/app.ts";
import { fakeEngine } from "./fakes/dispatcher.ts";
import { fakeBucket } from "./fakes/r2.ts";
import {
  openPlatform,
  post,
  setUp,
  signedIn,
  launcher,
  ORIGIN,
  type SignedIn,
  type TestPlatform,
} from "./platform.ts";

const ORG_B = "01900000-0000-7000-8000-00000000000b";
const RANDOM_ID = "01900000-0000-7000-8000-0000000000ff";
const RANDOM_RUN = "a".repeat(26);

let platform: TestPlatform;
let a: SignedIn;
let b: SignedIn;
const ids: Record<string, string> = {};

beforeAll(async () => {
  const engine = fakeEngine({
    env: () => platform.env,
    sql: () => platform.sql,
    now: () => platform.clock.now,
    operators: analysesOperators,
  });
  platform = await openPlatform({
    LOGS: fakeBucket().bucket,
    ARTIFACTS: fakeBucket().bucket,
    DISPATCHER: engine.namespace,
  });
  a = await setUp(platform);
  const key = (await (
    await a.send("/api/v1/keys", post({ name: "of a", grants: ["analyses.read"] }))
  ).json()) as { key: { id: string } };
  const analysis = (await (
    await a.send("/api/v1/analyses", { method: "POST", body: "error: boom\n" })
  ).json()) as { id: string };
  const su = platform.db.as("superuser");
  const run = "b".repeat(26);
  await su`insert into platform.runs (org_id, id, dag_id, status, mode, total, succeeded, failed, canceled, open, created_at, change)
    values (${a.orgId}, ${run}, 'sys.analyses', 'running', 'live', 0, 0, 0, 0, 0, now(), 1)`;
  Object.assign(ids, { keys: key.key.id, analyses: analysis.id, runs: run });
  // The same person, now in an organization of another name: the narrowest way to be somebody else.
  await su`insert into platform.orgs (id, slug, name) values (${ORG_B}, 'b', 'B')`;
  await su`insert into platform.memberships (org_id, user_id, role) select ${ORG_B}, id, 'owner' from platform.users`;
  b = await inOrgB();
});
afterAll(() => platform.close());

async function inOrgB(): Promise<SignedIn> {
  const made = await platform.send("/internal/v1/local/login-link", {
    method: "POST",
    headers: launcher,
  });
  const token = ((await made.json()) as { url: string }).url.split("#t=")[1];
  const { cookie } = await signedIn(
    platform,
    await platform.send("/api/v1/auth/link", post({ token })),
  );
  return signedIn(
    platform,
    await platform.send(
      "/api/v1/auth/refresh",
      post({ org_id: ORG_B }, { cookie, origin: ORIGIN }),
    ),
  );
}

/** Every route with an id of keys, analyses or runs: those whose rows Postgres holds. */
const ROUTES = Object.entries(documentOf(createPlatform(WORKER_PORTS)).paths ?? {}).flatMap(
  ([path, methods]) => {
    const area = /^\/api\/v1\/(keys|analyses|runs)\/\{id\}/.exec(path)?.[1];
    return area === undefined
      ? []
      : Object.keys(methods).map((method) => [method.toUpperCase(), path, area] as const);
  },
);

const answerOf = async (who: SignedIn, method: string, path: string): Promise<string> => {
  const query = path.endsWith("/search") ? "?q=boom" : "";
  const answer = await who.send(path + query, {
    method,
    headers: { "x-request-id": "the-same-1" },
  });
  return `${answer.status} ${JSON.stringify([...answer.headers].map(([name, value]) => `${name}: ${value}`).toSorted())} ${await answer.text()}`;
};

describe("another organization's ids", () => {
  test("the routes are found in the document", () => {
    expect(ROUTES.length).toBeGreaterThanOrEqual(10);
  });

  test.each(ROUTES)(
    "[TN1] %s %s answers as for an id that is not there",
    async (method, path, area) => {
      const theirs = await answerOf(b, method, path.replace("{id}", ids[area] ?? ""));
      const none = await answerOf(
        b,
        method,
        path.replace("{id}", area === "runs" ? RANDOM_RUN : RANDOM_ID),
      );
      expect(theirs).toBe(none);
      expect(theirs).toMatch(/^404 /);
    },
  );

  test("[TN1] lists and figures hold nothing of it", async () => {
    for (const path of ["/keys", "/analyses", "/runs"]) {
      expect(await (await b.send(`/api/v1${path}`)).json(), path).toEqual({
        items: [],
        next_cursor: null,
      });
    }
    expect(await (await b.send("/api/v1/overview")).json()).toMatchObject({
      analyses: { day: { total: 0 } },
      latest_analyses: [],
    });
  });

  test("[TN1] its owner still has it all", async () => {
    expect((await a.send(`/api/v1/keys/${ids["keys"]}`)).status).toBe(200);
    expect((await a.send(`/api/v1/analyses/${ids["analyses"]}`)).status).toBe(200);
  });
});
