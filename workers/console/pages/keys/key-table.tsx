/** The keys as a table; a name opens the drawer, what cannot be done to a key says why. */
import { Link, useNavigate } from "@tanstack/react-router";
import { paths } from "../../paths.ts";
import type { KeysSearch } from "../../search.ts";
import { Table } from "../../table/table.tsx";
import type { Column } from "../../table/table.tsx";
import { Button } from "../../ui/button.tsx";
import { State, Tag } from "../../ui/state.tsx";
import { Time, useNow } from "../../ui/time.tsx";
import type { Key } from "../../wire.ts";
import { keyMark, keyState, whyNotKey } from "./key-state.ts";

interface KeyTableProps {
  readonly org: string;
  /** All keys: a successor need not be among the shown ones. */
  readonly keys: readonly Key[];
  readonly shown: readonly Key[];
  readonly search: KeysSearch;
  readonly grants: readonly string[];
}

/** Permissions shown in a row; the drawer has them all. */
const TAGS_MAX = 2;

export function KeyTable({ org, keys, shown, search, grants }: KeyTableProps) {
  const { dialog: _, key: selected, ...kept } = search;
  const now = useNow();
  const columns: readonly Column<Key>[] = [
    {
      name: "Name",
      cell: (key) => (
        <Link
          {...paths.keys(org, { ...kept, key: key.id })}
          className="inline-block max-w-44 truncate align-bottom font-medium hover:underline"
        >
          {key.name}
        </Link>
      ),
    },
    {
      name: "Key",
      wide: true,
      cell: (key) => <span className="font-mono text-sm text-soft">{keyMark(key)}</span>,
    },
    { name: "Permissions", grow: true, wide: true, cell: (key) => <Permissions of={key} /> },
    { name: "State", cell: (key) => <KeyStateCell of={key} keys={keys} now={now} /> },
    { name: "Expires", wide: true, right: true, cell: (key) => <When at={key.expires_at} /> },
    { name: "Last used", right: true, cell: (key) => <When at={key.last_used_at} /> },
    {
      name: "Actions",
      wide: true,
      right: true,
      cell: (key) => <Actions org={org} grants={grants} of={key} kept={kept} now={now} />,
    },
  ];
  return (
    <Table
      label="API keys"
      columns={columns}
      rows={shown}
      rowKey={(key) => key.id}
      current={selected}
    />
  );
}

function Permissions({ of: { grants } }: { of: Key }) {
  const rest = grants.length - TAGS_MAX;
  return (
    <span className="inline-flex gap-1">
      {grants.slice(0, TAGS_MAX).map((grant) => (
        <Tag key={grant}>{grant.replace(/@\*\*$/, "")}</Tag>
      ))}
      {rest > 0 ? <span className="text-sm text-faint">+{rest}</span> : null}
    </span>
  );
}

interface StateCellProps {
  readonly of: Key;
  readonly keys: readonly Key[];
  readonly now: number;
}

function KeyStateCell({ of, keys, now }: StateCellProps) {
  const successor = keys.find((key) => key.id === of.replaced_by);
  return (
    <span className="flex items-center gap-1.5">
      <State state={keyState(of, now)} />
      {successor === undefined ? null : (
        <span className="font-mono text-xs text-faint max-md:hidden">→ {keyMark(successor)}</span>
      )}
    </span>
  );
}

const When = ({ at }: { at: string | null }) =>
  at === null ? <span className="text-faint">never</span> : <Time at={at} />;

interface ActionsProps {
  readonly org: string;
  readonly grants: readonly string[];
  readonly of: Key;
  readonly kept: KeysSearch;
  readonly now: number;
}

function Actions({ org, grants, of, kept, now }: ActionsProps) {
  const navigate = useNavigate();
  const go = (dialog: "rotate" | "revoke") =>
    void navigate(paths.keys(org, { ...kept, dialog, key: of.id }));
  return (
    <span className="-mr-2 inline-flex gap-1">
      <Button
        variant="ghost"
        onClick={() => go("rotate")}
        disabledReason={whyNotKey(grants, "rotate", of, now)}
      >
        Rotate
      </Button>
      <Button
        variant="ghost"
        onClick={() => go("revoke")}
        disabledReason={whyNotKey(grants, "revoke", of, now)}
      >
        Revoke
      </Button>
    </span>
  );
}
