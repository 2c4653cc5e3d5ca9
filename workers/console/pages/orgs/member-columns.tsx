/** The columns of the members: who, since when, in which role, and the way out. */
import { whyNotMember } from "../../can.ts";
import type { Column } from "../../table/table.tsx";
import { Avatar } from "../../ui/avatar.tsx";
import { Button } from "../../ui/button.tsx";
import { Icon } from "../../ui/icons.tsx";
import { Tag } from "../../ui/state.tsx";
import { Time } from "../../ui/time.tsx";
import type { Me, Member } from "../../wire.ts";
import { ROLE_TEXTS } from "./roles.ts";

export interface Rows {
  readonly me: Me;
  /** null when not all owners are known. */
  readonly owners: number | null;
  readonly change: (member: Member) => void;
  readonly remove: (member: Member) => void;
}

export const columns = ({ me, owners, change, remove }: Rows): readonly Column<Member>[] => [
  {
    name: "Name",
    grow: true,
    cell: (member) => (
      <span className="flex min-w-0 items-center gap-2">
        <span className="max-md:hidden">
          <Avatar name={member.name} />
        </span>
        <span className="flex min-w-0 flex-col">
          <span className="flex min-w-0 items-center gap-2">
            <span className="truncate font-medium">{member.name}</span>
            {member.user_id === me.user.id ? <Tag>you</Tag> : null}
          </span>
          <span className="truncate text-sm text-faint md:hidden">{member.email}</span>
        </span>
      </span>
    ),
  },
  {
    name: "E-mail",
    wide: true,
    cell: (member) => <span className="text-soft">{member.email ?? "none"}</span>,
  },
  {
    name: "Secrets",
    wide: true,
    cell: (member) =>
      member.grants.includes("secret_writer") ? <Tag tone="warn">secret writer</Tag> : null,
  },
  {
    name: "Joined",
    wide: true,
    right: true,
    cell: (member) => <Time at={member.created_at} />,
  },
  {
    name: "Role",
    cell: (member) => (
      <Button
        aria-label={`Role of ${member.name}: ${ROLE_TEXTS[member.role].label}`}
        className="w-26 justify-between! px-2! font-normal!"
        onClick={() => change(member)}
        disabledReason={whyNotMember(me, member, { owners, act: "change" })}
      >
        {ROLE_TEXTS[member.role].label}
        <Icon name="down" />
      </Button>
    ),
  },
  {
    name: "Actions",
    right: true,
    cell: (member) => (
      <Button
        variant="ghost"
        aria-label={member.user_id === me.user.id ? "Leave" : `Remove ${member.name}`}
        onClick={() => remove(member)}
        disabledReason={whyNotMember(me, member, { owners, act: "remove" })}
      >
        <span className="max-md:hidden">{member.user_id === me.user.id ? "Leave" : "Remove"}</span>
        <span className="md:hidden">
          <Icon name={member.user_id === me.user.id ? "out" : "trash"} />
        </span>
      </Button>
    ),
  },
];
