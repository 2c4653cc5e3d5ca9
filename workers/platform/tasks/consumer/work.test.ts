/** What a Runner does with the tasks of an envelope, whatever their operators do. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { RUNNER_CONCURRENCY } from "../../../../durable-objects/dispatcher/machine/limits.ts";
import {
  type Assignment,
  REPORT_BYTES_MAX,
  TaskReport,
} from "../../../../durable-objects/dispatcher/model.ts";
import { logTo } from "../../adapters/log.ts";
import type { OperatorOutcome, OperatorTask } from "../model.ts";
import { leasePolicy, parseTaskId, publicTaskId, subjectOf } from "../rules.ts";
import type { Operator, OperatorContext } from "../service.ts";
import { parts } from "./parts.ts";
import { work } from "./work.ts";

const assignment = (count: number, options: Partial<Assignment> = {}): Assignment => ({
  envelope_id: 1,
  fence: "1",
  lease_ms: 60_000,
  heartbeat_ms: 20_000,
  timeout_ms: 60_000,
  org_id: "org",
  dag_id: "sys.t",
  node_id: "work",
  mode: "live",
  operator: { name: "t.work", n: 1 },
  config: '{"k":1}',
  tasks: Array.from({ length: count }, (_, i) => ({
    tid: i + 1,
    task_id: `task${String(i + 1)}`,
    attempt: 2,
    run_id: "run",
    dataset_id: "sys.t.in",
    partition: "_",
    rev: i + 1,
    payload: JSON.stringify({ i }),
  })),
  ...options,
});

const ports = {
  env: {} as Env,
  sql: {} as OperatorContext["sql"],
  now: () => 0,
  log: logTo(
    () => {},
    {},
    () => 0,
  ),
};
const operator = (
  run: (task: OperatorTask, signal: AbortSignal) => Promise<OperatorOutcome>,
): Operator => ({
  name: "t.work",
  n: 1,
  run: (context, task) => run(task, context.signal),
});
const play = (
  run: Parameters<typeof operator>[0],
  given = assignment(1),
  stop = new AbortController(),
  running = new Map<number, AbortController>(),
) => work(ports, [operator(run)], given, stop, running);

test("an operator sees its event, its configuration, and the same key in each attempt", async () => {
  const seen: OperatorTask[] = [];
  await play((task) => {
    seen.push(task);
    return Promise.resolve({ ok: true, outputs: [] });
  });
  expect(seen).toEqual([
    {
      task_id: "task1",
      attempt: 2,
      run_id: "run",
      request_id: "",
      traceparent: null,
      org_id: "org",
      dag_id: "sys.t",
      node_id: "work",
      mode: "live",
      config: { k: 1 },
      idempotency_key: "task1",
      event: { dataset_id: "sys.t.in", partition: "_", rev: 1, kind: "append", payload: { i: 0 } },
    },
  ]);
});

test("each task gets an outcome, also when its operator throws or is unknown", async () => {
  const thrown = await play(() => Promise.reject(new Error("boom")));
  expect(thrown).toMatchObject([{ tid: 1, ok: false, code: "operator_threw", retryable: true }]);
  const unknown = await work(ports, [], assignment(2), new AbortController());
  expect(unknown.map((result) => !result.ok && [result.code, result.retryable])).toEqual([
    ["operator_unknown", true],
    ["operator_unknown", true],
  ]);
  const other = await work(
    ports,
    [{ ...operator(() => Promise.resolve({ ok: true, outputs: [] })), n: 2 }],
    assignment(1),
    new AbortController(),
  );
  expect(other).toMatchObject([{ code: "operator_unknown" }]);
});

test("[AP9] an operator knows the request that caused its task, and so does the log when it throws", async () => {
  const [task] = assignment(1).tasks;
  const trace = {
    request_id: "req-4711",
    traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01`,
  };
  const lines: string[] = [];
  const seen: unknown[] = [];
  const throwing = operator((given) => {
    seen.push([given.request_id, given.traceparent]);
    return Promise.reject(new Error("boom"));
  });
  await work(
    {
      ...ports,
      log: logTo(
        (line) => lines.push(line),
        {},
        () => 0,
      ),
    },
    [throwing],
    assignment(1, task === undefined ? {} : { tasks: [{ ...task, ...trace }] }),
    new AbortController(),
  );
  expect(seen).toEqual([[trace.request_id, trace.traceparent]]);
  expect(JSON.parse(lines[0] ?? "{}")).toMatchObject({
    request_id: "req-4711",
    trace_id: "a".repeat(32),
  });
});

test("[L6] a task ends at its timeout even if its operator ignores the signal", async () => {
  let aborted = false;
  const results = await play(
    (_task, signal) => {
      signal.addEventListener("abort", () => (aborted = true));
      return new Promise(() => {});
    },
    assignment(1, { timeout_ms: 5 }),
  );
  expect(results).toMatchObject([{ ok: false, code: "task_timeout", retryable: true }]);
  expect(aborted).toBe(true);
});

test("a canceled task is aborted alone, and no new one starts once the lease is lost", async () => {
  const running = new Map<number, AbortController>();
  const stop = new AbortController();
  const started: number[] = [];
  const working = play(
    (task, signal) => {
      started.push(task.event.rev);
      return new Promise((resolve) =>
        signal.addEventListener("abort", () =>
          resolve({ ok: false, code: "aborted", message: String(signal.reason), retryable: true }),
        ),
      );
    },
    assignment(RUNNER_CONCURRENCY + 4),
    stop,
    running,
  );
  await Promise.resolve();
  running.get(1)?.abort(new Error("task_canceled"));
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(started).toHaveLength(RUNNER_CONCURRENCY + 1);
  stop.abort(new Error("lease_lost"));
  expect(await working).toHaveLength(RUNNER_CONCURRENCY + 1);
  expect(started).toHaveLength(RUNNER_CONCURRENCY + 1);
});

test("[T2] a member that is canceled before it starts never starts", async () => {
  const running = new Map<number, AbortController>();
  const started: number[] = [];
  const working = play(
    async (task) => {
      started.push(task.event.rev);
      await new Promise((resolve) => setTimeout(resolve, 2));
      return { ok: true, outputs: [] };
    },
    assignment(RUNNER_CONCURRENCY + 1),
    new AbortController(),
    running,
  );
  const last = RUNNER_CONCURRENCY + 1;
  running.get(last)?.abort(new Error("task_canceled"));
  const results = await working;
  expect(started).not.toContain(last);
  expect(results.find(({ tid }) => tid === last)).toMatchObject({ code: "task_canceled" });
});

test("[T3] an answer of another shape fails its task alone, not its neighbors", async () => {
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  const put = (payload: unknown, partition = "_") => ({
    ok: true,
    outputs: [{ dataset_id: "sys.t.out", partition, payload }],
  });
  const answers: unknown[] = [
    undefined,
    { ok: true },
    put(circle),
    put(undefined),
    put({}, ""),
    { ok: false, code: "c".repeat(65), message: "long", retryable: true },
    { ok: false, code: "late", message: "m", retryable: true, retry_after_ms: 0.5 },
    put({}),
  ];
  const results = await play(
    (task) => Promise.resolve(answers[task.event.rev - 1] as OperatorOutcome),
    assignment(answers.length),
  );
  expect(results.toSorted((a, b) => a.tid - b.tid).map((r) => (r.ok ? "ok" : r.code))).toEqual([
    ...Array.from({ length: answers.length - 1 }, () => "outcome_invalid"),
    "ok",
  ]);
  expect(results.every((result) => TaskReport.safeParse(result).success)).toBe(true);
});

test("at most eight tasks of an envelope run at once", async () => {
  let now = 0;
  let most = 0;
  await play(async () => {
    most = Math.max(most, (now += 1));
    await new Promise((resolve) => setTimeout(resolve, 1));
    now -= 1;
    return { ok: true, outputs: [] };
  }, assignment(30));
  expect(most).toBe(RUNNER_CONCURRENCY);
});

test("[E3] an output beyond 16 KiB, or a megabyte in all, fails the task with the way out", async () => {
  const put = (count: number, chars: number) => () =>
    Promise.resolve<OperatorOutcome>({
      ok: true,
      outputs: Array.from({ length: count }, () => ({
        dataset_id: "sys.t.out",
        partition: "_",
        payload: "x".repeat(chars),
      })),
    });
  expect(await play(put(1, 16_382))).toMatchObject([{ ok: true }]);
  expect(await play(put(1, 16_383))).toMatchObject([
    { ok: false, code: "payload_too_large", retryable: false },
  ]);
  expect(await play(put(70, 16_000))).toMatchObject([{ ok: false, code: "payload_too_large" }]);
});

test("[Q2] a long report travels in parts of at most a megabyte, in order, and only the last says so", () => {
  const results: TaskReport[] = Array.from({ length: 10 }, (_, i) => ({
    tid: i + 1,
    ok: true,
    outputs: [{ dataset_id: "d", partition: "_", payload: "x".repeat(300_000) }],
  }));
  const cut = [...parts(results)];
  expect(cut.map((part) => [part.results.length, part.last])).toEqual([
    [3, false],
    [3, false],
    [3, false],
    [1, true],
  ]);
  expect(cut.flatMap((part) => part.results)).toEqual(results);
  expect([...parts([])]).toEqual([{ results: [], last: true }]);
  expect(3 * 300_000).toBeLessThan(REPORT_BYTES_MAX);
});

test("[L3] lease times are refused unless three heartbeats fit", () => {
  expect(leasePolicy("6000", "2000")).toEqual({ leaseMs: 6_000, heartbeatMs: 2_000 });
  for (const [lease, beat] of [
    ["5999", "2000"],
    ["x", "2000"],
    ["60000", ""],
    ["60000", "50"],
  ]) {
    expect(() => leasePolicy(lease ?? "", beat ?? "")).toThrow(
      "LEASE_MS is at least three times HEARTBEAT_MS",
    );
  }
});

test("a task's public id names its dispatcher and is read back", () => {
  const id = "a".repeat(26);
  expect(parseTaskId(publicTaskId("sys.analyses", id))).toEqual({
    dagId: "sys.analyses",
    taskId: id,
  });
  for (const wrong of ["", "sys.a~0", `sys.a~1~${id}`, `sys.a~0~${id}~x`, "sys.a~0~short"])
    expect(parseTaskId(wrong)).toBeNull();
  expect([subjectOf("analysis:7"), subjectOf("analysis:"), subjectOf(null)]).toEqual([
    { kind: "analysis", id: "7" },
    null,
    null,
  ]);
});

test("[Q5] every queue's consumer takes at most 10 messages without waiting and retries three times", () => {
  const toml = readFileSync(join(import.meta.dirname, "../../../../wrangler.toml"), "utf8");
  const consumers = toml.split("\n").filter((line) => line.includes("max_batch_size"));
  expect(consumers.length).toBeGreaterThanOrEqual(2);
  for (const line of consumers) {
    expect(line).toContain("max_batch_size = 10, max_batch_timeout = 0, max_retries = 3");
  }
});
