/** Members: who works in the organization, in which role, and who is invited. */
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { whyNot } from "../../can.ts";
import { paths } from "../../paths.ts";
import { useMe } from "../../queries/me.ts";
import { membersQuery } from "../../queries/members.ts";
import { usePrefetched } from "../../queries/prefetched.ts";
import type { MembersSearch } from "../../search.ts";
import { Pages } from "../../table/pages.tsx";
import { Table } from "../../table/table.tsx";
import { Button } from "../../ui/button.tsx";
import { Page } from "../../ui/page.tsx";
import type { Me, Member } from "../../wire.ts";
import { InvitationList } from "./invitation-list.tsx";
import { InvitationNew } from "./invitation-new.tsx";
import { MemberChange } from "./member-change.tsx";
import { columns } from "./member-columns.tsx";
import type { Rows } from "./member-columns.tsx";
import { MemberRemove } from "./member-remove.tsx";

const route = getRouteApi("/o/$org/members");

export function MemberList() {
  const me = useMe();
  const org = me.org.slug;
  const search = route.useSearch();
  const navigate = useNavigate();
  const page = usePrefetched(membersQuery(search.cursor)).data;
  const { cursor } = search;
  const go = (to: Parameters<typeof paths.members>[1]) =>
    void navigate(paths.members(org, { ...to, ...(cursor === undefined ? {} : { cursor }) }));
  const close = () => go({});
  const missing = whyNot(me.grants, "members.write", "members");
  const whole = cursor === undefined && page.next_cursor === null;
  const named = page.items.find((member) => member.user_id === search.member);
  // Leaving takes no permission.
  const leaving = search.dialog === "remove" && named?.user_id === me.user.id;
  const chosen = missing === null || leaving ? named : undefined;
  const rows: Rows = {
    me,
    // On one page of many the owners beyond it are not known; the API then decides.
    owners: whole ? page.items.filter((member) => member.role === "owner").length : null,
    change: (member) => go({ dialog: "change", member: member.user_id }),
    remove: (member) => go({ dialog: "remove", member: member.user_id }),
  };
  return (
    <Page
      title="Members"
      facts={`The people of ${me.org.name}, and what each may do.`}
      actions={
        <Button
          variant="primary"
          icon="plus"
          onClick={() => go({ dialog: "invite" })}
          disabledReason={missing}
        >
          Invite
        </Button>
      }
    >
      <Table
        label="Members"
        columns={columns(rows)}
        rows={page.items}
        rowKey={(member) => member.user_id}
        current={search.member}
      />
      <Pages
        first={cursor === undefined ? null : paths.members(org)}
        older={page.next_cursor === null ? null : paths.members(org, { cursor: page.next_cursor })}
      />
      {missing === null ? (
        <InvitationList
          members={page.items}
          revoking={search.dialog === "revoke" ? search.invitation : undefined}
          revoke={(invitation) => go({ dialog: "revoke", invitation: invitation.id })}
          close={close}
        />
      ) : null}
      <InvitationNew
        own={me.org.role}
        missing={missing}
        open={search.dialog === "invite"}
        close={close}
      />
      <MemberDialogs me={me} search={search} chosen={chosen} owners={rows.owners} close={close} />
    </Page>
  );
}

interface MemberDialogsProps {
  readonly me: Me;
  readonly search: MembersSearch;
  /** Whom the URL names; undefined for who may not change members, unless they leave. */
  readonly chosen: Member | undefined;
  readonly owners: number | null;
  readonly close: () => void;
}

function MemberDialogs({ me, search, chosen, owners, close }: MemberDialogsProps) {
  return (
    <>
      <MemberChange
        me={me}
        target={search.dialog === "change" ? chosen : undefined}
        owners={owners}
        close={close}
      />
      <MemberRemove
        key={search.member}
        me={me}
        target={search.dialog === "remove" ? chosen : undefined}
        close={close}
      />
    </>
  );
}
