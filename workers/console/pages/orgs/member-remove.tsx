/** The dialog that removes a member, or lets one leave: who loses what, and what becomes of their keys [CN9]. */
import { useState } from "react";
import { Check } from "../../forms/field.tsx";
import { permits } from "../../can.ts";
import { paths } from "../../paths.ts";
import { useAction } from "../../queries/action.ts";
import { useStartAnew } from "../../queries/anew.ts";
import { keysKey } from "../../queries/keys.ts";
import { leaveOrg, membersKey, removeMember } from "../../queries/members.ts";
import { Confirm } from "../../ui/dialog.tsx";
import { toastOk } from "../../ui/toast.tsx";
import type { Me, Member } from "../../wire.ts";
import { useLiveKeys } from "./live-keys.ts";
import { removalTexts } from "./removal.ts";

interface MemberRemoveProps {
  readonly me: Me;
  readonly target: Member | undefined;
  readonly close: () => void;
}

export function MemberRemove({ me, target, close }: MemberRemoveProps) {
  const [keepKeys, setKeepKeys] = useState(false);
  const startAnew = useStartAnew();
  const self = target?.user_id === me.user.id;
  const keys = useLiveKeys(target?.user_id);
  const texts = removalTexts({
    who: self ? null : (target?.name ?? "this member"),
    org: me.org.name,
    keys,
    keepKeys,
  });
  const manages = permits(me.grants, "members.write", "members");
  const remove = useAction({
    run: (member: Member) => (manages ? removeMember({ member, keepKeys }) : leaveOrg(me.org.id)),
    // Whoever left may not read the lists again.
    changes: self ? [] : [membersKey, keysKey],
    quiet: true,
    done: () => {
      if (self) return startAnew(paths.home());
      toastOk(texts.done);
      close();
    },
  });
  return (
    <Confirm
      title={texts.title}
      open={target !== undefined}
      close={close}
      action={texts.action}
      run={() => {
        if (target !== undefined) remove.mutate(target);
      }}
      keep="Cancel"
      pending={remove.isPending}
      error={remove.error}
      consequences={texts.consequences}
    >
      {keys?.length === 0 || !manages ? null : (
        <Check label="Keep the keys working" checked={keepKeys} change={setKeepKeys}>
          <span className="text-soft"> · for keys that CI or scripts of the team use</span>
        </Check>
      )}
    </Confirm>
  );
}
