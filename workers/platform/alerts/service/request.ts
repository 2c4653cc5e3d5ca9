/** How capabilities tell the outside that something happened: one request, which becomes a delivery per endpoint. */
import { utf8 } from "../../adapters/bytes.ts";
import type { Sql } from "../../adapters/sql.ts";
import { DELIVERIES_DAG } from "../../dags/rules.ts";
import { done, refuse, type Instant, type Result } from "../../model.ts";
import { emitSource } from "../../tasks/service.ts";
import { BODY_BYTES_MAX, type DeliveryRequest, type EventType } from "../model.ts";
import { requestKey, wants } from "../rules.ts";
import { listActive } from "../store/endpoints.ts";

const SOURCE = "requests";
/** Room for type, time and what is around them in a body. */
const ENVELOPE_BYTES = 512;

export interface RequestPorts {
  readonly env: Env;
  readonly sql: Sql;
  readonly now: () => Instant;
}

export interface DeliveryWish {
  readonly org: string;
  readonly type: EventType;
  /** What it is about: `analysis:<id>`. Type, subject and data together are what makes a delivery the same one. */
  readonly subject: string;
  /** Ids and a few words, no bodies; the same event has the same data. */
  readonly data: Readonly<Record<string, string | number | boolean | null>>;
  readonly request_id: string;
  readonly traceparent?: string | undefined;
  /** When it happened; now unless told. */
  readonly at?: Instant;
}

/**
 * Stores the wish to tell every endpoint that wants events of this type; when this answers, it survives any crash.
 * Asking again with equal type, subject and data is the same request. Costs one SELECT when nobody wants the type.
 * Refusals: backlog_full, payload_too_large (more than a webhook may carry). The answer says whether anybody wants it.
 *
 * @throws Fault("postgres"), Fault("dispatcher")
 */
export async function requestDelivery(
  ports: RequestPorts,
  wish: DeliveryWish,
): Promise<Result<boolean>> {
  const active = await ports.sql.transaction({ org: wish.org }, listActive, { single: true });
  if (!active.some((endpoint) => wants(endpoint, wish.type, wish.data))) return done(false);
  const bytes = utf8(JSON.stringify(wish.data)).length;
  if (bytes > BODY_BYTES_MAX - ENVELOPE_BYTES)
    return refuse("payload_too_large", {
      detail: `The data has ${String(bytes)} bytes; a webhook has at most ${String(BODY_BYTES_MAX)}.`,
    });
  const emitted = await emit(ports.env, wish.org, requestKey(wish.type, wish.subject, wish.data), {
    kind: "event",
    type: wish.type,
    subject: wish.subject,
    at: new Date(wish.at ?? ports.now()).toISOString(),
    data: { ...wish.data },
    request_id: wish.request_id,
    traceparent: wish.traceparent ?? null,
  });
  return emitted.ok ? done(true) : emitted;
}

/** Asks for one delivery once more; asking twice for the same round is one replay. */
export const requestReplay = (
  env: Env,
  org: string,
  replay: Extract<DeliveryRequest, { kind: "replay" }>,
): Promise<Result<unknown>> =>
  emit(env, org, `replay:${replay.id}:${String(replay.round)}`, replay);

/** The first send goes through the queue, like every retry [C26]. */
const emit = (
  env: Env,
  org: string,
  dedup: string,
  request: DeliveryRequest,
): Promise<Result<unknown>> =>
  emitSource(env, {
    org_id: org,
    dag_id: DELIVERIES_DAG,
    source_id: SOURCE,
    dedup,
    payload: request,
    lane: "queue",
    request_id: request.kind === "event" ? request.request_id : dedup,
  });
