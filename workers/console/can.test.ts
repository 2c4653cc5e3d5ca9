/** What the console disables, and the sentence it gives. */
import { expect, test } from "vitest";
import { permits, whyNot, whyNotCancelRun, whyNotTask } from "./can.ts";
import type { Run, Task } from "./wire.ts";

const TASK: Task = {
  id: "sys.analyses~0~t1",
  run_id: "r1",
  dag_id: "sys.analyses",
  node_id: "locate",
  operator: "analyses.locate@1",
  state: "failed",
  attempt: 3,
  max_attempts: 3,
  created_at: "2026-11-20T10:00:00Z",
  updated_at: "2026-11-20T10:00:01Z",
  not_before: null,
  error: null,
};
const RUN: Run = {
  id: "r1",
  dag_id: "sys.analyses",
  status: "running",
  mode: "live",
  subject: null,
  tasks: { total: 3, succeeded: 1, failed: 0, open: 2 },
  created_at: "2026-11-20T10:00:00Z",
  ended_at: null,
};
const OPERATOR = ["runs.read@**", "tasks.retry@**", "tasks.cancel@**"];

test.each([
  [["keys.write@**"], true],
  [["keys.write@keys"], true],
  [["keys.write@keys/**"], true],
  [["keys.write@keys/*"], false],
  [["keys.read@**"], false],
  [["nonsense"], false],
  [[], false],
])("[CN6] the grants %j decide keys.write as the API does: %s", (grants, allowed) => {
  expect(permits(grants, "keys.write", "keys")).toBe(allowed);
});

test("[CN6] a missing permission is named in the reason", () => {
  expect(whyNot(["keys.read@**"], "keys.write", "keys")).toContain("keys.write");
  expect(whyNot(["keys.write@**"], "keys.write", "keys")).toBeNull();
});

test.each([
  ["failed", null, "is failed"],
  ["succeeded", "is succeeded", "is succeeded"],
  ["ready", "is ready", null],
  ["queued", "is queued", null],
  ["leased", "is leased", null],
  ["canceling", "is canceling", "is canceling"],
  ["canceled", "is canceled", "is canceled"],
] as const)("[CN6] a task that is %s: retry %s, cancel %s", (state, retry, cancel) => {
  const task = { ...TASK, state };
  expect(whyNotTask(OPERATOR, "retry", task)).toEqual(
    retry === null ? null : expect.stringContaining(retry),
  );
  expect(whyNotTask(OPERATOR, "cancel", task)).toEqual(
    cancel === null ? null : expect.stringContaining(cancel),
  );
});

test("[CN6] permission comes before state, so that nobody waits for a state that would not help", () => {
  expect(whyNotTask(["runs.read@**"], "retry", TASK)).toContain("tasks.retry");
  expect(whyNotCancelRun([], RUN)).toContain("tasks.cancel");
});

test("[CN6] only a running run can be canceled", () => {
  expect(whyNotCancelRun(OPERATOR, RUN)).toBeNull();
  expect(whyNotCancelRun(OPERATOR, { ...RUN, status: "succeeded" })).toContain("succeeded");
});
