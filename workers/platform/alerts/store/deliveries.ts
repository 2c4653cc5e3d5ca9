/** Deliveries and their attempts in Postgres. A delivery is written down before anything is sent [A6]. */
import { instantOf, numberOf, numberOrNull, textOf, textOrNull } from "../../adapters/rows.ts";
import type { SqlRow, Tx } from "../../adapters/sql.ts";
import type { Instant } from "../../model.ts";
import type { DeliveryState } from "../machine.ts";
import { DeliveryStatus, type Delivery, type DeliveryAttempt } from "../model.ts";
import type { After } from "./endpoints.ts";

const COLUMNS =
  "id, webhook_id, event_type, subject, status, reason, attempts, next_attempt_at, created_at, delivered_at";

const deliveryOf = (row: SqlRow): Delivery => ({
  id: textOf(row, "id"),
  webhook_id: textOf(row, "webhook_id"),
  event_type: textOf(row, "event_type"),
  subject: textOf(row, "subject"),
  status: DeliveryStatus.parse(row["status"]),
  reason: textOrNull(row, "reason"),
  attempts: numberOf(row, "attempts"),
  next_attempt_at: textOrNull(row, "next_attempt_at"),
  created_at: textOf(row, "created_at"),
  delivered_at: textOrNull(row, "delivered_at"),
});

const iso = (at: Instant): string => new Date(at).toISOString();

export interface NewDelivery {
  readonly id: string;
  readonly webhookId: string;
  readonly eventType: string;
  readonly subject: string;
  readonly mode: "live" | "backfill";
  readonly body: string;
  readonly requestId: string;
  readonly traceparent: string | null;
}

/** Writes a delivery down. A key that is known is left as it is: the same side effect happens once [A2]. */
export async function insertDelivery(
  tx: Tx,
  orgId: string,
  delivery: NewDelivery,
  at: Instant,
): Promise<void> {
  await tx.query(
    `insert into platform.deliveries (org_id, id, webhook_id, event_type, subject, mode, body, status, request_id,
       traceparent, requested_at, created_at, next_attempt_at)
     values ($1, $2, $3, $4, $5, $6, $7, 'pending', $8, $9, $10, $10, $10) on conflict (org_id, id) do nothing`,
    [
      orgId,
      delivery.id,
      delivery.webhookId,
      delivery.eventType,
      delivery.subject,
      delivery.mode,
      delivery.body,
      delivery.requestId,
      delivery.traceparent,
      iso(at),
    ],
  );
}

export interface LockedDelivery extends DeliveryState {
  readonly webhookId: string;
  readonly body: string;
}

/** The delivery as its machine sees it; the row stays locked until the transaction ends. */
export async function lockDelivery(tx: Tx, id: string): Promise<LockedDelivery | undefined> {
  const [row] = await tx.query(
    `select id, webhook_id, status, mode, round, attempts, base, requested_at, body
     from platform.deliveries where id = $1 for update`,
    [id],
  );
  if (row === undefined) return undefined;
  return {
    id: textOf(row, "id"),
    webhookId: textOf(row, "webhook_id"),
    status: DeliveryStatus.parse(row["status"]),
    mode: row["mode"] === "live" ? "live" : "backfill",
    round: numberOf(row, "round"),
    attempts: numberOf(row, "attempts"),
    base: numberOf(row, "base"),
    requestedAt: instantOf(row, "requested_at"),
    body: textOf(row, "body"),
  };
}

/** What an attempt that never came back looks like in the log. */
const INTERRUPTED = "interrupted";

/** The attempt is noted before the call; a crash in the call leaves it as interrupted [A6]. */
export async function noteSending(
  tx: Tx,
  orgId: string,
  delivery: DeliveryState,
  at: Instant,
): Promise<number> {
  const n = delivery.attempts + 1;
  await tx.query(
    `update platform.deliveries set status = 'sending', reason = null, attempts = $2, next_attempt_at = null where id = $1`,
    [delivery.id, n],
  );
  await tx.query(
    `insert into platform.delivery_attempts (org_id, delivery_id, n, started_at, ms, error) values ($1, $2, $3, $4, 0, $5)`,
    [orgId, delivery.id, n, iso(at), INTERRUPTED],
  );
  return n;
}

