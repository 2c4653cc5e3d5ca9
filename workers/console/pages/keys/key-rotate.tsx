/** The dialog that rotates a key: a successor with the same permissions, and how long the old one still works [KY4]. */
import { useState } from "react";
import { Choice } from "../../forms/choice.tsx";
import { useAction } from "../../queries/action.ts";
import { keysKey, rotateKey } from "../../queries/keys.ts";
import type { KeyRotation } from "../../queries/keys.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { InlineError } from "../../ui/failure.tsx";
import { toastOk } from "../../ui/toast.tsx";
import type { Key } from "../../wire.ts";
import { KeyValue } from "./key-value.tsx";

const GRACES: readonly {
  readonly value: KeyRotation["grace"];
  readonly label: string;
  readonly hint: string;
}[] = [
  { value: "1h", label: "1 hour", hint: "For keys in one place." },
  { value: "24h", label: "24 hours", hint: "Time to bring the new key everywhere." },
  { value: "7d", label: "7 days", hint: "For keys that are installed by hand." },
  { value: "0", label: "Not at all", hint: "The old key leaked: it ends within 30 seconds." },
];

export function KeyRotate({ target, close }: { target: Key | undefined; close: () => void }) {
  // The value lives in this component alone: not in the query cache, not in the URL, not in storage.
  const [token, setToken] = useState<string | null>(null);
  const forget = () => {
    setToken(null);
    close();
  };
  return (
    <>
      <Dialog
        title={`Rotate ${target?.name ?? "this key"}`}
        open={target !== undefined && token === null}
        close={close}
      >
        {target === undefined ? null : <RotateForm target={target} close={close} made={setToken} />}
      </Dialog>
      <KeyValue token={token} close={forget} />
    </>
  );
}

interface RotateFormProps {
  readonly target: Key;
  readonly close: () => void;
  readonly made: (token: string) => void;
}

function RotateForm({ target, close, made }: RotateFormProps) {
  const [grace, setGrace] = useState<KeyRotation["grace"]>("24h");
  // The list is read again while the dialog is open; what the reader saw when it opened is what the change is based on.
  const [{ id, version }] = useState(target);
  const rotate = useAction({
    run: rotateKey,
    changes: [keysKey],
    quiet: true,
    done: ({ token }) => {
      if (token !== null) return made(token);
      toastOk("The key was rotated; its value was shown before.");
      close();
    },
  });
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        rotate.mutate({ id, version, grace });
      }}
    >
      <p className="text-soft">
        A new key with the same name, permissions and expiry takes its place. Its value is shown
        once. A key can be rotated once.
      </p>
      <Choice
        legend="The old key still works for"
        name="grace"
        value={grace}
        options={GRACES}
        change={setGrace}
      />
      <InlineError error={rotate.error} />
      <div className="flex justify-end gap-2">
        <Button onClick={close}>Cancel</Button>
        <Button
          type="submit"
          variant={grace === "0" ? "danger" : "primary"}
          pending={rotate.isPending}
        >
          Rotate the key
        </Button>
      </div>
    </form>
  );
}
