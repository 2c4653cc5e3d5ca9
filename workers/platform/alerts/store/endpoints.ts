/** Webhook endpoints in Postgres. */
import { instantOrNull, numberOf, textOf, textOrNull, textsOf } from "../../adapters/rows.ts";
import { jsonText, type SqlRow, type Tx } from "../../adapters/sql.ts";
import type { Instant } from "../../model.ts";
import type { EndpointState, Health } from "../machine.ts";
import { EventType, type Webhook, WebhookFilters } from "../model.ts";

const COLUMNS =
  "id, url, events, filters, active, disabled_reason, failures, failing_at, last_attempt_at, last_success_at, created_at, version";

const webhookOf = (row: SqlRow): Webhook => ({
  id: textOf(row, "id"),
  url: textOf(row, "url"),
  events: textsOf(row, "events").flatMap((name) => EventType.safeParse(name).data ?? []),
  filters: WebhookFilters.parse(row["filters"]),
  active: row["active"] === true,
  disabled_reason: textOrNull(row, "disabled_reason"),
  failures: numberOf(row, "failures"),
  failing_since: textOrNull(row, "failing_at"),
  last_attempt_at: textOrNull(row, "last_attempt_at"),
  last_success_at: textOrNull(row, "last_success_at"),
  created_at: textOf(row, "created_at"),
  version: numberOf(row, "version"),
});

const iso = (at: Instant): string => new Date(at).toISOString();

export interface NewEndpoint {
  readonly id: string;
  readonly orgId: string;
  readonly url: string;
  readonly events: readonly EventType[];
  readonly filters: WebhookFilters;
  readonly secretName: string;
  readonly createdBy: string;
  readonly createdAt: Instant;
}

/** How many there are. Locks the organization's list, so that two creations at once see each other. */
export async function countEndpoints(tx: Tx, orgId: string): Promise<number> {
  await tx.query("select pg_advisory_xact_lock(hashtextextended('webhooks:' || $1, 0))", [orgId]);
  const [row] = await tx.query("select count(*)::int as n from platform.webhook_endpoints");
  return Number(row?.["n"] ?? 0);
}

/** Undefined when an earlier try with the same id made it. */
export async function insertEndpoint(tx: Tx, endpoint: NewEndpoint): Promise<Webhook | undefined> {
  const [row] = await tx.query(
    `insert into platform.webhook_endpoints (org_id, id, url, events, filters, secret_name, created_by, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (org_id, id) do nothing returning ${COLUMNS}`,
    [
      endpoint.orgId,
      endpoint.id,
      endpoint.url,
      JSON.stringify(endpoint.events),
      jsonText(endpoint.filters),
      endpoint.secretName,
      endpoint.createdBy,
      iso(endpoint.createdAt),
    ],
  );
  return row === undefined ? undefined : webhookOf(row);
}

export async function readEndpoint(tx: Tx, id: string): Promise<Webhook | undefined> {
  const [row] = await tx.query(`select ${COLUMNS} from platform.webhook_endpoints where id = $1`, [
    id,
  ]);
  return row === undefined ? undefined : webhookOf(row);
}

export interface After {
  readonly createdAt: string;
  readonly id: string;
}

export async function listEndpoints(
  tx: Tx,
  after: After | undefined,
  limit: number,
): Promise<readonly Webhook[]> {
  const rows = await tx.query(
    `select ${COLUMNS} from platform.webhook_endpoints
     where $1::timestamptz is null or (created_at, id) < ($1::timestamptz, $2::uuid)
     order by created_at desc, id desc limit $3`,
    [after?.createdAt ?? null, after?.id ?? null, limit],
  );
  return rows.map(webhookOf);
}

/** Endpoints that take events now. */
export async function listActive(tx: Tx): Promise<readonly Webhook[]> {
  const rows = await tx.query(
    `select ${COLUMNS} from platform.webhook_endpoints where active order by created_at, id`,
  );
  return rows.map(webhookOf);
}

export interface EndpointChange {
  readonly url: string;
  readonly events: readonly EventType[];
  readonly filters: WebhookFilters;
  readonly active: boolean;
}

/** Undefined when `version` is not the current one. An endpoint that is switched on begins with a clean record. */
export async function updateEndpoint(
  tx: Tx,
  id: string,
  version: number,
  change: EndpointChange,
): Promise<Webhook | undefined> {
  const [row] = await tx.query(
    `update platform.webhook_endpoints set url = $3, events = $4, filters = $5, active = $6,
       disabled_reason = case when $6 then null else disabled_reason end,
       failures = case when $6 and not active then 0 else failures end,
       failing_at = case when $6 and not active then null else failing_at end,
       version = version + 1
     where id = $1 and version = $2 returning ${COLUMNS}`,
    [
      id,
      version,
      change.url,
      JSON.stringify(change.events),
      jsonText(change.filters),
      change.active,
    ],
  );
  return row === undefined ? undefined : webhookOf(row);
}

export async function deleteEndpoint(tx: Tx, id: string, version: number): Promise<boolean> {
  const rows = await tx.query(
    "delete from platform.webhook_endpoints where id = $1 and version = $2 returning id",
    [id, version],
  );
  return rows.length > 0;
}

export interface LockedEndpoint extends EndpointState {
  readonly url: string;
  readonly version: number;
  /** Why the platform switched it off. */
  readonly disabledReason: string | null;
}

/** The state attempts are judged by; the row stays locked until the transaction ends. */
export async function lockEndpoint(tx: Tx, id: string): Promise<LockedEndpoint | undefined> {
  const [row] = await tx.query(
    `select url, active, disabled_reason, failures, failing_at, version
     from platform.webhook_endpoints where id = $1 for update`,
    [id],
  );
  if (row === undefined) return undefined;
  return {
    url: textOf(row, "url"),
    active: row["active"] === true,
    disabledReason: textOrNull(row, "disabled_reason"),
    failures: numberOf(row, "failures"),
    failingAt: instantOrNull(row, "failing_at"),
    version: numberOf(row, "version"),
  };
}

/** A success, or one failure more; a reason switches it off. The version changes only with what people set. */
export async function noteHealth(tx: Tx, id: string, health: Health, at: Instant): Promise<void> {
  await tx.query(
    `update platform.webhook_endpoints set failures = $2, failing_at = $3, last_attempt_at = $4,
       last_success_at = case when $2 = 0 then $4::timestamptz else last_success_at end,
       active = active and $5::text is null, disabled_reason = coalesce(disabled_reason, $5),
       version = version + case when $5::text is null then 0 else 1 end
     where id = $1`,
    [
      id,
      health.failures,
      health.failingAt === null ? null : iso(health.failingAt),
      iso(at),
      health.disabled,
    ],
  );
}
