/** Figures of one organization that Postgres holds. */
import { numberOf, textOf } from "../adapters/rows.ts";
import type { Tx } from "../adapters/sql.ts";
import type { Labelled } from "./model.ts";

export const listOrgIds = async (tx: Tx): Promise<readonly string[]> =>
  (await tx.query("select id from platform.list_org_ids() as id")).map((row) => textOf(row, "id"));

/** Open tasks by DAG. */
export const readBacklog = async (tx: Tx): Promise<readonly Labelled[]> =>
  labelled(
    await tx.query("select dag_id as label, backlog as value from platform.dispatcher_heads"),
  );

/** Deliveries that wait, by status. */
export const readDeliveries = async (tx: Tx): Promise<readonly Labelled[]> =>
  labelled(
    await tx.query(
      `select status as label, count(*) as value from platform.deliveries
       where status in ('pending', 'sending', 'retry', 'deferred') group by 1`,
    ),
  );

const labelled = (rows: readonly Readonly<Record<string, unknown>>[]): readonly Labelled[] =>
  rows.map((row) => ({ label: textOf(row, "label"), value: numberOf(row, "value") }));
