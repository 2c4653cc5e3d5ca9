/** Source events enter the log, and a configuration becomes instances. */
import { done, refuse, type Refused, type Result } from "../../../workers/platform/model.ts";
import type { DagConfig, DagNode } from "../../../workers/platform/dags/model.ts";
import type { EmitRequest } from "../model.ts";
import { Draft } from "./draft.ts";
import { hashKey, runIdOf, sourceEventId } from "./keys.ts";
import { BACKLOG_MAX } from "./limits.ts";
import type { Instance, Slice, Step } from "./state.ts";

/** Which events a request may repeat. */
export const emittedIds = (request: EmitRequest): readonly string[] =>
  request.events.map((event) => sourceEventId(request.source_id, event.dedup));

/**
 * Appends each new event and opens its run; a repeated one answers with the first run [E1, E9].
 * Refusals: not_found (no such source), backlog_full.
 */
export function emit(slice: Slice, request: EmitRequest, datasetId: string, now: number): Step {
  if (slice.head.open + slice.head.unpassed + request.events.length > BACKLOG_MAX)
    return backlogFull();
  const draft = new Draft(slice, now);
  const fresh = new Map<string, string>();
  let duplicates = 0;
  const runIds = request.events.map((event) => {
    const eventId = sourceEventId(request.source_id, event.dedup);
    const first = slice.known.get(eventId)?.runId ?? fresh.get(eventId);
    if (first !== undefined) {
      duplicates += 1;
      return first;
    }
    const runId = runIdOf(eventId);
    fresh.set(eventId, runId);
    const run = draft.addRun({
      runId,
      status: "running",
      mode: request.mode,
      lane: request.lane,
      subject: request.subject,
      requestId: request.request_id,
      traceparent: request.traceparent ?? null,
      total: 0,
      succeeded: 0,
      failed: 0,
      canceled: 0,
      open: 0,
      unpassed: 0,
      attempts: 0,
      workMs: 0,
      createdAt: now,
      endedAt: null,
    });
    const { mode, lane } = request;
    draft.append({
      eventId,
      datasetId,
      partition: event.partition,
      mode,
      lane,
      run,
      payload: event.payload,
    });
    return runId;
  });
  return draft.finish({ kind: "emitted", runIds, duplicates });
}

const backlogFull = (): Refused =>
  refuse("backlog_full", {
    detail: `This DAG has ${String(BACKLOG_MAX)} open events and tasks.`,
    retryAfterS: 60,
  });

/** The dataset of a source. */
export function datasetOf(config: DagConfig, sourceId: string): Result<string> {
  const source = config.sources.find((entry) => entry.id === sourceId);
  if (source === undefined)
    return refuse("not_found", { detail: `${config.dag} has no source ${sourceId}.` });
  return done(source.emits);
}

export const configHash = (config: DagConfig): string => hashKey("dag", JSON.stringify(config));

/**
 * Switches to another configuration at an event boundary: instances that changed end at the newest event,
 * their successors begin after it, unchanged ones go on. Existing tasks keep their digest [V14].
 */
export function configure(slice: Slice, orgId: string, config: DagConfig, now: number): Step {
  const draft = new Draft(slice, now);
  const { head } = draft;
  head.orgId = orgId;
  head.dagId = config.dag;
  head.configHash = configHash(config);
  const active = new Map(
    [...slice.instances.values()].filter(({ toSeq }) => toSeq === null).map((old) => [old.fp, old]),
  );
  for (const [node, fp] of fingerprints(config)) {
    const same = active.get(fp);
    if (same !== undefined) {
      // Retries and timeout are not part of the digest, so the instance takes them over as they are now.
      active.delete(fp);
      draft.addInstance(instanceOf(node, fp, same.inst));
      continue;
    }
    draft.addInstance(instanceOf(node, fp, ++head.inst));
    draft.moveCursor(head.inst, head.seq);
  }
  for (const old of active.values()) draft.addInstance({ ...old, toSeq: head.seq });
  return draft.finishQuietly();
}

const instanceOf = (node: DagNode, fp: string, inst: number): Instance => ({
  inst,
  nodeId: node.id,
  fp,
  operator: node.operator,
  n: node.n,
  input: node.input,
  outputs: node.outputs,
  config: JSON.stringify(node.config),
  maxAttempts: node.retry.max_attempts,
  capS: node.retry.cap_s,
  scheduleS: node.retry.schedule_s,
  timeoutS: node.timeout_s,
  toSeq: null,
});

/** A node's fingerprint covers its own fields, its operator's number and its upstream's fingerprint. */
function fingerprints(config: DagConfig): readonly (readonly [DagNode, string])[] {
  const producer = new Map(
    config.nodes.flatMap((node) => node.outputs.map((dataset) => [dataset, node] as const)),
  );
  const made = new Map<DagNode, string>();
  for (const node of config.nodes) {
    // A line of 500 nodes is too deep to recurse comfortably, so the upstream is walked and then hashed on the way back.
    const line: DagNode[] = [];
    for (
      let at: DagNode | undefined = node;
      at !== undefined && !made.has(at);
      at = producer.get(at.input)
    )
      line.push(at);
    for (const member of line.toReversed()) {
      const upstream = producer.get(member.input);
      const fields = JSON.stringify([
        member.id,
        member.operator,
        member.n,
        member.config,
        member.input,
        member.outputs,
      ]);
      made.set(
        member,
        hashKey("fp", fields, upstream === undefined ? null : (made.get(upstream) ?? null)),
      );
    }
  }
  return [...made];
}
