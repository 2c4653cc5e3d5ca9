/** Spend caps: how much of each is spent this month, and what happens at its end [US8]. */
import { useNavigate } from "@tanstack/react-router";
import { whyNot } from "../../can.ts";
import { paths } from "../../paths.ts";
import type { UsageSearch } from "../../search.ts";
import { Table } from "../../table/table.tsx";
import type { Column } from "../../table/table.tsx";
import { Button } from "../../ui/button.tsx";
import { Empty } from "../../ui/page.tsx";
import { Tag } from "../../ui/state.tsx";
import type { SpendCap } from "../../wire.ts";
import { money } from "./meters.ts";

interface CapListProps {
  readonly org: string;
  readonly caps: readonly SpendCap[];
  readonly grants: readonly string[];
  readonly kept: UsageSearch;
}

export function CapList({ org, caps, grants, kept }: CapListProps) {
  const navigate = useNavigate();
  const missing = whyNot(grants, "usage.write", "usage");
  const edit = (scope: string) =>
    void navigate(paths.usage(org, { ...kept, dialog: "cap", scope }));
  if (caps.length === 0)
    return (
      <Empty
        title="No spend cap"
        action={
          <Button icon="plus" disabledReason={missing} onClick={() => edit("org")}>
            Set a cap
          </Button>
        }
      >
        <p>
          A cap names an amount per calendar month. Members are told at 50, 75 and 100 % of it; if
          you choose so, new metered work is refused from then on.
        </p>
      </Empty>
    );
  return (
    <Table
      label="Spend caps"
      columns={columns(edit, missing)}
      rows={caps}
      rowKey={(cap) => cap.scope}
    />
  );
}

const columns = (
  edit: (scope: string) => void,
  missing: string | null,
): readonly Column<SpendCap>[] => [
  { name: "For", cell: (cap) => <Scope of={cap} /> },
  {
    name: "At 100 %",
    grow: true,
    cell: (cap) => <span className="text-soft">{effectOf(cap)}</span>,
  },
  {
    name: "Told at",
    wide: true,
    right: true,
    cell: ({ notified }) =>
      notified === 0 ? (
        <span className="text-faint">not yet</span>
      ) : (
        <Tag tone={notified >= 100 ? "fail" : "warn"}>{`${notified} %`}</Tag>
      ),
  },
  { name: "Spent", right: true, cell: (cap) => money(cap.spent_usd) },
  { name: "Cap", right: true, cell: (cap) => money(cap.usd) },
  {
    name: "Actions",
    right: true,
    cell: (cap) => (
      <Button variant="ghost" disabledReason={missing} onClick={() => edit(cap.scope)}>
        Edit
      </Button>
    ),
  },
];

function Scope({ of: { scope } }: { of: SpendCap }) {
  return scope === "org" ? (
    <span className="font-medium">the organization</span>
  ) : (
    <span className="font-mono text-sm">{scope}</span>
  );
}

export function effectOf({ action, hard }: Pick<SpendCap, "action" | "hard">): string {
  if (action === "notify") return "members are told, nothing stops";
  return hard ? "new work is refused, live apps stop too" : "new work is refused, live apps go on";
}
