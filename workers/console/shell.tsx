/** The frame of a signed-in organization: navigation, the keys that go places, theme, and the page. */
import { Link, Outlet, useNavigate } from "@tanstack/react-router";
import type { LinkProps } from "@tanstack/react-router";
import { useMemo } from "react";
import { permits } from "./can.ts";
import { paths } from "./paths.ts";
import { setTheme, useTheme } from "./preferences.ts";
import type { Theme } from "./preferences.ts";
import { useMe } from "./queries/me.ts";
import { IconButton } from "./ui/button.tsx";
import { Icon, Logo } from "./ui/icons.tsx";
import type { IconName } from "./ui/icons.tsx";
import { KeyboardHelp, useBindings, useKeyboard } from "./ui/keys.tsx";
import { Palette } from "./ui/palette.tsx";
import { StaleBanner } from "./ui/stale.tsx";

export interface Room {
  readonly label: string;
  readonly icon: IconName;
  readonly to: LinkProps;
  /** Key after `g`. */
  readonly key: string;
}

export function Shell() {
  useKeyboard();
  const me = useMe();
  const rooms = useMemo(() => roomsOf(me.org.slug, me.grants), [me]);
  const navigate = useNavigate();
  useBindings(
    useMemo(
      () =>
        rooms.map((room) => ({
          keys: `g ${room.key}`,
          label: `Go to ${room.label}`,
          run: () => void navigate(room.to),
        })),
      [rooms, navigate],
    ),
  );
  return (
    <div className="flex h-full flex-col md:flex-row">
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-md focus:bg-accent focus:px-3 focus:py-1 focus:text-accent-ink"
      >
        Skip to the page
      </a>
      <Sidebar org={me.org.name} slug={me.org.slug} rooms={rooms} />
      <main id="content" className="min-h-0 min-w-0 flex-1 overflow-y-auto">
        <StaleBanner />
        <Outlet />
      </main>
      <KeyboardHelp />
      <Palette rooms={rooms} org={me.org.slug} />
    </div>
  );
}

function Sidebar({ org, slug, rooms }: { org: string; slug: string; rooms: readonly Room[] }) {
  return (
    <header className="flex shrink-0 flex-col gap-1 border-line bg-page p-2 max-md:border-b md:w-52 md:border-r md:p-3">
      <div className="flex items-center gap-2 md:mb-2">
        <Link
          {...paths.overview(slug)}
          className="flex min-w-0 flex-1 items-center gap-2 rounded-md px-1.5 py-1 font-semibold hover:bg-raised"
        >
          <Logo />
          <span className="truncate">{org}</span>
        </Link>
        <span className="flex md:hidden">
          <ThemeButton />
        </span>
      </div>
      <nav aria-label="Rooms" className="flex gap-0.5 overflow-x-auto md:flex-1 md:flex-col">
        {rooms.map((room) => (
          <Link
            key={room.label}
            {...room.to}
            activeOptions={{ exact: room.label === "Overview", includeSearch: false }}
            className="group flex min-h-7 shrink-0 items-center gap-2 rounded-md px-2 text-soft hover:bg-raised hover:text-ink aria-[current=page]:bg-raised aria-[current=page]:font-medium aria-[current=page]:text-ink"
          >
            <span className="max-md:hidden">
              <Icon name={room.icon} />
            </span>
            <span className="flex-1">{room.label}</span>
            <kbd aria-hidden="true" className="hidden text-xs text-faint md:group-hover:inline">
              g {room.key}
            </kbd>
          </Link>
        ))}
      </nav>
      <div className="flex items-center gap-1 px-1 max-md:hidden">
        <ThemeButton />
        <span className="ml-auto text-sm text-faint">
          <kbd>?</kbd> keys · <kbd>Ctrl K</kbd>
        </span>
      </div>
    </header>
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

/** Only rooms that are built, and only those the role may read [CN6]. */
function roomsOf(org: string, grants: readonly string[]): readonly Room[] {
  const rooms: (Room & { readonly needs?: string })[] = [
    { label: "Overview", icon: "overview", to: paths.overview(org), key: "o" },
    {
      label: "Analyses",
      icon: "analyses",
      to: paths.analyses(org),
      key: "a",
      needs: "analyses.read",
    },
    { label: "Runs", icon: "runs", to: paths.runs(org), key: "r", needs: "runs.read" },
    { label: "API keys", icon: "keys", to: paths.keys(org), key: "k", needs: "keys.read" },
    { label: "Account", icon: "account", to: paths.account(org), key: "m" },
  ];
  return rooms.filter(
    ({ needs }) =>
      needs === undefined || permits(grants, needs, needs.slice(0, needs.indexOf("."))),
  );
}
