/** Takes a log in: streams it to R2, notes it, starts its run, and waits for a small one. */
import { deleteObjects, putChunks, type Stored } from "../../adapters/artifacts.ts";
import { bodyChunks, CHUNK_BYTES, headOf, inflated, prepended } from "../../adapters/streams.ts";
import type { Log } from "../../adapters/log.ts";
import type { Sql } from "../../adapters/sql.ts";
import { done, refuse, type Instant, type Refused, type Result } from "../../model.ts";
import { awaitRun, emitSource } from "../../tasks/service.ts";
import {
  INLINE_DEADLINE_MS,
  LOG_BYTES_MAX,
  LOG_INLINE_BYTES_MAX,
  type Analysis,
  type AnalysisMeta,
} from "../model.ts";
import { deleteAnalysis, insertAnalysis, readStored, setRun } from "../store/rows.ts";
import { readAnalysis } from "../store/summaries.ts";
import { recordUsage } from "../../usage/service.ts";
import { logBytesLimit } from "../../usage/service/limits.ts";
import { hashOf } from "./hashing.ts";

export interface AnalysisPorts {
  readonly env: Env;
  readonly sql: Sql;
  readonly now: () => Instant;
  readonly log: Log;
}

export const ANALYSES_DAG = "sys.analyses";
const LOGS_SOURCE = "logs";

export const analysesPrefixOf = (orgId: string): string => `org/${orgId}/analyses/`;
export const logKeyOf = (orgId: string, id: string): string =>
  `${analysesPrefixOf(orgId)}${id}/log`;
export const resultKeyOf = (orgId: string, id: string): string =>
  `${analysesPrefixOf(orgId)}${id}/result.json`;
/** The analysis an object belongs to. */
export const analysisIdOf = (key: string): string => key.split("/")[3] ?? "";

export interface Submission {
  readonly id: string;
  readonly orgId: string;
  readonly source: "api" | "console";
  readonly createdBy: string;
  readonly meta: AnalysisMeta;
  /** True when an earlier try of this request, with the same id, may have stored the log already. */
  readonly repeated: boolean;
  /** Milliseconds the caller wants to wait; undefined for the default: small logs INLINE_DEADLINE_MS, others not. */
  readonly waitMs: number | undefined;
  readonly requestId: string;
  readonly traceparent: string | undefined;
}

export interface Submitted {
  /** The analysis as it is now: completed or failed when it ended in time. */
  readonly analysis: Analysis;
  readonly ended: boolean;
  readonly sha256: string;
}

/**
 * Analyses one log. A small one is the same run as a large one, only waited for.
 * Refusals: `log_empty`, `log_binary`, `log_too_large`, `compression_bomb`, `malformed_request` (no gzip),
 * `not_implemented` (zip), `backlog_full`, `idempotency_mismatch` (an earlier try stored another log).
 */
export async function submit(
  ports: AnalysisPorts,
  submission: Submission,
  body: LogBody,
): Promise<Result<Submitted>> {
  const { env, sql, now } = ports;
  const { id, orgId } = submission;
  const before = submission.repeated ? await storedBefore(ports, submission, body) : undefined;
  const stored = before ?? (await storeLog(ports, submission, body));
  if (!stored.ok) return stored;
  const { bytes, sha256 } = stored.value;
  const counted = countBytes(ports, submission, bytes);
  const { source, createdBy, meta } = submission;
  const row = {
    id,
    orgId,
    source,
    createdBy,
    meta,
    bytes,
    sha256,
    logKey: logKeyOf(orgId, id),
    createdAt: now(),
  };
  await sql.transaction({ org: orgId }, (tx) => insertAnalysis(tx, row));
  const waitMs = submission.waitMs ?? (bytes <= LOG_INLINE_BYTES_MAX ? INLINE_DEADLINE_MS : 0);
  const { requestId, traceparent } = submission;
  const started = await startRun(ports, {
    id,
    orgId,
    dedup: id,
    direct: bytes <= LOG_INLINE_BYTES_MAX,
    requestId,
    traceparent,
  });
  if (!started.ok) {
    // Refused means nothing happened: the caller will send the log again.
    await sql.transaction({ org: orgId }, (tx) => deleteAnalysis(tx, id));
    await deleteObjects(env.LOGS, [row.logKey]);
    return started;
  }
  const status =
    waitMs > 0
      ? await awaitRun(env, {
          org_id: orgId,
          dag_id: ANALYSES_DAG,
          run_id: started.value,
          deadline_ms: waitMs,
        })
      : "pending";
  const analysis = await sql.transaction({ org: orgId }, (tx) => readAnalysis(tx, orgId, id));
  await counted;
  if (analysis === undefined) return refuse("not_found");
  return done({
    analysis,
    ended:
      status !== "pending" && analysis.status !== "pending" && analysis.status !== "processing",
    sha256,
  });
}

