/** Spend caps in Postgres, each with what its scope has cost in this month. */
import { numberOf, textOf } from "../../adapters/rows.ts";
import type { SqlRow, Tx } from "../../adapters/sql.ts";
import { SpendCap } from "../model.ts";

/** A cap's `notified` counts only in the month it was sent in. $1 is the first day of this month. */
const SELECT = `select c.scope, c.usd::text as usd, c.action, c.hard, c.version,
    case when c.month = $1::text::date then c.notified else 0 end as notified,
    coalesce((select sum(u.cost_usd) from platform.usage_hourly u
      where u.hour >= ($1::text::date::timestamp at time zone 'UTC')
        and u.hour < (($1::text::date + interval '1 month') at time zone 'UTC')
        and (c.scope = 'org' or c.scope = 'app.' || u.app_id::text)), 0)::numeric(20, 9)::text as spent_usd
  from platform.spend_caps c`;

const capOf = (row: SqlRow): SpendCap =>
  SpendCap.parse({
    scope: textOf(row, "scope"),
    usd: textOf(row, "usd"),
    action: textOf(row, "action"),
    hard: row["hard"],
    spent_usd: textOf(row, "spent_usd"),
    notified: numberOf(row, "notified"),
    version: numberOf(row, "version"),
  });

export async function listCaps(tx: Tx, month: string): Promise<readonly SpendCap[]> {
  const rows = await tx.query(`${SELECT} order by c.scope`, [month]);
  return rows.map((row) => capOf(row));
}

export async function readCap(tx: Tx, month: string, scope: string): Promise<SpendCap | undefined> {
  const [row] = await tx.query(`${SELECT} where c.scope = $2 for update of c`, [month, scope]);
  return row === undefined ? undefined : capOf(row);
}

export interface CapChange {
  readonly org: string;
  readonly scope: string;
  readonly usd: string;
  readonly action: SpendCap["action"];
  readonly hard: boolean;
  readonly notified: number;
  readonly month: string;
}

/** @returns false when another request made the first cap of this scope meanwhile */
export async function insertCap(tx: Tx, cap: CapChange): Promise<boolean> {
  const rows = await tx.query(
    `insert into platform.spend_caps (org_id, scope, usd, action, hard, notified, month)
     values ($1, $2, $3::numeric, $4, $5, $6, $7::date) on conflict do nothing returning 1`,
    [cap.org, cap.scope, cap.usd, cap.action, cap.hard, cap.notified, cap.month],
  );
  return rows.length > 0;
}

export async function updateCap(tx: Tx, cap: CapChange, version: number): Promise<boolean> {
  const rows = await tx.query(
    `update platform.spend_caps set usd = $2::numeric, action = $3, hard = $4, notified = $5, month = $6::date,
       version = version + 1 where scope = $1 and version = $7 returning 1`,
    [cap.scope, cap.usd, cap.action, cap.hard, cap.notified, cap.month, version],
  );
  return rows.length > 0;
}

/** Notes that a notice was asked for; a later one of the same month stays, and so does a cap that was changed meanwhile. */
export async function setNotified(
  tx: Tx,
  { scope, notified, month, version }: Noticed,
): Promise<void> {
  await tx.query(
    `update platform.spend_caps set month = $3::date,
       notified = case when month = $3::date then greatest(notified, $2) else $2 end
     where scope = $1 and version = $4`,
    [scope, notified, month, version],
  );
}

type Noticed = Pick<CapChange, "scope" | "notified" | "month"> & Pick<SpendCap, "version">;
