/** Things to copy: a button, and a command with its button. */
import { useState } from "react";
import { toastOk } from "./toast.tsx";
import { Icon } from "./icons.tsx";

export function CopyButton({ text, label = "Copy" }: { text: string; label?: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 2_000);
  };
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className="flex size-6 shrink-0 items-center justify-center rounded-sm text-soft hover:bg-raised hover:text-ink"
      onClick={() => void copy()}
    >
      <Icon name={copied ? "check" : "copy"} />
      <span role="status" className="sr-only">
        {copied ? "Copied" : ""}
      </span>
    </button>
  );
}

/** An id or hash as text, with its button. */
export function Copyable({ text, label }: { text: string; label: string }) {
  return (
    <span className="flex min-w-0 items-start gap-1">
      <span className="min-w-0 font-mono text-sm break-all">{text}</span>
      <span className="-my-[3px] flex">
        <CopyButton text={text} label={label} />
      </span>
    </span>
  );
}

/** A command or snippet in monospace; long lines scroll inside. */
export function Command({ text, label }: { text: string; label: string }) {
  return (
    <div className="flex min-w-0 items-start gap-1 rounded-md border border-line bg-raised py-1 pr-1 pl-2.5">
      <pre
        aria-label={label}
        role="group"
        tabIndex={0}
        className="min-w-0 flex-1 overflow-x-auto py-0.5 leading-5"
      >
        {text}
      </pre>
      <CopyButton text={text} label={`Copy: ${label}`} />
    </div>
  );
}

/** The clipboard API is missing on plain-http hosts; a selected text area still copies there. */
async function writeText(text: string): Promise<void> {
  const clipboard: Clipboard | undefined = navigator.clipboard;
  if (clipboard !== undefined) {
    await clipboard.writeText(text);
    return;
  }
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  if (!document.execCommand("copy")) toastOk("Press Ctrl C to copy the selected text.");
  area.remove();
}
