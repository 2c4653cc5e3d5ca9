/** One key in a drawer that the URL opens (`?key=`): everything known about it, and what can be done. */
import { Link, useNavigate } from "@tanstack/react-router";
import { paths } from "../../paths.ts";
import type { KeysSearch } from "../../search.ts";
import { Button } from "../../ui/button.tsx";
import { Drawer } from "../../ui/drawer.tsx";
import { Fact, Facts } from "../../ui/facts.tsx";
import { State, Tag } from "../../ui/state.tsx";
import { FullTime, Time, useNow } from "../../ui/time.tsx";
import type { Key } from "../../wire.ts";
import { keyMark, keyState, predecessorOf, whyNotKey } from "./key-state.ts";

interface KeyDrawerProps {
  readonly org: string;
  readonly grants: readonly string[];
  readonly keys: readonly Key[];
  readonly target: Key | undefined;
  /** The search without dialog and key: filters stay when a drawer opens or closes. */
  readonly kept: KeysSearch;
  readonly close: () => void;
}

export function KeyDrawer({ org, grants, keys, target, kept, close }: KeyDrawerProps) {
  const navigate = useNavigate();
  const now = useNow();
  if (target === undefined)
    return (
      <Drawer title="Key" open={false} close={close}>
        {null}
      </Drawer>
    );
  const go = (dialog: "edit" | "rotate" | "revoke") =>
    void navigate(paths.keys(org, { ...kept, dialog, key: target.id }));
  const why = (action: "edit" | "rotate" | "revoke") => whyNotKey(grants, action, target, now);
  return (
    <Drawer
      title={target.name}
      beside={<State state={keyState(target, now)} />}
      open
      close={close}
      actions={
        <>
          <Button onClick={() => go("edit")} disabledReason={why("edit")}>
            Edit
          </Button>
          <Button icon="retry" onClick={() => go("rotate")} disabledReason={why("rotate")}>
            Rotate
          </Button>
          <Button variant="danger" onClick={() => go("revoke")} disabledReason={why("revoke")}>
            Revoke
          </Button>
        </>
      }
    >
      <KeyFacts org={org} keys={keys} target={target} kept={kept} />
    </Drawer>
  );
}

type KeyFactsProps = Pick<KeyDrawerProps, "org" | "keys" | "kept"> & { readonly target: Key };

function KeyFacts({ org, keys, target, kept }: KeyFactsProps) {
  const successor = keys.find((key) => key.id === target.replaced_by);
  const predecessor = predecessorOf(keys, target);
  const linkTo = (key: Key) => (
    <Link {...paths.keys(org, { ...kept, key: key.id })} className="underline hover:text-accent">
      {key.name} <span className="font-mono text-sm">{keyMark(key)}</span>
    </Link>
  );
  return (
    <Facts>
      <Fact name="Key">
        <span className="font-mono text-sm">{keyMark(target)}</span>
      </Fact>
      <Fact name="Made">
        <FullTime at={target.created_at} />
      </Fact>
      <Fact name="Last used">
        {target.last_used_at === null ? "never" : <Time at={target.last_used_at} />}
      </Fact>
      <Fact name="Expires">
        {target.expires_at === null ? "never" : <FullTime at={target.expires_at} />}
      </Fact>
      {target.revoked_at === null ? null : (
        <Fact name="Revoked">
          <FullTime at={target.revoked_at} />
        </Fact>
      )}
      {successor === undefined ? null : <Fact name="Successor">{linkTo(successor)}</Fact>}
      {predecessor === undefined ? null : (
        <Fact name="Took the place of">{linkTo(predecessor)}</Fact>
      )}
      <Fact name="Permissions">
        <ul className="flex flex-wrap gap-1">
          {target.grants.map((grant) => (
            <li key={grant} className="max-w-full">
              <Tag>{grant.replace(/@\*\*$/, "")}</Tag>
            </li>
          ))}
        </ul>
      </Fact>
    </Facts>
  );
}