export async function noteAttempt(
  tx: Tx,
  id: string,
  n: number,
  end: Pick<DeliveryAttempt, "ms" | "status" | "error" | "response">,
): Promise<void> {
  await tx.query(
    `update platform.delivery_attempts set ms = $3, status = $4, error = $5, response = $6
     where delivery_id = $1 and n = $2`,
    [id, n, end.ms, end.status, end.error, end.response],
  );
}

export interface StatusChange {
  readonly status: DeliveryStatus;
  readonly reason: string | null;
  readonly nextAttemptAt: Instant | null;
  readonly deliveredAt: Instant | null;
}

export async function setStatus(tx: Tx, id: string, change: StatusChange): Promise<void> {
  await tx.query(
    `update platform.deliveries set status = $2, reason = $3, next_attempt_at = $4,
       delivered_at = coalesce($5::timestamptz, delivered_at) where id = $1`,
    [
      id,
      change.status,
      change.reason,
      change.nextAttemptAt === null ? null : iso(change.nextAttemptAt),
      change.deliveredAt === null ? null : iso(change.deliveredAt),
    ],
  );
}

/** Begins a round; a round that began already stays. */
export async function startRound(tx: Tx, next: DeliveryState): Promise<void> {
  await tx.query(
    `update platform.deliveries set status = 'pending', reason = null, round = $2, base = $3, requested_at = $4,
       next_attempt_at = $4 where id = $1 and round = $2 - 1`,
    [next.id, next.round, next.base, iso(next.requestedAt)],
  );
}

export async function readDelivery(tx: Tx, id: string): Promise<Delivery | undefined> {
  const [row] = await tx.query(`select ${COLUMNS} from platform.deliveries where id = $1`, [id]);
  return row === undefined ? undefined : deliveryOf(row);
}

/** What was sent, and every attempt, oldest first. */
export async function readLog(
  tx: Tx,
  id: string,
): Promise<{ readonly body: string; readonly log: DeliveryAttempt[] }> {
  const [row] = await tx.query("select body from platform.deliveries where id = $1", [id]);
  const attempts = await tx.query(
    "select n, started_at, ms, status, error, response from platform.delivery_attempts where delivery_id = $1 order by n",
    [id],
  );
  const log = attempts.map((attempt) => ({
    n: numberOf(attempt, "n"),
    started_at: textOf(attempt, "started_at"),
    ms: numberOf(attempt, "ms"),
    status: numberOrNull(attempt, "status"),
    error: textOrNull(attempt, "error"),
    response: textOrNull(attempt, "response"),
  }));
  return { body: row === undefined ? "" : textOf(row, "body"), log };
}

/** At most `limit` deliveries of one endpoint, newest first, older than `after`. */
export async function listDeliveries(
  tx: Tx,
  of: { readonly webhookId: string; readonly status: DeliveryStatus | undefined },
  after: After | undefined,
  limit: number,
): Promise<readonly Delivery[]> {
  const rows = await tx.query(
    `select ${COLUMNS} from platform.deliveries
     where webhook_id = $1 and ($2::text is null or status = $2)
       and ($3::timestamptz is null or (created_at, id) < ($3::timestamptz, $4))
     order by created_at desc, id desc limit $5`,
    [of.webhookId, of.status ?? null, after?.createdAt ?? null, after?.id ?? null, limit],
  );
  return rows.map(deliveryOf);
}

/** Keys past their time. @returns how many went */
export async function forgetDeliveries(tx: Tx, before: Instant): Promise<number> {
  const rows = await tx.query(
    "delete from platform.deliveries where created_at < $1 returning id",
    [iso(before)],
  );
  return rows.length;
}

/** Deliveries that wait since long before the last attempt could be due: nobody will send them any more. */
export async function failStale(tx: Tx, before: Instant): Promise<number> {
  const rows = await tx.query(
    `update platform.deliveries set status = 'failed', reason = 'too_old', next_attempt_at = null
     where status in ('pending', 'sending', 'retry') and requested_at < $1 returning id`,
    [iso(before)],
  );
  return rows.length;
}
