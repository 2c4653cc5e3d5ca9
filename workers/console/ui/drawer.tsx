/** A panel at the right edge for one thing of a list; the list stays in sight behind it. The URL opens and closes it. */
import { Dialog as Base } from "@base-ui/react/dialog";
import type { ReactNode } from "react";
import { IconButton } from "./button.tsx";

interface DrawerProps {
  readonly title: string;
  /** Beside the title: a state. */
  readonly beside?: ReactNode;
  readonly open: boolean;
  readonly close: () => void;
  /** Buttons at the foot; they stay in sight while the rest scrolls. */
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

export function Drawer({ title, beside, open, close, actions, children }: DrawerProps) {
  return (
    <Base.Root open={open} onOpenChange={(next) => (next ? undefined : close())}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-shade" />
        <Base.Popup className="fixed inset-y-0 right-0 z-50 flex w-screen max-w-md flex-col border-l border-line bg-panel shadow-dialog outline-none">
          <header className="flex items-center gap-3 border-b border-line px-4 py-2.5">
            <Base.Title className="min-w-0 text-lg font-semibold break-words">{title}</Base.Title>
            {beside}
            <span className="ml-auto">
              <IconButton label="Close" icon="close" onClick={close} />
            </span>
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto p-4">{children}</div>
          {actions === undefined ? null : (
            <footer className="flex flex-wrap justify-end gap-2 border-t border-line px-4 py-3">
              {actions}
            </footer>
          )}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
