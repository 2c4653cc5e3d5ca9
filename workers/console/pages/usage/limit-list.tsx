/** Each limit: used, reserved, limit, reset; the bar says it at a glance [CN12]. */
import { Table } from "../../table/table.tsx";
import type { Column } from "../../table/table.tsx";
import { Tag } from "../../ui/state.tsx";
import { Time } from "../../ui/time.tsx";
import type { LimitState } from "../../wire.ts";
import { amount, eachOf, LIMITS, shareOf } from "./meters.ts";

export function LimitList({ limits }: { limits: readonly LimitState[] }) {
  return <Table label="Limits" columns={COLUMNS} rows={limits} rowKey={(limit) => limit.name} />;
}

const text = (limit: LimitState, value: number): string => amount(value, LIMITS[limit.name].unit);

const counts = ({ name }: LimitState): boolean => eachOf(name) === null;

const COLUMNS: readonly Column<LimitState>[] = [
  {
    name: "Limit",
    cell: (limit) => (
      <>
        <span className="inline-flex items-center gap-2">
          <span className="font-medium">{LIMITS[limit.name].label}</span>
          {limit.source === "override" ? <Tag tone="run">agreed</Tag> : null}
        </span>
        <Narrow of={limit} />
      </>
    ),
  },
  {
    name: "",
    grow: true,
    wide: true,
    cell: (limit) => (counts(limit) ? <Bar of={limit} /> : null),
  },
  {
    name: "Used",
    right: true,
    cell: (limit) =>
      counts(limit) ? (
        text(limit, limit.used)
      ) : (
        <span className="text-faint">{eachOf(limit.name)}</span>
      ),
  },
  {
    name: "Reserved",
    right: true,
    wide: true,
    cell: (limit) => (counts(limit) ? text(limit, limit.reserved) : <None />),
  },
  {
    name: "At most",
    right: true,
    cell: (limit) => (limit.limit === null ? "unlimited" : text(limit, limit.limit)),
  },
  {
    name: "Starts over",
    right: true,
    wide: true,
    cell: ({ resets_at: at }) => (at === null ? <None /> : <Time at={at} />),
  },
];

/** On a phone the columns that do not fit stand under the name. */
function Narrow({ of }: { of: LimitState }) {
  if (!counts(of)) return null;
  return (
    <span className="block text-sm text-faint md:hidden">
      {text(of, of.reserved)} reserved
      {of.resets_at === null ? null : (
        <>
          , over <Time at={of.resets_at} />
        </>
      )}
    </span>
  );
}

const None = () => <span className="text-faint">–</span>;

const FILL = { ok: "bg-accent", warn: "bg-warn", fail: "bg-fail" } as const;

/** Reserved is lighter than used: it may come back. The numbers stand beside it, so it is hidden from readers. */
function Bar({ of }: { of: LimitState }) {
  const share = shareOf(of.used, of.reserved, of.limit);
  if (share === null) return null;
  return (
    <span aria-hidden="true" className="flex h-1.5 w-full overflow-hidden rounded-sm bg-raised">
      <span className={FILL[share.tone]} style={{ width: `${share.used}%` }} />
      <span className={`${FILL[share.tone]} opacity-40`} style={{ width: `${share.reserved}%` }} />
    </span>
  );
}
