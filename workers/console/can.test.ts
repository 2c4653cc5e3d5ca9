/** What the console disables, and the sentence it gives. */
import { expect, test } from "vitest";
import { permits, whyNot, whyNotCancelRun, whyNotMember, whyNotTask } from "./can.ts";
import type { Role, Run, Task } from "./wire.ts";

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
  cost_usd: null,
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

const me = (role: Role, grants = ["members.read@**", "members.write@**"]) => ({
  grants,
  user: { id: "u0", name: "Ada", email: null },
  org: { id: "o1", slug: "acme", name: "Acme", role },
});
const member = (role: Role) => ({ user_id: "u1", role });

test.each([
  // actor, target, owners, act, wished role, reason
  ["owner", "owner", 1, "change", undefined, "at least one owner"],
  ["owner", "owner", 1, "remove", undefined, "at least one owner"],
  ["owner", "owner", 1, "change", "admin", "at least one owner"],
  ["owner", "owner", 2, "change", "admin", null],
  ["owner", "owner", 2, "remove", undefined, null],
  ["owner", "viewer", 1, "change", "owner", null],
  ["admin", "owner", 2, "change", undefined, "Only an owner"],
  ["admin", "owner", 2, "remove", undefined, "Only an owner"],
  ["admin", "owner", 1, "remove", undefined, "at least one owner"],
  ["admin", "admin", 1, "change", "viewer", null],
  ["admin", "viewer", 1, "change", "owner", "above their own"],
  ["admin", "viewer", 1, "change", undefined, null],
  ["admin", "viewer", 1, "remove", undefined, null],
] as const)(
  "[CN6] %s on %s with %i owners, %s to %s: %s",
  (actor, target, owners, act, to, reason) => {
    const wish = { act, owners, ...(to === undefined ? {} : { to }) };
    expect(whyNotMember(me(actor), member(target), wish)).toEqual(
      reason === null ? null : expect.stringContaining(reason),
    );
  },
);

test("[CN6] who may not change members reads which permission is missing, whoever it is about", () => {
  for (const target of ["viewer", "owner"] as const)
    expect(
      whyNotMember(me("viewer", ["members.read@**"]), member(target), { act: "remove", owners: 1 }),
    ).toContain("members.write");
});

test.each([
  ["viewer", 1, null],
  ["developer", 1, null],
  ["owner", 2, null],
  ["owner", null, null],
  ["owner", 1, "at least one owner"],
] as const)("[CN6] [ID26] leaving as %s of %s owners: %s", (role, owners, reason) => {
  const who = { user_id: "u0", role };
  const why = whyNotMember(me(role, ["members.read@**"]), who, { act: "remove", owners });
  expect(why).toEqual(reason === null ? null : expect.stringContaining(reason));
});

test("[CN6] owners that are not all known are left to the API", () => {
  expect(whyNotMember(me("owner"), member("owner"), { act: "remove", owners: null })).toBeNull();
});
