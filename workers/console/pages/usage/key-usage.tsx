/** One meter of one month by API key. Who may not read keys sees their ids. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { permits } from "../../can.ts";
import { paths } from "../../paths.ts";
import { keysQuery } from "../../queries/keys.ts";
import { monthQuery } from "../../queries/usage.ts";
import { Table } from "../../table/table.tsx";
import type { Column } from "../../table/table.tsx";
import { InlineError } from "../../ui/failure.tsx";
import { Bar } from "../../ui/skeleton.tsx";
import type { Key, Meter, UsageRow } from "../../wire.ts";
import { amount, METERS, money } from "./meters.ts";

interface KeyUsageProps {
  readonly org: string;
  readonly month: string;
  readonly meter: Meter;
  readonly grants: readonly string[];
}

export function KeyUsage({ org, month, meter, grants }: KeyUsageProps) {
  const read = useQuery(monthQuery(month, "key"));
  const named = useQuery({ ...keysQuery, enabled: permits(grants, "keys.read", "keys") });
  if (read.error !== null && read.data === undefined) return <InlineError error={read.error} />;
  if (read.data === undefined)
    return (
      <div role="status" aria-label="Loading" className="appear-late">
        <Bar className="h-18 w-full" />
      </div>
    );
  const rows = read.data.rows
    .filter((row) => row.meter === meter && row.value > 0)
    .toSorted((a, b) => b.value - a.value);
  if (rows.length === 0)
    return (
      <p className="rounded-lg border border-dashed border-edge px-4 py-3 text-soft">
        Nothing of this meter in this month.
      </p>
    );
  return (
    <Table
      label="Usage by key"
      columns={columns(org, meter, named.data ?? [])}
      rows={rows}
      rowKey={(row) => row.key_id ?? "none"}
    />
  );
}

const columns = (org: string, meter: Meter, keys: readonly Key[]): readonly Column<UsageRow>[] => [
  { name: "Key", grow: true, cell: (row) => <KeyName org={org} id={row.key_id} keys={keys} /> },
  { name: "Used", right: true, cell: (row) => amount(row.value, METERS[meter].unit) },
  { name: "Cost", right: true, cell: (row) => money(row.cost_usd) },
];

interface KeyNameProps {
  readonly org: string;
  readonly id: string | null;
  readonly keys: readonly Key[];
}

function KeyName({ org, id, keys }: KeyNameProps) {
  if (id === null) return <span className="text-soft">no key: people and the platform</span>;
  const key = keys.find((candidate) => candidate.id === id);
  if (key === undefined) return <span className="font-mono text-sm text-soft">{id}</span>;
  return (
    <Link {...paths.keys(org, { key: id })} className="font-medium hover:underline">
      {key.name}
    </Link>
  );
}
