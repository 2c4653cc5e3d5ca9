/** A key's value, shown once. Escape and a click beside the dialog do not close it [CN9]. */
import { useState } from "react";
import { Check } from "../../forms/field.tsx";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy.tsx";
import { Dialog } from "../../ui/dialog.tsx";

export function KeyValue({ token, close }: { token: string | null; close: () => void }) {
  const [kept, setKept] = useState(false);
  const leave = () => {
    setKept(false);
    close();
  };
  return (
    <Dialog title="Copy the key now" open={token !== null} close={leave} stubborn>
      <p className="mb-3 text-soft">
        This is the only time it is shown. Only a hash of it is stored; if it is lost, make a new
        one.
      </p>
      <div className="mb-4 flex items-start gap-2 rounded-md border border-edge bg-raised p-2">
        <code data-testid="key-value" className="min-w-0 flex-1 break-all">
          {token}
        </code>
        <CopyButton text={token ?? ""} label="Copy the key" />
      </div>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <Check label="I have stored it" checked={kept} change={setKept} />
        <Button
          variant="primary"
          disabledReason={kept ? null : "Say first that you have stored it."}
          onClick={leave}
        >
          Done
        </Button>
      </div>
    </Dialog>
  );
}
