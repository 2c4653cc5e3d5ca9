/** Who is told that an analysis ended, and how often: through the operators of both DAGs and a real receiver. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { fakeEngine, type FakeEngine } from "../../../test/fakes/dispatcher.ts";
import { launcherEgress } from "../../../test/fakes/launcher-egress.ts";
import { fakeBucket, type FakeBucket } from "../../../test/fakes/r2.ts";
import { openReceiver, type Receiver } from "../../../test/fakes/receiver.ts";
import {
  openPlatform,
  post,
  SETTINGS,
  setUp,
  type SignedIn,
  type TestPlatform,
} from "../../../test/platform.ts";
import { deliveryOperators } from "../alerts/operators.ts";
import { analysesOperators } from "./operators.ts";
import { announceEnd, announceFailures } from "./service/announce.ts";

const LOG =
  "> tsc -b\nsrc/cart.ts(12,5): error TS2322: Type 'string' is not assignable to type 'number'.\n";

let platform: TestPlatform;
let owner: SignedIn;
let engine: FakeEngine;
let logs: FakeBucket;
let receiver: Receiver;

beforeAll(async () => {
  logs = fakeBucket();
  receiver = await openReceiver();
  engine = fakeEngine({
    env: () => platform.env,
    sql: () => platform.sql,
    now: () => platform.clock.now,
    operators: [...analysesOperators, ...deliveryOperators],
  });
  const EGRESS_ALLOW = receiver.target;
  platform = await openPlatform({
    EGRESS_ALLOW,
    EGRESS: launcherEgress({ ...SETTINGS, EGRESS_ALLOW }).EGRESS,
    LOGS: logs.bucket,
    ARTIFACTS: fakeBucket().bucket,
    DISPATCHER: engine.namespace,
  });
  owner = await setUp(platform);
  const made = await owner.send("/api/v1/webhooks", post({ url: receiver.url("/ok") }));
  expect(made.status).toBe(201);
});
afterAll(async () => {
  await platform.close();
  await receiver.close();
});
beforeEach(async () => {
  await engine.settle();
  receiver.received.length = 0;
});

interface Analysis {
  readonly id: string;
  readonly run_id: string;
}

const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

async function upload(query = "", prefer = "wait=5", traceparent?: string): Promise<Analysis> {
  const answer = await owner.send(`/api/v1/analyses${query}`, {
    method: "POST",
    headers: { prefer, ...(traceparent === undefined ? {} : { traceparent }) },
    body: LOG,
  });
  return (await answer.json()) as Analysis;
}

const heard = () =>
  receiver.received.map(
    ({ body }) => JSON.parse(body) as { type: string; data: Record<string, unknown> },
  );

test("[WH11] the end of an analysis is told with ids and a few words, and no line of the log", async () => {
  const { id, run_id } = await upload("?repository=acme/shop&branch=main&job=build&workflow=ci");
  await engine.settle();
  expect(heard()).toMatchObject([
    {
      type: "analysis.completed",
      data: {
        analysis_id: id,
        run_id,
        repository: "acme/shop",
        branch: "main",
        workflow: "ci",
        job: "build",
        category: "compile.type",
        band: expect.stringMatching(/^(?:high|medium|low)$/),
        error_code: null,
        url: expect.stringMatching(new RegExp(`^http://localhost:8787/o/[a-z-]+/analyses/${id}$`)),
      },
    },
  ]);
  expect(receiver.received[0]?.body).not.toContain("tsc -b");
});

test("[WH11] however often the last task runs, the end is told once; another run tells again", async () => {
  const { id, run_id } = await upload();
  const of = { org: owner.orgId, id, runId: run_id };
  const ports = { env: platform.env, sql: platform.sql, now: () => platform.clock.now };
  for (let again = 0; again < 3; again += 1) await announceEnd(ports, of);
  await engine.settle();
  await announceEnd(ports, of);
  await engine.settle();
  expect(heard().length).toBe(1);
  const rerun = await owner.send(`/api/v1/analyses/${id}/rerun`, { method: "POST" });
  expect(rerun.status).toBe(202);
  await engine.settle();
  await engine.settle();
  expect(heard().map(({ data }) => data["analysis_id"])).toEqual([id, id]);
  expect(new Set(heard().map(({ data }) => data["run_id"])).size).toBe(2);
});

test("[WH11] an analysis whose log is gone is told as failed, with the code", async () => {
  const { id } = await upload("", "respond-async");
  logs.objects.clear();
  await platform.sql.transaction({ org: owner.orgId }, (tx) =>
    tx.query("update platform.analyses set log_key = null where id = $1", [id]),
  );
  await engine.settle();
  await engine.settle();
  expect(heard()).toMatchObject([
    { type: "analysis.failed", data: { analysis_id: id, error_code: "log_expired" } },
  ]);
});

test("[WH11] [AP9] an analysis whose run failed without a word is told as failed, once, in the trace of its request", async () => {
  const { id, run_id } = await upload("", "respond-async", TRACE);
  await platform.sql.transaction({ org: owner.orgId }, async (tx) => {
    await tx.query(
      `insert into platform.runs (org_id, id, dag_id, status, mode, total, succeeded, failed, canceled, open, created_at, ended_at, change)
       values ($1, $2, 'sys.analyses', 'failed', 'live', 1, 0, 1, 0, 0, now(), $3, 1)`,
      [owner.orgId, run_id, new Date(platform.clock.now).toISOString()],
    );
  });
  const ports = { env: platform.env, sql: platform.sql, now: () => platform.clock.now };
  // Cron comes every minute, and the log's own task never ends here.
  engine.drop(run_id);
  for (let minute = 0; minute < 3; minute += 1) {
    await announceFailures(ports, owner.orgId);
    await engine.settle();
  }
  expect(heard()).toMatchObject([
    { type: "analysis.failed", data: { analysis_id: id, error_code: "analysis_failed" } },
  ]);
  const [told] = await platform.db.as("superuser")`
    select traceparent from platform.deliveries where subject = ${`analysis:${id}`}`;
  expect(told?.["traceparent"]).toBe(TRACE);
});

test("[WH11] an analysis that was deleted meanwhile is told by nobody", async () => {
  const ports = { env: platform.env, sql: platform.sql, now: () => platform.clock.now };
  const { id, run_id } = await upload();
  await engine.settle();
  receiver.received.length = 0;
  expect((await owner.send(`/api/v1/analyses/${id}`, { method: "DELETE" })).status).toBe(204);
  const told = await announceEnd(ports, { org: owner.orgId, id, runId: run_id });
  expect(told).toEqual({ ok: true, value: false });
});
