/** What holds for every request, through the real app over a database that does not answer. */
import { describe, expect, test } from "vitest";
import { ORIGIN, SETTINGS } from "../../../test/platform.ts";
import { logTo } from "../adapters/log.ts";
import { createPlatform } from "../app.ts";
import { Fault, uuidv7 } from "../model.ts";
import { PROBLEMS, Problem } from "./model.ts";

const logged: Record<string, unknown>[] = [];
const app = createPlatform({
  sql: () => ({
    transaction: () =>
      Promise.reject(
        new Fault("postgres", { retryable: true, cause: new Error("refused by host secret-host") }),
      ),
  }),
  now: () => 1_800_000_000_000,
  random: (bytes) => new Uint8Array(bytes).fill(1),
  log: (_env, base) =>
    logTo(
      (line) => logged.push(JSON.parse(line)),
      base,
      () => 0,
    ),
});
const assets = {
  fetch: async (request: Request) => new Response(`page of ${new URL(request.url).pathname}`),
};
const send = async (path: string, init: RequestInit = {}, origin = ORIGIN): Promise<Response> =>
  app.request(origin + path, init, { ...SETTINGS, ASSETS: assets } as unknown as Env);
const problemOf = async (answer: Response): Promise<Problem> => Problem.parse(await answer.json());

describe("errors", () => {
  test("[AP3] an error is problem+json with a stable code, a remedy and the request's id", async () => {
    const answer = await send("/api/v1/nothing", { headers: { "x-request-id": "my-request-1" } });
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(await problemOf(answer)).toEqual({
      type: `${ORIGIN}/docs/errors/not_found`,
      title: PROBLEMS.not_found.title,
      status: 404,
      code: "not_found",
      request_id: "my-request-1",
      remedy: PROBLEMS.not_found.remedy,
    });
  });

  test("[AP3] the page of a code says what to do", async () => {
    const answer = await send("/docs/errors/log_too_large");
    expect(await answer.text()).toContain(PROBLEMS.log_too_large.remedy);
    const seen = await send("/docs/errors/log_too_large", { headers: { accept: "text/html,*/*" } });
    expect(seen.headers.get("content-type")).toContain("text/html");
    expect(await seen.text()).toContain(PROBLEMS.log_too_large.title);
    expect((await send("/docs/errors/no_such_code")).status).toBe(404);
  });

  test("[AP2] invalid input is 422 with the place and the fix, and never repeats the input", async () => {
    const body = JSON.stringify({ token: "t", name: "", org_name: "x", admin: "canary-4711" });
    const answer = await send("/api/v1/auth/setup", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    const text = await answer.clone().text();
    expect(answer.status).toBe(422);
    expect((await problemOf(answer)).errors?.map(({ location }) => location)).toEqual([
      "/name",
      "/",
    ]);
    expect(text).not.toContain("canary-4711");
  });

  test("[AP3] the name of a field that does not exist is not repeated", async () => {
    const answer = await send("/api/v1/auth/link", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token: "t", "canary-4713": 1 }),
    });
    const text = await answer.text();
    expect([answer.status, text.includes("canary-4713")]).toEqual([422, false]);
    expect(text).toContain("There is no such field.");
  });

  test("[AP2] a malformed body is 400", async () => {
    const answer = await send("/api/v1/auth/setup", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{",
    });
    expect([answer.status, (await problemOf(answer)).code]).toEqual([400, "malformed_request"]);
  });

  test("[AP4] another method of a known path is 405 and says which ones it takes", async () => {
    const answer = await send("/api/v1/keys", { method: "PATCH" });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET, HEAD, POST"]);
    expect((await problemOf(answer)).code).toBe("method_not_allowed");
  });

  test("[AP4] a dependency that does not answer is 503, and its words stay with the operator", async () => {
    const answer = await send("/.well-known/jwks.json");
    const text = await answer.clone().text();
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(text).not.toContain("secret-host");
    expect(JSON.stringify(logged)).toContain("secret-host");
  });
});

test("[AP4] a dependency that answers wrongly is 502, a bug is 500; neither tells more", async () => {
  for (const [error, status, code] of [
    [new Fault("github", { retryable: false, cause: "canary-4714" }), 502, "upstream_failed"],
    [new Error("canary-4714"), 500, "internal"],
  ] as const) {
    const broken = createPlatform({
      sql: () => ({ transaction: () => Promise.reject(error) }),
      now: () => 0,
      random: (bytes) => new Uint8Array(bytes),
      log: (_env, base) =>
        logTo(
          () => {},
          base,
          () => 0,
        ),
    });
    const answer = await broken.request(
      `${ORIGIN}/.well-known/jwks.json`,
      {},
      SETTINGS as unknown as Env,
    );
    const text = await answer.clone().text();
    expect([answer.status, (await problemOf(answer)).code]).toEqual([status, code]);
    expect(text).not.toContain("canary-4714");
  }
});

