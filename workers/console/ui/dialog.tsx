/** Dialogs over Base UI: a plain one, one that asks before a dangerous action, and one that only its button closes [CN9]. */
import { Dialog as Base } from "@base-ui/react/dialog";
import type { ReactNode } from "react";
import { useState } from "react";
import { Button } from "./button.tsx";
import { InlineError } from "./failure.tsx";

interface DialogProps {
  readonly title: string;
  readonly open: boolean;
  readonly close: () => void;
  /** Escape and a click beside the dialog do nothing: for values that are shown once. */
  readonly stubborn?: boolean;
  readonly wide?: boolean;
  readonly children: ReactNode;
}

export function Dialog({
  title,
  open,
  close,
  stubborn = false,
  wide = false,
  children,
}: DialogProps) {
  return (
    <Base.Root
      open={open}
      disablePointerDismissal={stubborn}
      onOpenChange={(next, details) => {
        if (stubborn && details.reason === "escape-key") details.cancel();
        else if (!next) close();
      }}
    >
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-shade" />
        <Base.Popup
          className={`fixed top-[10vh] left-1/2 z-50 flex max-h-[82vh] w-[calc(100vw-24px)] -translate-x-1/2 flex-col overflow-hidden rounded-lg border border-line bg-panel shadow-dialog outline-none ${wide ? "max-w-lg" : "max-w-md"}`}
        >
          <Base.Title className="border-b border-line px-4 py-3 text-lg font-semibold">
            {title}
          </Base.Title>
          <div className="min-h-0 overflow-y-auto p-4">{children}</div>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

interface ConfirmProps {
  readonly title: string;
  readonly open: boolean;
  readonly close: () => void;
  readonly action: string;
  readonly run: () => void;
  /** What the other button is called. */
  readonly keep?: string;
  readonly pending: boolean;
  readonly error: unknown;
  /** The name to type before the action can run; absent for actions that can be undone by doing them again. */
  readonly typed?: string;
  /** What will happen, as list items. */
  readonly consequences: readonly string[];
  /** A choice that goes with the action. */
  readonly children?: ReactNode;
}

export function Confirm(props: ConfirmProps) {
  const [name, setName] = useState("");
  const missing = props.typed !== undefined && name !== props.typed ? "Type the name first." : null;
  return (
    <Dialog title={props.title} open={props.open} close={props.close}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (missing === null) props.run();
        }}
      >
        <ul className="list-disc pl-5 text-soft">
          {props.consequences.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
        {props.children}
        {props.typed === undefined ? null : (
          <label className="flex flex-col gap-1">
            <span>
              Type <strong className="font-mono break-all">{props.typed}</strong> to confirm
            </span>
            <input
              className="h-8 rounded-md border border-edge bg-panel px-2"
              autoComplete="off"
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          </label>
        )}
        <InlineError error={props.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={props.close}>{props.keep ?? "Keep it"}</Button>
          <Button type="submit" variant="danger" pending={props.pending} disabledReason={missing}>
            {props.action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
