/** API keys: the list, and the dialogs that make and revoke one. */
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { whyNot } from "../../can.ts";
import { paths } from "../../paths.ts";
import { keysQuery } from "../../queries/keys.ts";
import { useMe } from "../../queries/me.ts";
import { usePrefetched } from "../../queries/prefetched.ts";
import { Table } from "../../table/table.tsx";
import type { Column } from "../../table/table.tsx";
import { Button } from "../../ui/button.tsx";
import { uploadCommand } from "../../ui/commands.ts";
import { Command } from "../../ui/copy.tsx";
import { Empty, Page } from "../../ui/page.tsx";
import { State, Tag } from "../../ui/state.tsx";
import { Time } from "../../ui/time.tsx";
import type { Key } from "../../wire.ts";
import { KeyNew } from "./key-new.tsx";
import { KeyRevoke } from "./key-revoke.tsx";

const route = getRouteApi("/o/$org/keys");

export function KeyList() {
  const me = useMe();
  const org = me.org.slug;
  const search = route.useSearch();
  const navigate = useNavigate();
  const keys = usePrefetched(keysQuery).data.items;
  const close = () => void navigate(paths.keys(org));
  const create = () => void navigate(paths.keys(org, { dialog: "new" }));
  const missing = whyNot(me.grants, "keys.write", "keys");
  const revoke = (key: Key) => void navigate(paths.keys(org, { dialog: "revoke", key: key.id }));
  return (
    <Page
      title="API keys"
      facts="Keys let CI and scripts use the API with the permissions you choose."
      actions={
        keys.length === 0 ? null : (
          <Button variant="primary" icon="keys" onClick={create} disabledReason={missing}>
            Create a key
          </Button>
        )
      }
    >
      {keys.length === 0 ? (
        <Empty
          title="No keys yet"
          action={
            <Button variant="primary" icon="keys" onClick={create} disabledReason={missing}>
              Create a key
            </Button>
          }
        >
          <p>
            Keys appear here with their permissions and their last use. With one, CI sends its
            failed logs:
          </p>
          <Command text={uploadCommand(location.origin)} label="Command that uploads a log" />
        </Empty>
      ) : (
        <Table
          label="API keys"
          columns={columns(revoke, missing)}
          rows={keys}
          rowKey={(key) => key.id}
          current={search.key}
        />
      )}
      <KeyNew grants={me.grants} open={search.dialog === "new"} close={close} />
      <KeyRevoke
        key={search.key}
        target={search.dialog === "revoke" ? keys.find((key) => key.id === search.key) : undefined}
        close={close}
      />
    </Page>
  );
}

const columns = (revoke: (key: Key) => void, missing: string | null): readonly Column<Key>[] => [
  { name: "Name", cell: (key) => <span className="font-medium">{key.name}</span> },
  {
    name: "Key",
    cell: (key) => (
      <span className="font-mono text-sm text-soft">ewk_{key.key_id.slice(0, 6)}…</span>
    ),
  },
  {
    name: "Permissions",
    grow: true,
    wide: true,
    cell: (key) => (
      <span className="inline-flex gap-1">
        {key.grants.map((grant) => (
          <Tag key={grant}>{grant.replace(/@\*\*$/, "")}</Tag>
        ))}
      </span>
    ),
  },
  { name: "State", cell: (key) => <State state={stateOf(key, Date.now())} /> },
  {
    name: "Expires",
    wide: true,
    right: true,
    cell: (key) =>
      key.expires_at === null ? (
        <span className="text-faint">never</span>
      ) : (
        <Time at={key.expires_at} />
      ),
  },
  {
    name: "Last used",
    right: true,
    cell: (key) =>
      key.last_used_at === null ? (
        <span className="text-faint">never</span>
      ) : (
        <Time at={key.last_used_at} />
      ),
  },
  {
    name: "Actions",
    right: true,
    cell: (key) => (
      <Button
        variant="ghost"
        onClick={() => revoke(key)}
        disabledReason={
          missing ?? (key.revoked_at === null ? null : "This key is revoked already.")
        }
      >
        Revoke
      </Button>
    ),
  },
];

function stateOf(key: Key, now: number): "active" | "expired" | "revoked" {
  if (key.revoked_at !== null) return "revoked";
  return key.expires_at !== null && Date.parse(key.expires_at) <= now ? "expired" : "active";
}
