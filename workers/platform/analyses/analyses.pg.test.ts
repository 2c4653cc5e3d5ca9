/** From a log to its result through the real app, database, operators and analyzer; R2 and the dispatcher are fakes. */
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { fakeEngine, type FakeEngine } from "../../../test/fakes/dispatcher.ts";
import { fakeBucket, type FakeBucket } from "../../../test/fakes/r2.ts";
import { openPlatform, setUp, type SignedIn, type TestPlatform } from "../../../test/platform.ts";
import { LOG_BYTES_MAX } from "./model.ts";
import { analysesOperators } from "./operators.ts";
import { adopt, expire } from "./service/upkeep.ts";

const LOG = `> app@1.0.0 test
FAIL src/cart.test.ts
  ● cart › adds an item

    expect(received).toBe(expected) // Object.is equality

    Expected: 2
    Received: 1
    password=correct-horse-battery-staple
      at Object.<anonymous> (src/cart.test.ts:12:20)

Tests:       1 failed, 3 passed, 4 total
##[error]Process completed with exit code 1.
`;
const LARGE = `${"a line of a build that goes well\n".repeat(400)}${LOG}`;

const SILENT = { info: () => {}, warn: () => {}, error: () => {} };

let platform: TestPlatform;
let owner: SignedIn;
let engine: FakeEngine;
let logs: FakeBucket;
let artifacts: FakeBucket;

beforeAll(async () => {
  logs = fakeBucket();
  artifacts = fakeBucket();
  engine = fakeEngine({
    env: () => platform.env,
    sql: () => platform.sql,
    now: () => platform.clock.now,
    operators: analysesOperators,
  });
  platform = await openPlatform({
    LOGS: logs.bucket,
    ARTIFACTS: artifacts.bucket,
    DISPATCHER: engine.namespace,
  });
  owner = await setUp(platform);
});
afterAll(() => platform.close());
beforeEach(() => {
  engine.full = false;
});

interface Body {
  id: string;
  status: string;
  code?: string;
  run_id: string | null;
  result: { category: string; failed_tests: { name: string }[]; blocks: unknown[] } | null;
}
const bodyOf = async (answer: Response): Promise<Body> => (await answer.json()) as Body;
const send = (
  body: RequestInit["body"],
  headers: Record<string, string> = {},
  query = "",
): Promise<Response> =>
  owner.send(`/api/v1/analyses${query}`, {
    method: "POST",
    body: body ?? null,
    headers,
    duplex: "half",
  } as RequestInit);
const read = (path: string): Promise<Response> => owner.send(`/api/v1/analyses/${path}`);

