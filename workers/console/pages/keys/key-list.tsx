/** API keys: the list with its filter, the drawer of one key, and the dialogs that make, change, rotate and revoke one. */
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { whyNot } from "../../can.ts";
import { Select } from "../../forms/field.tsx";
import { paths } from "../../paths.ts";
import { keysQuery } from "../../queries/keys.ts";
import { useMe } from "../../queries/me.ts";
import { usePrefetched } from "../../queries/prefetched.ts";
import type { KeysSearch } from "../../search.ts";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { uploadCommand } from "../../ui/commands.ts";
import { Command } from "../../ui/copy.tsx";
import { plural } from "../../ui/format.ts";
import { Empty, Page } from "../../ui/page.tsx";
import { useNow } from "../../ui/time.tsx";
import type { Key } from "../../wire.ts";
import { KeyDrawer } from "./key-detail.tsx";
import { KeyEdit } from "./key-edit.tsx";
import { KeyNew } from "./key-new.tsx";
import { KeyRevoke } from "./key-revoke.tsx";
import { KeyRotate } from "./key-rotate.tsx";
import { KEY_STATES, keyState } from "./key-state.ts";
import { KeyTable } from "./key-table.tsx";

const route = getRouteApi("/o/$org/keys");

export function KeyList() {
  const me = useMe();
  const org = me.org.slug;
  const search = route.useSearch();
  const { dialog, key: selected, ...kept } = search;
  const navigate = useNavigate();
  const keys = usePrefetched(keysQuery).data;
  const missing = whyNot(me.grants, "keys.write", "keys");
  const make = (
    <Button
      variant="primary"
      icon="plus"
      onClick={() => void navigate(paths.keys(org, { ...kept, dialog: "new" }))}
      disabledReason={missing}
    >
      Create a key
    </Button>
  );
  const target = keys.find((key) => key.id === selected);
  const close = () => void navigate(paths.keys(org, kept));
  return (
    <Page
      title="API keys"
      facts="Keys let CI and scripts use the API with the permissions you choose."
      actions={keys.length === 0 ? null : make}
    >
      {keys.length === 0 ? (
        <NoKeys make={make} />
      ) : (
        <Filtered org={org} keys={keys} search={search} grants={me.grants} />
      )}
      <KeyNew grants={me.grants} open={dialog === "new" && missing === null} close={close} />
      <KeyDrawer
        org={org}
        grants={me.grants}
        keys={keys}
        target={dialog === undefined ? target : undefined}
        kept={kept}
        close={close}
      />
      <KeyEdit
        key={`edit ${selected}`}
        target={dialog === "edit" ? target : undefined}
        close={close}
      />
      <KeyRotate
        key={`rotate ${selected}`}
        target={dialog === "rotate" ? target : undefined}
        close={close}
      />
      <KeyRevoke
        key={`revoke ${selected}`}
        target={dialog === "revoke" ? target : undefined}
        close={close}
      />
    </Page>
  );
}

const STATE_LABELS = {
  active: "Active",
  retiring: "Rotated, still working",
  expired: "Expired",
  revoked: "Revoked",
} as const;

interface FilteredProps {
  readonly org: string;
  readonly keys: readonly Key[];
  readonly search: KeysSearch;
  readonly grants: readonly string[];
}

function Filtered({ org, keys, search, grants }: FilteredProps) {
  const navigate = useNavigate();
  const now = useNow();
  const shown =
    search.status === undefined ? keys : keys.filter((key) => keyState(key, now) === search.status);
  const live = keys.filter((key) => ["active", "retiring"].includes(keyState(key, now))).length;
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <Select
          label="State"
          value={search.status ?? ""}
          options={[
            { value: "", label: "Any" },
            ...KEY_STATES.map((state) => ({ value: state, label: STATE_LABELS[state] })),
          ]}
          change={(status) => void navigate(paths.keys(org, { status }))}
        />
        <span className="text-faint">{plural(live, "key")} of at most 100 work now</span>
      </div>
      {shown.length === 0 ? (
        <Empty
          title="No key is in this state"
          action={<ButtonLink {...paths.keys(org)}>Show all keys</ButtonLink>}
        >
          <p>Other keys exist; this filter leaves none.</p>
        </Empty>
      ) : (
        <KeyTable org={org} keys={keys} shown={shown} search={search} grants={grants} />
      )}
    </>
  );
}

function NoKeys({ make }: { make: ReactNode }) {
  return (
    <Empty title="No keys yet" action={make}>
      <p>
        Keys appear here with their permissions and their last use. With one, CI sends its failed
        logs:
      </p>
      <Command text={uploadCommand(location.origin)} label="Command that uploads a log" />
    </Empty>
  );
}
