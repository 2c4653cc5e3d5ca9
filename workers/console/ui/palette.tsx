/** Ctrl K: go anywhere by name. */
import { useNavigate } from "@tanstack/react-router";
import type { LinkProps } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import { permits } from "../can.ts";
import { paths } from "../paths.ts";
import { Dialog } from "./dialog.tsx";
import { Icon } from "./icons.tsx";
import type { IconName } from "./icons.tsx";

interface Entry {
  readonly label: string;
  readonly icon: IconName;
  readonly to: LinkProps;
}

interface PaletteProps {
  readonly rooms: readonly Entry[];
  readonly org: string;
  readonly grants: readonly string[];
}

export function Palette({ rooms, org, grants }: PaletteProps) {
  const [open, setOpen] = useState(false);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "k" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      setOpen(true);
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
  const entries = useMemo<readonly Entry[]>(
    () => [
      ...actionsOf(org).filter(({ needs }) => permits(grants, needs, areaOf(needs))),
      ...rooms,
      { label: "Failed runs", icon: "alert", to: paths.runs(org, { status: "failed" }) },
    ],
    [rooms, org, grants],
  );
  return (
    <Dialog title="Go to" open={open} close={() => setOpen(false)}>
      <Finder entries={entries} close={() => setOpen(false)} />
    </Dialog>
  );
}

const areaOf = (action: string): string => action.slice(0, action.indexOf("."));

/** Only what the user may do is offered [CN6]. */
const actionsOf = (org: string): readonly (Entry & { readonly needs: string })[] => [
  {
    label: "Analyse a log",
    icon: "upload",
    to: paths.analysisNew(org),
    needs: "analyses.write",
  },
  {
    label: "Create an API key",
    icon: "keys",
    to: paths.keys(org, { dialog: "new" }),
    needs: "keys.write",
  },
  {
    label: "Invite somebody",
    icon: "members",
    to: paths.members(org, { dialog: "invite" }),
    needs: "members.write",
  },
];

function Finder({ entries, close }: { entries: readonly Entry[]; close: () => void }) {
  const navigate = useNavigate();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const found = entries.filter((entry) =>
    entry.label.toLowerCase().includes(text.trim().toLowerCase()),
  );
  const go = (entry: Entry | undefined) => {
    if (entry === undefined) return;
    close();
    void navigate(entry.to);
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0) setAt((before) => (before + step + found.length) % Math.max(1, found.length));
    else if (event.key === "Enter") go(found[at]);
    else return;
    event.preventDefault();
  };
  return (
    <div className="flex flex-col gap-2">
      <input
        role="combobox"
        aria-expanded="true"
        aria-controls="palette"
        aria-activedescendant={`palette-${at}`}
        aria-label="Page or action"
        placeholder="Page or action"
        autoComplete="off"
        value={text}
        onKeyDown={onKeyDown}
        className="h-9 rounded-md border border-edge bg-panel px-3"
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
      />
      <ul id="palette" role="listbox" aria-label="Results">
        {found.map((entry, index) => (
          <li
            key={entry.label}
            id={`palette-${index}`}
            role="option"
            aria-selected={index === at}
            onMouseMove={() => setAt(index)}
            onClick={() => go(entry)}
            className="flex cursor-pointer items-center gap-2 rounded-md px-2 py-1.5 aria-selected:bg-raised"
          >
            <Icon name={entry.icon} />
            {entry.label}
          </li>
        ))}
      </ul>
      {found.length === 0 ? (
        <p className="px-2 text-soft">Nothing has this name. Try “runs”.</p>
      ) : null}
    </div>
  );
}
