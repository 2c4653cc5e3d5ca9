/** The side of a signed-in organization: which one, its rooms in groups, who is signed in. On a phone a bar that unfolds. */
import { Link, useLocation } from "@tanstack/react-router";
import { useState } from "react";
import { paths } from "./paths.ts";
import { setTheme, useTheme } from "./preferences.ts";
import type { Theme } from "./preferences.ts";
import { GROUPS } from "./rooms.ts";
import type { Room } from "./rooms.ts";
import { Avatar } from "./ui/avatar.tsx";
import { IconButton } from "./ui/button.tsx";
import { Icon, Logo } from "./ui/icons.tsx";
import type { IconName } from "./ui/icons.tsx";
import { Menu } from "./ui/menu.tsx";
import type { Me } from "./wire.ts";

interface SidebarProps {
  readonly me: Me;
  readonly rooms: readonly Room[];
}

export function Sidebar({ me, rooms }: SidebarProps) {
  const here = useLocation({ select: (location) => location.pathname });
  // Open at one address: going anywhere folds it again.
  const [unfoldedAt, setUnfoldedAt] = useState<string | null>(null);
  const unfolded = unfoldedAt === here;
  return (
    <header className="flex shrink-0 flex-col border-line bg-page p-2 max-md:border-b md:w-54 md:border-r md:p-3">
      <div className="flex items-center gap-1">
        <OrgSwitcher me={me} />
        <span className="flex gap-0.5 md:hidden">
          <ThemeButton />
          <IconButton
            label={unfolded ? "Hide the rooms" : "Show the rooms"}
            icon={unfolded ? "close" : "menu"}
            aria-expanded={unfolded}
            aria-controls="rooms"
            onClick={() => setUnfoldedAt(unfolded ? null : here)}
          />
        </span>
      </div>
      <nav
        id="rooms"
        aria-label="Rooms"
        className={`flex-1 flex-col gap-4 pt-3 md:flex ${unfolded ? "flex max-h-[70vh] overflow-y-auto" : "hidden"}`}
      >
        {GROUPS.map((group) => (
          <Group key={group} name={group} rooms={rooms.filter((room) => room.group === group)} />
        ))}
        <div className="mt-auto flex flex-col gap-1">
          {rooms
            .filter((room) => room.group === "You")
            .map((room) => (
              <Link
                key={room.label}
                {...room.to}
                activeOptions={{ includeSearch: false }}
                className={ROOM}
              >
                <Avatar name={me.user.name} small />
                <span className="min-w-0 flex-1 truncate">
                  <span className="sr-only">{room.label}: </span>
                  {me.user.name}
                </span>
                <RoomKey of={room} />
              </Link>
            ))}
        </div>
      </nav>
      <div className="flex items-center gap-1 px-1 pt-1 max-md:hidden">
        <ThemeButton />
        <span className="ml-auto text-sm text-faint">
          <kbd>?</kbd> keys · <kbd>Ctrl K</kbd>
        </span>
      </div>
    </header>
  );
}

const ROOM =
  "group flex min-h-7 shrink-0 items-center gap-2 rounded-md px-2 text-soft hover:bg-raised hover:text-ink aria-[current=page]:bg-raised aria-[current=page]:font-medium aria-[current=page]:text-ink max-md:min-h-9";

function Group({ name, rooms }: { name: Room["group"]; rooms: readonly Room[] }) {
  if (rooms.length === 0) return null;
  return (
    <div role="group" aria-label={name} className="flex flex-col gap-0.5">
      <p aria-hidden="true" className="px-2 pb-0.5 text-xs font-medium text-faint">
        {name}
      </p>
      {rooms.map((room) => (
        <Link
          key={room.label}
          {...room.to}
          activeOptions={{ exact: room.label === "Overview", includeSearch: false }}
          className={ROOM}
        >
          <Icon name={room.icon} />
          <span className="flex-1">{room.label}</span>
          <RoomKey of={room} />
        </Link>
      ))}
    </div>
  );
}

const RoomKey = ({ of }: { of: Room }) => (
  <kbd aria-hidden="true" className="hidden text-xs text-faint md:group-hover:inline">
    g {of.key}
  </kbd>
);

/** The organization one works in, the others of the user, and the way to a new one. */
function OrgSwitcher({ me }: { me: Me }) {
  const { slug, name } = me.org;
  return (
    <Menu
      label={`Organization: ${name}`}
      groups={[
        me.orgs.map((org) => ({
          key: org.id,
          label: org.name,
          note: org.role,
          to: paths.overview(org.slug),
          current: org.slug === slug,
        })),
        me.may_create_orgs
          ? [
              {
                key: "new",
                label: "Create an organization",
                icon: "plus",
                to: paths.account(slug, { dialog: "org" }),
              },
            ]
          : [],
      ]}
    >
      <Logo />
      <span className="min-w-0 flex-1 truncate font-semibold">{name}</span>
      <span className="text-faint">
        <Icon name="choose" />
      </span>
    </Menu>
  );
}

const NEXT_THEME: Readonly<Record<Theme, Theme>> = {
  system: "light",
  light: "dark",
  dark: "system",
};
const THEME_ICONS: Readonly<Record<Theme, IconName>> = {
  system: "system",
  light: "sun",
  dark: "moon",
};

function ThemeButton() {
  const theme = useTheme();
  return (
    <IconButton
      label={`Theme: ${theme}. Switch to ${NEXT_THEME[theme]}`}
      icon={THEME_ICONS[theme]}
      onClick={() => setTheme(NEXT_THEME[theme])}
    />
  );
}