/** Counts a stored log once, however often its upload is tried. It is not worth failing an analysis for. */
async function countBytes(
  { env, log }: AnalysisPorts,
  { orgId, id, createdBy }: Submission,
  bytes: number,
): Promise<void> {
  const key = createdBy.startsWith("key:") ? createdBy.slice("key:".length) : null;
  const record = { org: orgId, id, source: "analyses", meter: "bytes_in", key_id: key } as const;
  await recordUsage(env, { ...record, value: bytes }).catch((error: unknown) =>
    log.warn("the bytes of a log were not counted", { analysis: id, error: String(error) }),
  );
}

export interface RunWish {
  readonly id: string;
  readonly orgId: string;
  /** The same key starts the same run. */
  readonly dedup: string;
  readonly direct: boolean;
  readonly requestId: string;
  readonly traceparent: string | undefined;
}

/** Starts the run of a stored log and notes it on the row. Refusal: `backlog_full`. */
export async function startRun(ports: AnalysisPorts, wish: RunWish): Promise<Result<string>> {
  const { env, sql } = ports;
  const emitted = await emitSource(env, {
    org_id: wish.orgId,
    dag_id: ANALYSES_DAG,
    source_id: LOGS_SOURCE,
    dedup: wish.dedup,
    payload: { analysis_id: wish.id },
    lane: wish.direct ? "direct" : "queue",
    subject: `analysis:${wish.id}`,
    request_id: wish.requestId,
    traceparent: wish.traceparent,
  });
  if (!emitted.ok) return emitted;
  const run = { id: emitted.value.run_id, traceparent: wish.traceparent };
  await sql.transaction({ org: wish.orgId }, (tx) => setRun(tx, wish.id, run));
  return done(run.id);
}

export interface LogBody {
  readonly stream: ReadableStream<Uint8Array> | null;
  readonly gzip: boolean;
}

const ZIP_MAGIC = [0x50, 0x4b, 0x03, 0x04] as const;

/** What an earlier try stored, if this body is the same; undefined when it got not that far. */
async function storedBefore(
  { sql }: AnalysisPorts,
  { orgId, id }: Submission,
  body: LogBody,
): Promise<Result<Stored> | undefined> {
  const known = await sql.transaction({ org: orgId }, (tx) => readStored(tx, id));
  if (known === undefined) return undefined;
  const sha256 = await hashOf(body, LOG_BYTES_MAX);
  return sha256 === known.sha256 ? done(known) : refuse("idempotency_mismatch");
}

/** Streams the body to R2; its first bytes are looked at before anything is stored. */
async function storeLog(
  { env, sql }: AnalysisPorts,
  { orgId, id }: Submission,
  body: LogBody,
): Promise<Result<Stored>> {
  if (body.stream === null) return refuse("log_empty");
  const key = logKeyOf(orgId, id);
  const limitBytes = Math.min(LOG_BYTES_MAX, (await logBytesLimit(sql, orgId)) ?? LOG_BYTES_MAX);
  const unzipped = body.gzip ? inflated(body.stream) : undefined;
  const chunks = unzipped ?? bodyChunks(body.stream);
  const head = await headOf(chunks);
  const wrong = failureOf(unzipped?.failure()) ?? refusalOfHead(head);
  if (wrong !== undefined) {
    await chunks.cancel();
    return wrong;
  }
  const options = { limitBytes, contentType: "text/plain; charset=utf-8" };
  const stored = await putChunks(env.LOGS, key, prepended(head, chunks), options);
  if (!stored.ok) {
    await chunks.cancel();
    return stored;
  }
  const late = failureOf(unzipped?.failure());
  if (late === undefined) return stored;
  await deleteObjects(env.LOGS, [key]);
  return late;
}

function failureOf(failure: "corrupt" | "bomb" | undefined): Refused | undefined {
  if (failure === undefined) return undefined;
  return failure === "bomb"
    ? refuse("compression_bomb")
    : refuse("malformed_request", { detail: "The body is not valid gzip." });
}

function refusalOfHead(head: Uint8Array): Refused | undefined {
  if (head.length === 0) return refuse("log_empty");
  if (ZIP_MAGIC.every((byte, i) => head[i] === byte)) {
    return refuse("not_implemented", {
      detail:
        "Zip archives are not read yet. Send one log as text, or with Content-Encoding: gzip.",
    });
  }
  return head.subarray(0, CHUNK_BYTES).includes(0) ? refuse("log_binary") : undefined;
}
