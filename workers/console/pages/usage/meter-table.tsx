/** The sums of a month by meter; choosing one shows it by day and by key. */
import { Link } from "@tanstack/react-router";
import { paths } from "../../paths.ts";
import type { UsageSearch } from "../../search.ts";
import { Table } from "../../table/table.tsx";
import type { Column } from "../../table/table.tsx";
import { Empty } from "../../ui/page.tsx";
import type { Meter, UsageRow } from "../../wire.ts";
import { amount, METER_NAMES, METERS, money } from "./meters.ts";

interface MeterTableProps {
  readonly org: string;
  readonly rows: readonly UsageRow[];
  readonly meter: Meter;
  readonly kept: UsageSearch;
}

export function MeterTable({ org, rows, meter, kept }: MeterTableProps) {
  const shown = METER_NAMES.flatMap((name) => rows.filter((row) => row.meter === name));
  if (shown.length === 0)
    return (
      <Empty title="Nothing was used in this month">
        <p>Requests, tasks, bytes and their cost appear here as they are counted, by the hour.</p>
      </Empty>
    );
  const columns: readonly Column<UsageRow>[] = [
    {
      name: "Meter",
      grow: true,
      cell: (row) => (
        <>
          <Link
            {...paths.usage(org, { ...kept, meter: row.meter })}
            resetScroll={false}
            className="font-medium hover:underline"
          >
            {METERS[row.meter].label}
          </Link>{" "}
          <span className="font-mono text-sm text-faint max-md:hidden">{row.meter}</span>
        </>
      ),
    },
    {
      name: "Used",
      right: true,
      cell: (row) => amount(row.value, METERS[row.meter].unit),
    },
    { name: "Cost", right: true, cell: (row) => money(row.cost_usd) },
  ];
  return (
    <Table
      label="Usage by meter"
      columns={columns}
      rows={shown}
      rowKey={(row) => row.meter}
      current={meter}
    />
  );
}