describe("intake", () => {
  test("[AN1] a small log is answered with its result", async () => {
    const answer = await send(LOG, {}, "?job=test&head_sha=0123abc");
    expect(answer.status).toBe(201);
    const analysis = await bodyOf(answer);
    expect(answer.headers.get("location")).toBe(`/api/v1/analyses/${analysis.id}`);
    expect(analysis).toMatchObject({
      status: "completed",
      name: "test",
      source: "console",
      head_sha: "0123abc",
      failed_tests: 1,
    });
    expect(analysis.result).toMatchObject({
      category: "test.assertion",
      failed_tests: [{ name: "adds an item" }],
    });
    expect(engine.lanes.at(-1)).toBe("direct");
  });

  test("[AN1] a larger log is taken and analysed by the queue", async () => {
    const answer = await send(LARGE);
    expect(answer.status).toBe(202);
    const { id, status } = await bodyOf(answer);
    expect([status, engine.lanes.at(-1)]).toEqual(["pending", "queue"]);
    await engine.settle();
    expect((await bodyOf(await read(id))).result?.category).toBe("test.assertion");
  });

  test("[AN1] Prefer decides whether the answer waits", async () => {
    expect((await send(LARGE, { prefer: "wait=10" })).status).toBe(201);
    expect((await send(LOG, { prefer: "respond-async" })).status).toBe(202);
    await engine.settle();
  });

  test("[AN1] a log may come as JSON", async () => {
    const json = { "content-type": "application/json" };
    expect((await send(JSON.stringify({ log: LOG }), json)).status).toBe(201);
    const wrong = await send(JSON.stringify({ text: LOG }), json);
    expect([wrong.status, (await bodyOf(wrong)).code]).toEqual([422, "validation_failed"]);
    const large = await send(JSON.stringify({ log: "x".repeat(1_048_576) }), json);
    expect([large.status, (await bodyOf(large)).code]).toEqual([413, "payload_too_large"]);
  });

  test("[AN1] no bytes, binary bytes and archives are refused before anything is stored", async () => {
    const before = logs.objects.size;
    const refusals = [
      ["", 422, "log_empty"],
      ["text\0binary", 422, "log_binary"],
      ["PK\u0003\u0004rest", 501, "not_implemented"],
    ] as const;
    for (const [body, status, code] of refusals) {
      const answer = await send(body);
      expect([answer.status, (await bodyOf(answer)).code]).toEqual([status, code]);
    }
    expect(logs.objects.size).toBe(before);
  });

  test("[AN3] the limit is exact: one more byte is refused and nothing of it stays", async () => {
    const line = new TextEncoder().encode(
      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd\n",
    );
    const exact = new Uint8Array(LOG_BYTES_MAX);
    for (let at = 0; at < exact.length; at += line.length)
      exact.set(line.subarray(0, exact.length - at), at);
    const taken = await send(exact);
    expect(taken.status).toBe(202);
    const { id } = await bodyOf(taken);
    expect(logs.objects.get(`org/${owner.orgId}/analyses/${id}/log`)?.bytes.length).toBe(
      LOG_BYTES_MAX,
    );
    const before = logs.objects.size;
    const refused = await send(new Blob([exact, "x"]));
    expect([refused.status, (await bodyOf(refused)).code]).toEqual([413, "log_too_large"]);
    expect([logs.objects.size, logs.open.size]).toEqual([before, 0]);
    await owner.send(`/api/v1/analyses/${id}`, { method: "DELETE" });
  });

  test("[AN4] gzip is inflated on the way in, and must be gzip", async () => {
    const gzip = { "content-encoding": "gzip" };
    const analysis = await bodyOf(await send(gzipSync(LOG), gzip));
    expect(analysis).toMatchObject({
      status: "completed",
      logs_size_bytes: Buffer.byteLength(LOG),
    });
    const broken = await send(LOG, gzip);
    expect([broken.status, (await bodyOf(broken)).code]).toEqual([400, "malformed_request"]);
    const other = await send(LOG, { "content-encoding": "br" });
    expect([other.status, (await bodyOf(other)).code]).toEqual([415, "unsupported_media_type"]);
  });

  test("[AN4] a body that inflates more than a hundredfold is refused and not kept", async () => {
    const before = logs.objects.size;
    const bomb = await send(gzipSync(Buffer.alloc(8_000_000, "a")), { "content-encoding": "gzip" });
    expect([bomb.status, (await bodyOf(bomb)).code]).toEqual([413, "compression_bomb"]);
    expect(logs.objects.size).toBe(before);
  });

  test("a full backlog is refused and leaves nothing behind", async () => {
    const before = logs.objects.size;
    engine.full = true;
    const refused = await send(LOG);
    expect([refused.status, (await bodyOf(refused)).code]).toEqual([429, "backlog_full"]);
    expect(logs.objects.size).toBe(before);
    const list = (await (await owner.send("/api/v1/analyses?status=pending")).json()) as {
      items: unknown[];
    };
    expect(list.items).toEqual([]);
  });

  test("an upload that was cut off before its run began is started by cron", async () => {
    const { id } = await bodyOf(await send(LARGE));
    const { db, clock, env, sql } = platform;
    await db.as("superuser")`update platform.analyses set run_id = null where id = ${id}`;
    clock.now += 130_000;
    const ports = { env, sql, now: () => clock.now, log: SILENT };
    expect(await adopt(ports, owner.orgId)).toBe(1);
    await engine.settle();
    expect((await bodyOf(await read(id))).status).toBe("completed");
    expect(await adopt(ports, owner.orgId)).toBe(0);
  });
});

describe("idempotency", () => {
  test("[AP5] one key is one analysis, whatever happens in between", async () => {
    const headers = { "idempotency-key": "upload-1" };
    const first = await send(LOG, headers);
    const again = await send(LOG, headers);
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect((await bodyOf(again)).id).toBe((await bodyOf(first)).id);
  });

  test("[AP6] the same key with another log is refused", async () => {
    const headers = { "idempotency-key": "upload-2" };
    await send(LOG, headers);
    const other = await send(`${LOG}more\n`, headers);
    expect([other.status, (await bodyOf(other)).code]).toEqual([422, "idempotency_mismatch"]);
  });

  test("[AP6] a refused log leaves the key free", async () => {
    const headers = { "idempotency-key": "upload-3" };
    expect((await send("", headers)).status).toBe(422);
    expect((await send(LOG, headers)).status).toBe(201);
  });
});

