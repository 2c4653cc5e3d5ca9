/** A button that opens a short list of places to go, with the keys of a menu: arrows, Home, End, Escape. */
import { Link } from "@tanstack/react-router";
import type { LinkProps } from "@tanstack/react-router";
import { useEffect, useId, useRef, useState } from "react";
import type { KeyboardEvent, ReactNode, RefObject } from "react";
import { Icon } from "./icons.tsx";
import type { IconName } from "./icons.tsx";

export interface MenuItem {
  readonly key: string;
  readonly label: string;
  readonly to: LinkProps;
  readonly icon?: IconName;
  /** At the end of the line, for example a role. */
  readonly note?: string;
  /** Where the reader is. */
  readonly current?: boolean;
}

interface MenuProps {
  readonly label: string;
  /** Items between lines. */
  readonly groups: readonly (readonly MenuItem[])[];
  readonly children: ReactNode;
}

export function Menu({ label, groups, children }: MenuProps) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const frame = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (open) frame.current?.querySelector<HTMLElement>("[role=menuitem]")?.focus();
  }, [open]);
  useOutside(frame, open, () => setOpen(false));
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") button.current?.focus();
    if (event.key === "Escape" || event.key === "Tab") return setOpen(false);
    const to = next(frame.current, event.key);
    if (to === undefined) return;
    event.preventDefault();
    to.focus();
  };
  return (
    <div ref={frame} className="relative flex min-w-0 flex-1">
      <button
        ref={button}
        type="button"
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={id}
        aria-label={label}
        className="flex min-h-8 min-w-0 flex-1 items-center gap-2 rounded-md px-1.5 text-left hover:bg-raised aria-expanded:bg-raised"
        onClick={() => setOpen((before) => !before)}
        onKeyDown={(event) => {
          if (event.key !== "ArrowDown") return;
          event.preventDefault();
          setOpen(true);
        }}
      >
        {children}
      </button>
      <div
        id={id}
        role="menu"
        aria-label={label}
        hidden={!open}
        onKeyDown={onKeyDown}
        className="absolute top-full left-0 z-40 mt-1 max-h-[70vh] w-64 max-w-[calc(100vw-24px)] overflow-y-auto rounded-lg border border-line bg-panel p-1 shadow-dialog"
      >
        {groups
          .filter((group) => group.length > 0)
          .map((group) => (
            <div
              key={group[0]?.key}
              role="group"
              className="border-t border-line py-1 first:border-0 first:pt-0 last:pb-0"
            >
              {group.map((item) => (
                <Item key={item.key} item={item} close={() => setOpen(false)} />
              ))}
            </div>
          ))}
      </div>
    </div>
  );
}

function Item({ item, close }: { item: MenuItem; close: () => void }) {
  return (
    <Link
      {...item.to}
      // A place may be another organization, whose loading would switch to it on mere hovering.
      preload={false}
      role="menuitem"
      tabIndex={-1}
      aria-current={item.current === true ? "true" : undefined}
      onClick={close}
      className="flex min-h-8 min-w-0 items-center gap-2 rounded-md px-2 text-soft outline-none hover:bg-raised hover:text-ink focus:bg-raised focus:text-ink"
    >
      {item.icon === undefined ? null : <Icon name={item.icon} />}
      <span className="min-w-0 flex-1 truncate text-ink">{item.label}</span>
      {item.note === undefined ? null : <span className="text-sm text-faint">{item.note}</span>}
      <span className="flex w-4 text-accent">
        {item.current === true ? <Icon name="check" /> : null}
      </span>
    </Link>
  );
}

function next(frame: HTMLElement | null, key: string): HTMLElement | undefined {
  const items = [...(frame?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
  const at = items.findIndex((item) => item === document.activeElement);
  if (key === "ArrowDown") return items[(at + 1) % items.length];
  if (key === "ArrowUp") return items.at(at - 1);
  if (key === "Home") return items[0];
  return key === "End" ? items.at(-1) : undefined;
}

/** Calls back when a press or the focus lands elsewhere. */
function useOutside(frame: RefObject<HTMLElement | null>, on: boolean, left: () => void): void {
  useEffect(() => {
    if (!on) return;
    const look = (event: Event) => {
      if (event.target instanceof Node && frame.current?.contains(event.target) !== true) left();
    };
    document.addEventListener("pointerdown", look);
    document.addEventListener("focusin", look);
    return () => {
      document.removeEventListener("pointerdown", look);
      document.removeEventListener("focusin", look);
    };
  });
}
