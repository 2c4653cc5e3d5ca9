/** Limits and hour totals in Postgres. Money stays SQL numeric. */
import { numberOrNull, textOf } from "../../adapters/rows.ts";
import { jsonText, type Tx } from "../../adapters/sql.ts";
import type { Instant } from "../../model.ts";
import type { LimitRow } from "../rules.ts";

const iso = (at: Instant): string => new Date(at).toISOString();

/** The tier's limits and the overrides of the scope's organization. */
export async function readLimitRows(tx: Tx, org: string): Promise<readonly LimitRow[]> {
  const rows = await tx.query(
    `select t.limit_name as name, t.value, 'tier' as source from platform.tiers t
       join platform.orgs o on o.tier = t.tier where o.id = $1
     union all select limit_name, value, 'override' from platform.org_limits where org_id = $1`,
    [org],
  );
  return rows.map((row) => ({
    name: textOf(row, "name"),
    value: numberOrNull(row, "value"),
    source: textOf(row, "source") === "tier" ? "tier" : "override",
  }));
}

/**
 * True when a cap of the whole organization with the action `suspend` is used up in this month, whether or not anybody
 * could be told.
 */
export async function isSuspended(tx: Tx, month: string): Promise<boolean> {
  const rows = await tx.query(
    `select 1 from platform.spend_caps c
     where c.scope = 'org' and c.action = 'suspend' and c.usd <= (
       select coalesce(sum(u.cost_usd), 0) from platform.usage_hourly u
       where u.hour >= ($1::text::date::timestamp at time zone 'UTC')
         and u.hour < (($1::text::date + interval '1 month') at time zone 'UTC'))`,
    [month],
  );
  return rows.length > 0;
}

/** One hour's total, absolute: storing it again changes nothing. */
export interface HourTotal {
  readonly hour: Instant;
  readonly meter: string;
  readonly app: string;
  readonly key: string;
  readonly environment: string;
  readonly release: string;
  readonly value: number;
}

/**
 * Stores totals and what they cost. A row keeps the price version it got first: that of its hour [US9]. A total never
 * falls, so that an older copy of the counter takes nothing back [US4].
 */
export async function putTotals(tx: Tx, org: string, totals: readonly HourTotal[]): Promise<void> {
  const rows = totals.map(({ hour, ...total }) => ({ ...total, hour: iso(hour) }));
  await tx.query(
    `insert into platform.usage_hourly as u
       (org_id, hour, meter, app_id, key_id, environment, release, value, price_version, cost_usd)
     select $1, r.hour, r.meter, r.app, r.key, r.environment, r.release, r.value, coalesce(p.version, 0),
       r.value * coalesce(p.usd, 0)
     from jsonb_to_recordset($2::jsonb) as r(hour timestamptz, meter text, app uuid, key uuid, environment text,
       release text, value bigint)
     left join lateral (select b.version, b.usd from platform.price_books b
       where b.meter = r.meter and b.effective_at <= r.hour order by b.version desc limit 1) p on true
     on conflict (org_id, hour, meter, app_id, key_id, environment, release) do update
       set value = greatest(u.value, excluded.value),
         cost_usd = greatest(u.value, excluded.value) * coalesce((select b.usd from platform.price_books b
           where b.meter = u.meter and b.version = u.price_version), 0)`,
    [org, jsonText(rows)],
  );
}

/** Sets one limit of the scope's organization, or gives it back to the tier. @returns the override before, undefined for none */
export async function putLimit(
  tx: Tx,
  org: string,
  { name, value }: { readonly name: string; readonly value: number | null },
): Promise<number | null | undefined> {
  const [before] = await tx.query(
    "select value from platform.org_limits where limit_name = $1 for update",
    [name],
  );
  await tx.query(
    `insert into platform.org_limits (org_id, limit_name, value) values ($1, $2, $3)
     on conflict (org_id, limit_name) do update set value = excluded.value`,
    [org, name, value],
  );
  return before === undefined ? undefined : numberOrNull(before, "value");
}

export async function deleteLimit(tx: Tx, name: string): Promise<number | null | undefined> {
  const [before] = await tx.query(
    "delete from platform.org_limits where limit_name = $1 returning value",
    [name],
  );
  return before === undefined ? undefined : numberOrNull(before, "value");
}

/** The organization of the scope, locked against another change of its limits. */
export async function lockOrg(tx: Tx, org: string): Promise<boolean> {
  const rows = await tx.query("select 1 from platform.orgs where id = $1 for no key update", [org]);
  return rows.length > 0;
}

export async function readTier(tx: Tx, org: string): Promise<string> {
  const [row] = await tx.query("select tier from platform.orgs where id = $1", [org]);
  return row === undefined ? "" : textOf(row, "tier");
}