describe("results", () => {
  let id = "";
  beforeAll(async () => {
    id = (await bodyOf(await send(LARGE, { prefer: "wait=10" }))).id;
  });

  test("[RD1] a secret of the log is in no answer", async () => {
    const answers = await Promise.all(
      ["", "?format=text", "?format=sarif", "?format=rdjson", "/log?lines=2000"].map(async (path) =>
        (await read(id + path)).text(),
      ),
    );
    for (const text of answers) expect(text).not.toContain("battery-staple");
    expect(answers.at(-1)).toContain("password=[redacted");
  });

  test("[RD2] the raw log is as it was sent, for those who may read it", async () => {
    expect(await (await read(`${id}/raw`)).text()).toBe(LARGE);
    const made = await owner.send("/api/v1/keys", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name: "reader", grants: ["analyses.read"] }),
    });
    const { token } = (await made.json()) as { token: string };
    const answer = await platform.send(`/api/v1/analyses/${id}/raw`, {
      headers: { "x-api-key": token },
    });
    expect([answer.status, (await bodyOf(answer)).code]).toEqual([403, "forbidden"]);
  });

  test("a log is read in pages of numbered lines", async () => {
    const page = (await (await read(`${id}/log?from_line=399&lines=4`)).json()) as {
      lines: { n: number; text: string }[];
      total_lines: number;
    };
    expect(page.total_lines).toBe(413);
    expect(page.lines.map(({ n }) => n)).toEqual([399, 400, 401, 402]);
    expect(page.lines.map(({ text }) => text)).toEqual([
      "a line of a build that goes well",
      "a line of a build that goes well",
      "> app@1.0.0 test",
      "FAIL src/cart.test.ts",
    ]);
  });

  test("lines are found by text, and a secret is not", async () => {
    const find = async (q: string): Promise<unknown> =>
      (await read(`${id}/log/search?q=${q}`)).json();
    expect(await find("EXPECTED")).toEqual({ lines: [405, 407], next_from_line: null });
    expect(await find("battery")).toEqual({ lines: [], next_from_line: null });
  });

  test("[AN2] a finished analysis can be run again, an unfinished one not", async () => {
    const again = await owner.send(`/api/v1/analyses/${id}/rerun`, { method: "POST" });
    expect([again.status, (await bodyOf(again)).status]).toEqual([202, "pending"]);
    const busy = await owner.send(`/api/v1/analyses/${id}/rerun`, { method: "POST" });
    expect([busy.status, (await bodyOf(busy)).code]).toEqual([409, "analysis_running"]);
    await engine.settle();
    expect((await bodyOf(await read(id))).status).toBe("completed");
  });

  test("[AN2] an analysis whose log vanished fails for good", async () => {
    const lost = await bodyOf(await send(LARGE));
    logs.objects.delete(`org/${owner.orgId}/analyses/${lost.id}/log`);
    await engine.settle();
    expect(await bodyOf(await read(lost.id))).toMatchObject({
      status: "failed",
      error: { code: "log_expired" },
    });
  });

  test("[AN28] raw logs go after seven days, results stay", async () => {
    const { env, sql, clock } = platform;
    const ports = { env, sql, now: () => clock.now, log: SILENT };
    expect(await expire(ports, owner.orgId, clock.now + 8 * 86_400_000)).toBeGreaterThan(0);
    expect((await bodyOf(await read(`${id}/log`))).code).toBe("log_expired");
    expect((await bodyOf(await read(id))).result?.category).toBe("test.assertion");
  });

  test("[AN28] deleting removes row and objects", async () => {
    const { id: gone } = await bodyOf(await send(LOG));
    expect((await owner.send(`/api/v1/analyses/${gone}`, { method: "DELETE" })).status).toBe(204);
    expect((await read(gone)).status).toBe(404);
    expect(
      [...logs.objects.keys(), ...artifacts.objects.keys()].filter((key) => key.includes(gone)),
    ).toEqual([]);
  });

  test("the overview counts the last day", async () => {
    const overview = (await (await owner.send("/api/v1/overview")).json()) as {
      analyses: { day: { total: number; completed: number } };
      latest_analyses: unknown[];
    };
    expect(overview.analyses.day.completed).toBeGreaterThan(5);
    expect(overview.latest_analyses).toHaveLength(5);
  });
});
