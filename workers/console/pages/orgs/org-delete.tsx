/** The dialog that ends an organization: what that means, and its name to type [CN9]. */
import { useQuery } from "@tanstack/react-query";
import { paths } from "../../paths.ts";
import { useAction } from "../../queries/action.ts";
import { useStartAnew } from "../../queries/anew.ts";
import { keysQuery } from "../../queries/keys.ts";
import { membersQuery } from "../../queries/members.ts";
import { deleteOrg } from "../../queries/orgs.ts";
import { Confirm } from "../../ui/dialog.tsx";
import { plural } from "../../ui/format.ts";
import type { Me, Org } from "../../wire.ts";

interface OrgDeleteProps {
  readonly org: Org;
  readonly me: Me;
  readonly open: boolean;
  readonly close: () => void;
}

export function OrgDelete({ org, me, open, close }: OrgDeleteProps) {
  const startAnew = useStartAnew();
  const members = useQuery({ ...membersQuery(), enabled: open });
  const keys = useQuery({ ...keysQuery, enabled: open });
  const remove = useAction({
    run: deleteOrg,
    quiet: true,
    done: () => startAnew(paths.home()),
  });
  const others = (members.data?.items.length ?? 1) - 1;
  const live = keys.data?.filter((key) => key.revoked_at === null).length ?? 0;
  return (
    <Confirm
      title={`Delete ${org.name}?`}
      open={open}
      close={close}
      action="Delete the organization"
      run={() => remove.mutate(org.version)}
      pending={remove.isPending}
      error={remove.error}
      typed={org.name}
      consequences={[
        others > 0
          ? `You and ${plural(others, "other member")} lose access at once.`
          : "You lose access at once.",
        live > 0
          ? `${plural(live, "API key")} and all webhooks stop within 30 seconds.`
          : "All API keys and webhooks stop.",
        "After 30 days everything in it is erased for good; until then only the operator of this installation can bring it back.",
        me.orgs.length > 1
          ? "You stay in your other organizations."
          : "It is your only organization: afterwards you need an invitation or a new one.",
      ]}
    />
  );
}
