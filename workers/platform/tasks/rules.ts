/** How dispatchers, tasks and subjects are named: each name is built and read in one place. */
import { assert } from "../model.ts";
import type { Run } from "./model.ts";

/** Shards come later; every task of today lives in shard 0 [C37]. */
const SHARD = "0";

/** `{dag}~{shard}~{task}`: names the dispatcher that knows the task. */
export const publicTaskId = (dagId: string, taskId: string): string =>
  `${dagId}~${SHARD}~${taskId}`;

/** @returns null when `id` is not of that form */
export function parseTaskId(
  id: string,
): { readonly dagId: string; readonly taskId: string } | null {
  const [dagId = "", shard, taskId = "", ...rest] = id.split("~");
  if (shard !== SHARD || rest.length > 0 || !/^[a-z2-7]{26}$/.test(taskId)) return null;
  return { dagId, taskId };
}

export const dispatcherName = (orgId: string, dagId: string): string =>
  `${orgId}/dispatcher/${dagId}`;

/** `analysis:<id>` as the API shows it. */
export function subjectOf(subject: string | null): Run["subject"] {
  const id = subject?.startsWith("analysis:") === true ? subject.slice("analysis:".length) : "";
  return id === "" ? null : { kind: "analysis", id };
}

/** Lease times of this installation [C10]. @throws when a variable is missing or the relation of [L3] does not hold */
export function leasePolicy(
  leaseMs: string,
  heartbeatMs: string,
): { readonly leaseMs: number; readonly heartbeatMs: number } {
  const policy = { leaseMs: Number(leaseMs), heartbeatMs: Number(heartbeatMs) };
  const positive =
    Number.isSafeInteger(policy.leaseMs) &&
    Number.isSafeInteger(policy.heartbeatMs) &&
    policy.heartbeatMs >= 100;
  assert(
    positive && policy.leaseMs >= 3 * policy.heartbeatMs,
    "LEASE_MS is at least three times HEARTBEAT_MS, both whole milliseconds",
  );
  return policy;
}

/** The organization of the platform itself, made by the first migration; self-tests run in it. */
export const PLATFORM_ORG_ID = "00000000-0000-7000-8000-000000000000";

/** Most units one self-test may ask for; their outputs fit in one report. */
export const PROBE_EVENTS_MAX = 20_000;