describe("requests", () => {
  test("[AP9] a request id is kept if it is one, else made, and returned", async () => {
    expect(
      (await send("/health", { headers: { "x-request-id": "abcdefgh" } })).headers.get(
        "x-request-id",
      ),
    ).toBe("abcdefgh");
    expect(
      (await send("/health", { headers: { "x-request-id": "a b<script>" } })).headers.get(
        "x-request-id",
      ),
    ).toMatch(/^[0-9a-f]{24}$/);
  });

  test("[AP9] a request leaves one line, without its query", async () => {
    logged.length = 0;
    await send("/api/v1/analyses?q=canary-4712");
    expect(logged).toHaveLength(1);
    expect(logged[0]).toMatchObject({
      msg: "request",
      route: "/api/v1/analyses",
      method: "GET",
      status: 401,
      code: "unauthenticated",
    });
    expect(JSON.stringify(logged)).not.toContain("canary-4712");
    // The fields of a line; organization, principal and trace are left out where there is none.
    expect(Object.keys(logged[0] ?? {}).toSorted()).toEqual(
      ["code", "level", "method", "ms", "msg", "request_id", "route", "status", "ts"].toSorted(),
    );
  });

  test("[S7] [RL5] paths that are not in normal form name nothing (GHSA-x732-6j76-qmhm)", async () => {
    for (const path of [
      "//api/v1/me",
      "/api//v1/me",
      "/api/v1/%2e%2e/me",
      "/api/v1%2fme",
      "/API/v1/me",
      "/api/v1/me%00",
    ]) {
      expect((await send(path)).status, path).toBe(404);
    }
  });

  test("[AP12] a host name that is not ours is not answered", async () => {
    const answer = await send(
      "/api/v1/auth/providers",
      { headers: { host: "rebound.example" } },
      "http://rebound.example",
    );
    expect([answer.status, (await problemOf(answer)).code]).toEqual([421, "host_not_allowed"]);
  });

  test("[AP11] every answer tells the browser to be careful", async () => {
    for (const path of ["/health", "/", "/api/v1/nothing"]) {
      const { headers } = await send(path);
      expect(headers.get("x-content-type-options"), path).toBe("nosniff");
      expect(headers.get("content-security-policy"), path).toContain("frame-ancestors 'none'");
    }
  });

  test("[AP11] JSON bodies have a limit", async () => {
    const body = JSON.stringify({ token: "x".repeat(1_048_576) });
    const answer = await send("/api/v1/auth/link", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    expect([answer.status, (await problemOf(answer)).code]).toEqual([413, "payload_too_large"]);
  });

  test("[AP11] a body without a length is read up to the limit, not to its end", async () => {
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        sent += 1;
        controller.enqueue(new Uint8Array(65_536).fill(32));
        if (sent === 1_000) controller.close();
      },
    });
    const answer = await send("/api/v1/auth/link", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
      duplex: "half",
    } as RequestInit);
    expect([answer.status, (await problemOf(answer)).code]).toEqual([413, "payload_too_large"]);
    expect(sent).toBeLessThan(40);
  });

  test("[AP4] a caller that breaks off while it sends is no failure of ours", async () => {
    logged.length = 0;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(new Error("network connection lost")),
    });
    const answer = await send("/api/v1/auth/link", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
      duplex: "half",
    } as RequestInit);
    expect([answer.status, (await problemOf(answer)).code]).toEqual([400, "malformed_request"]);
    expect(logged.map(({ level }) => level)).toEqual(["info"]);
  });

  test("what is not the API's is the console's", async () => {
    expect(await (await send("/analyses/123")).text()).toBe("page of /analyses/123");
    expect((await send("/analyses/123", { method: "POST" })).status).toBe(405);
  });
});

describe("health", () => {
  test("[AP13] health touches nothing, readiness names the part that fails", async () => {
    expect(await (await send("/health")).json()).toEqual({ status: "ok", version: "0.0.0-test" });
    const answer = await send("/ready");
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      status: "not_ready",
      checks: { configuration: { ok: true }, postgres: { ok: false } },
    });
  });
});

test("[AP13] readiness asks each part at most every five seconds, and names an unreachable dispatcher", async () => {
  const asked: Record<string, number> = {};
  const clock = { now: 1_800_000_000_000 };
  let reachable = true;
  const count = async (name: string): Promise<void> => void (asked[name] = (asked[name] ?? 0) + 1);
  const bindings = {
    ...SETTINGS,
    ARTIFACTS: { head: () => count("artifacts") },
    LOGS: { head: () => count("logs") },
    TASKS: { metrics: () => count("queue") },
    DISPATCHER: {
      idFromName: (name: string) => name,
      get: () => ({
        backlog: () => (reachable ? count("objects") : Promise.reject(new Error("gone"))),
      }),
    },
  };
  const platform = createPlatform({
    sql: () => ({
      transaction: async () => {
        await count("postgres");
        // No row: no secret asks for a key.
        return [] as never;
      },
    }),
    now: () => clock.now,
    random: (bytes) => new Uint8Array(bytes),
    log: () => ({ info: () => {}, warn: () => {}, error: () => {} }),
  });
  const ask = async (): Promise<Response> =>
    platform.request(`${ORIGIN}/ready`, {}, bindings as unknown as Env);
  expect((await ask()).status).toBe(200);
  clock.now += 4_000;
  expect((await ask()).status).toBe(200);
  // Postgres also says which keys its secrets need.
  expect(asked).toEqual({ postgres: 2, objects: 1, artifacts: 1, logs: 1, queue: 1 });
  clock.now += 2_000;
  reachable = false;
  const failed = await ask();
  expect(failed.status).toBe(503);
  expect(await failed.json()).toMatchObject({
    status: "not_ready",
    checks: { objects: { ok: false }, postgres: { ok: true }, queue: { ok: true } },
  });
});

test("[AP14] ids sort by the time they were made", () => {
  const ids = [1, 2, 1_800_000_000_000].map((now) => uuidv7(now, new Uint8Array(10).fill(255)));
  expect(ids.toSorted()).toEqual(ids);
  expect(ids[2]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
