/** The frame of a signed-in organization: navigation, the keys that go places, and the page. */
import { Outlet, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { useMe } from "./queries/me.ts";
import { roomsOf } from "./rooms.ts";
import { Sidebar } from "./sidebar.tsx";
import { KeyboardHelp, useBindings, useKeyboard } from "./ui/keys.tsx";
import { Palette } from "./ui/palette.tsx";
import { StaleBanner } from "./ui/stale.tsx";

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
      <Sidebar me={me} rooms={rooms} />
      <main id="content" className="min-h-0 min-w-0 flex-1 overflow-y-auto">
        <StaleBanner />
        <Outlet />
      </main>
      <KeyboardHelp />
      <Palette rooms={rooms} org={me.org.slug} grants={me.grants} />
    </div>
  );
}
