/** The sealed ends of days: what a writer of the database cannot forge any more [AU6]. */
import { useQuery } from "@tanstack/react-query";
import { headsQuery } from "../../queries/audit.ts";
import { Table } from "../../table/table.tsx";
import type { Column } from "../../table/table.tsx";
import { CopyButton } from "../../ui/copy.tsx";
import { InlineError } from "../../ui/failure.tsx";
import { Bar } from "../../ui/skeleton.tsx";
import { Time } from "../../ui/time.tsx";
import type { AuditHead } from "../../wire.ts";

export function HeadList() {
  const read = useQuery(headsQuery);
  if (read.error !== null && read.data === undefined) return <InlineError error={read.error} />;
  if (read.data === undefined)
    return (
      <div role="status" aria-label="Loading" className="appear-late">
        <Bar className="h-18 w-full" />
      </div>
    );
  if (read.data.items.length === 0)
    return (
      <p className="rounded-lg border border-dashed border-edge px-4 py-3 text-soft">
        No day is sealed yet. Each day that has records is signed and put aside at its end; what is
        sealed cannot be forged, not even by who can write to the database.
      </p>
    );
  return (
    <Table
      label="Sealed days"
      columns={COLUMNS}
      rows={read.data.items}
      rowKey={(head) => String(head.seq)}
    />
  );
}

const COLUMNS: readonly Column<AuditHead>[] = [
  { name: "Sealed", cell: (head) => <Time at={head.at} /> },
  {
    name: "Up to record",
    right: true,
    cell: (head) => <span className="font-mono text-sm">#{head.seq}</span>,
  },
  {
    name: "Hash",
    grow: true,
    cell: (head) => (
      <span className="flex items-center gap-1">
        <span className="min-w-0 truncate font-mono text-sm text-soft">{head.hash}</span>
        <CopyButton text={head.hash} label={`Copy the hash of record ${head.seq}`} />
      </span>
    ),
  },
  {
    name: "Signed by",
    wide: true,
    cell: (head) => (
      <span className="inline-block max-w-32 truncate align-bottom font-mono text-sm text-faint">
        {head.kid}
      </span>
    ),
  },
];
