/** What was used and what it costs, summed up by Postgres. Money leaves as decimal text. */
import { numberOf, textOf, textOrNull } from "../../adapters/rows.ts";
import type { SqlRow, Tx } from "../../adapters/sql.ts";
import { MAX_METERS, Meter, type UsageLine, type UsageReport, type UsageRow } from "../model.ts";

const NO_ID = "00000000-0000-0000-0000-000000000000";
const idOrNull = (row: SqlRow, column: string): string | null => {
  const id = textOrNull(row, column);
  return id === NO_ID ? null : id;
};

/** Rows of one report; more are refused, not cut off. */
export const REPORT_ROWS_MAX = 10_000;

/** Hours add up, but for the meters whose largest value counts. */
const VALUE = `case when meter = any($3::text[]) then max(value) else sum(value) end::bigint as value`;
const COST = "sum(cost_usd)::text as cost_usd";

/** By group: what is selected and grouped by. Constant texts, so nothing of a request reaches the statement. */
const GROUPS: Readonly<Record<UsageReport["group"], string>> = {
  meter: `select null::timestamptz as period_start, meter, null::uuid as key_id, null::uuid as app_id, ${VALUE}, ${COST}
    from platform.usage_hourly where hour >= $1 and hour < $2 group by meter order by meter limit $4`,
  hour: `select hour as period_start, meter, null::uuid as key_id, null::uuid as app_id, ${VALUE}, ${COST}
    from platform.usage_hourly where hour >= $1 and hour < $2 group by hour, meter order by hour, meter limit $4`,
  day: `select date_trunc('day', hour, 'UTC') as period_start, meter, null::uuid as key_id, null::uuid as app_id, ${VALUE}, ${COST}
    from platform.usage_hourly where hour >= $1 and hour < $2 group by 1, meter order by 1, meter limit $4`,
  key: `select null::timestamptz as period_start, meter, key_id, null::uuid as app_id, ${VALUE}, ${COST}
    from platform.usage_hourly where hour >= $1 and hour < $2 group by key_id, meter order by key_id, meter limit $4`,
};

export interface Range {
  readonly from: string;
  readonly to: string;
}

/** At most REPORT_ROWS_MAX + 1 rows: one more than allowed tells that there are too many. */
export async function readUsage(
  tx: Tx,
  { from, to }: Range,
  group: UsageReport["group"],
): Promise<readonly UsageRow[]> {
  const rows = await tx.query(GROUPS[group], [from, to, [...MAX_METERS], REPORT_ROWS_MAX + 1]);
  return rows.map((row) => ({
    period_start: textOrNull(row, "period_start"),
    meter: Meter.parse(row["meter"]),
    key_id: idOrNull(row, "key_id"),
    app_id: idOrNull(row, "app_id"),
    value: numberOf(row, "value"),
    cost_usd: textOf(row, "cost_usd"),
  }));
}

export async function totalCost(tx: Tx, { from, to }: Range): Promise<string> {
  const [row] = await tx.query(
    "select coalesce(sum(cost_usd), 0)::numeric(20, 9)::text as cost from platform.usage_hourly where hour >= $1 and hour < $2",
    [from, to],
  );
  return row === undefined ? "0" : textOf(row, "cost");
}

/** The priced lines of a period: one per thing and price version [C4.7]. */
export async function readLines(tx: Tx, { from, to }: Range): Promise<readonly UsageLine[]> {
  const rows = await tx.query(
    `select u.meter, u.key_id, u.app_id, u.environment, u.release, u.price_version,
       case when u.meter = any($3::text[]) then max(u.value) else sum(u.value) end::bigint as value,
       coalesce(max(b.usd), 0)::numeric(20, 12)::text as unit_usd, sum(u.cost_usd)::text as cost_usd
     from platform.usage_hourly u left join platform.price_books b
       on b.version = u.price_version and b.meter = u.meter
     where u.hour >= $1 and u.hour < $2
     group by u.meter, u.key_id, u.app_id, u.environment, u.release, u.price_version
     order by u.meter, u.key_id, u.app_id, u.environment, u.release, u.price_version limit $4`,
    [from, to, [...MAX_METERS], REPORT_ROWS_MAX + 1],
  );
  return rows.map((row) => ({
    period_start: from,
    period_end: to,
    meter: Meter.parse(row["meter"]),
    key_id: idOrNull(row, "key_id"),
    app_id: idOrNull(row, "app_id"),
    environment: textOf(row, "environment"),
    release: textOf(row, "release"),
    value: numberOf(row, "value"),
    price_version: numberOf(row, "price_version"),
    unit_usd: textOf(row, "unit_usd"),
    cost_usd: textOf(row, "cost_usd"),
  }));
}
