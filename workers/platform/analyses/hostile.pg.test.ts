/** Logs and requests that go wrong on purpose: what must not break, double or leak, over a real database. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fakeEngine, type FakeEngine } from "../../../test/fakes/dispatcher.ts";
import { fakeBucket, type FakeBucket } from "../../../test/fakes/r2.ts";
import { openPlatform, setUp, type SignedIn, type TestPlatform } from "../../../test/platform.ts";
import { analysesOperators } from "./operators.ts";
import { expire } from "./service/upkeep.ts";
import { markProcessing } from "./store/rows.ts";

const DAY_MS = 86_400_000;
const SILENT = { info: () => {}, warn: () => {}, error: () => {} };
const END = "\n##[error]Process completed with exit code 1.\n";

let platform: TestPlatform;
let owner: SignedIn;
let engine: FakeEngine;
let logs: FakeBucket;
let artifacts: FakeBucket;

beforeAll(async () => {
  [logs, artifacts] = [fakeBucket(), fakeBucket()];
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

interface Body {
  id: string;
  status: string;
  code?: string;
  run_id: string | null;
  result: { failed_tests: { line?: number }[]; blocks: { lines: { text: string }[] }[] } | null;
}
const bodyOf = async (answer: Response): Promise<Body> => (await answer.json()) as Body;
const send = (body: string, headers: Record<string, string> = {}, query = ""): Promise<Response> =>
  owner.send(`/api/v1/analyses${query}`, { method: "POST", body, headers });
const named = async (name: string): Promise<string[]> =>
  (await platform.db.as("superuser")`select id from platform.analyses where name = ${name}`).map(
    (row) => String(row["id"]),
  );

describe("hostile logs", () => {
  test("[AN10] a character that is cut in half is stored as U+FFFD", async () => {
    const analysis = await bodyOf(
      await send(`Error: x${"😀".repeat(4_000)}${END}`, { prefer: "wait=10" }),
    );
    expect(analysis.status).toBe("completed");
    expect(JSON.stringify(analysis.result)).not.toMatch(/\\ud[89a-f]/i);
  });

  test("[AN10] a line number beyond all files is none", async () => {
    const at = "99999999999";
    const log = `--- FAIL: TestA (0.00s)\n    a_test.go:${at}: boom\nFAIL\nsrc/a.ts(${at},1): error TS2322: bad${END}`;
    const analysis = await bodyOf(await send(log));
    expect(analysis.status).toBe("completed");
    expect(analysis.result?.failed_tests.map(({ line }) => line)).toEqual([undefined]);
  });
});

test("a search that goes on amid a large log asks the store a few times, not once per block", async () => {
  const log = `${"a line of a build that goes well\n".repeat(400_000)}needle${END}`;
  const { id } = await bodyOf(await send(log, { prefer: "wait=10" }));
  const before = logs.calls["get"] ?? 0;
  const found = await owner.send(`/api/v1/analyses/${id}/log/search?q=needle&from_line=1001`);
  expect(await found.json()).toEqual({ lines: [400_001], next_from_line: null });
  expect((logs.calls["get"] ?? 0) - before).toBeLessThan(15);
});

describe("requests that were cut off", () => {
  test("[AP5] a failure after the log was stored is tried again on the same analysis", async () => {
    const headers = { "idempotency-key": "cut-1" };
    const { DISPATCHER } = platform.env;
    const lost = () => {
      throw new Error("not reachable");
    };
    Object.assign(platform.env, { DISPATCHER: { idFromName: lost } });
    expect((await send(`a${END}`, headers, "?name=cut-1")).status).toBe(503);
    Object.assign(platform.env, { DISPATCHER });
    const again = await bodyOf(await send(`a${END}`, headers, "?name=cut-1"));
    expect(again.status).toBe("completed");
    expect(await named("cut-1")).toEqual([again.id]);
  });

  test("[AP6] who takes over a key with another log is refused, and the first log stays", async () => {
    const headers = { "idempotency-key": "cut-2" };
    const { id } = await bodyOf(await send(`first${END}`, headers, "?name=cut-2"));
    await platform.db.as("superuser")`update platform.idempotency_keys
      set status = null, fingerprint = null, locked_at = to_timestamp(0) where key = 'cut-2'`;
    const other = await send(`other${END}`, headers, "?name=cut-2");
    expect([other.status, (await bodyOf(other)).code]).toEqual([422, "idempotency_mismatch"]);
    expect(await (await owner.send(`/api/v1/analyses/${id}/raw`)).text()).toBe(`first${END}`);
    expect((await bodyOf(await send(`first${END}`, headers, "?name=cut-2"))).id).toBe(id);
    expect(await named("cut-2")).toEqual([id]);
  });

  test("[AN2] a run whose starter died is noted by its first task", async () => {
    const { id } = await bodyOf(await send(`x${END}`, { prefer: "respond-async" }));
    await platform.db.as("superuser")`update platform.analyses set run_id = null where id = ${id}`;
    await platform.sql.transaction({ org: owner.orgId }, (tx) => markProcessing(tx, id, "run-7"));
    const found = await bodyOf(await owner.send(`/api/v1/analyses/${id}`));
    expect([found.status, found.run_id]).toEqual(["processing", "run-7"]);
  });
});

describe("what is left behind", () => {
  const stray = (bucket: FakeBucket, key: string, uploaded: number): void =>
    void bucket.objects.set(key, {
      bytes: new Uint8Array(1),
      contentType: undefined,
      uploaded: new Date(uploaded),
    });
  const ports = () => ({
    env: platform.env,
    sql: platform.sql,
    now: () => platform.clock.now,
    log: SILENT,
  });

  test("[AN28] objects no row knows go after a day; younger and other ones stay", async () => {
    const { id } = await bodyOf(await send(`known${END}`));
    const now = Date.now();
    const prefix = `org/${owner.orgId}/analyses`;
    const foreign = `org/${crypto.randomUUID()}/analyses/${crypto.randomUUID()}/log`;
    stray(logs, `${prefix}/${crypto.randomUUID()}/log`, now - 2 * DAY_MS);
    stray(artifacts, `${prefix}/${crypto.randomUUID()}/result.json`, now - 2 * DAY_MS);
    stray(logs, `${prefix}/${crypto.randomUUID()}/log`, now);
    stray(logs, foreign, now - 2 * DAY_MS);
    expect(await expire(ports(), owner.orgId, now)).toBe(2);
    expect(logs.objects.has(foreign)).toBe(true);
    expect(logs.objects.has(`${prefix}/${id}/log`)).toBe(true);
  });

  test("[AN28] a log goes after seven days, also one whose run never ended", async () => {
    const { id } = await bodyOf(await send(`never${END}`, { prefer: "respond-async" }));
    await expire(ports(), owner.orgId, platform.clock.now + 8 * DAY_MS);
    expect(logs.objects.has(`org/${owner.orgId}/analyses/${id}/log`)).toBe(false);
  });

  test("[AN28] more logs than one statement takes go in one night", async () => {
    await platform.db.as("superuser")`insert into platform.analyses
      (org_id, id, source, created_by, logs_size_bytes, log_key, created_at, expires_at)
      select ${owner.orgId}, gen_random_uuid(), 'api', 'key:x', 1, 'org/x/log-' || n, now() - interval '9 days', now() + interval '1 day'
      from generate_series(1, 1100) n`;
    expect(await expire(ports(), owner.orgId, Date.now())).toBeGreaterThanOrEqual(1_100);
  });
});
