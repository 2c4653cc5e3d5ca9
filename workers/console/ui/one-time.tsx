/** A value that is shown once. Escape and a click beside the dialog do not close it, and nothing else keeps it [CN9]. */
import { useState } from "react";
import type { ReactNode } from "react";
import { Check } from "../forms/field.tsx";
import { Button } from "./button.tsx";
import { CopyButton } from "./copy.tsx";
import { Dialog } from "./dialog.tsx";

interface OneTimeProps {
  readonly title: string;
  /** null while there is nothing to show. Held by the caller's component state alone. */
  readonly value: string | null;
  /** What the copy button is called, for example `Copy the link`. */
  readonly copy: string;
  /** What the reader confirms before the dialog closes. */
  readonly kept: string;
  readonly close: () => void;
  /** What it is for, and what to do when it is lost. */
  readonly children: ReactNode;
  /** How it is used, under the value. */
  readonly below?: ReactNode;
}

export function OneTime({ title, value, copy, kept, close, children, below }: OneTimeProps) {
  const [confirmed, setConfirmed] = useState(false);
  const leave = () => {
    setConfirmed(false);
    close();
  };
  return (
    <Dialog title={title} open={value !== null} close={leave} stubborn>
      <div className="mb-3 text-soft">{children}</div>
      <div className="mb-4 flex items-start gap-2 rounded-md border border-edge bg-raised p-2">
        <code data-testid="one-time" className="min-w-0 flex-1 break-all">
          {value}
        </code>
        <CopyButton text={value ?? ""} label={copy} />
      </div>
      {below === undefined ? null : <div className="mb-4">{below}</div>}
      <div className="flex flex-wrap items-center justify-between gap-3">
        <Check label={kept} checked={confirmed} change={setConfirmed} />
        <Button
          variant="primary"
          disabledReason={confirmed ? null : "Confirm first that you have it."}
          onClick={leave}
        >
          Done
        </Button>
      </div>
    </Dialog>
  );
}
