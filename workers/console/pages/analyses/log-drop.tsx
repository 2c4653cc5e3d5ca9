/** Where a file is dropped or chosen. */
import { useRef, useState } from "react";
import { Button, IconButton } from "../../ui/button.tsx";
import { bytes } from "../../ui/format.ts";
import { Icon } from "../../ui/icons.tsx";
import { UPLOAD_BYTES_MAX } from "./upload.ts";

interface DropZoneProps {
  readonly file: File | null;
  choose(file: File): void;
  clear(): void;
}

export function DropZone({ file, choose, clear }: DropZoneProps) {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const take = (files: FileList | null) => {
    const first = files?.item(0) ?? null;
    if (first !== null) choose(first);
  };
  return (
    <div
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer.files);
      }}
      className={`flex min-h-28 flex-wrap items-center justify-center gap-3 rounded-lg border border-dashed px-4 py-5 ${over ? "border-accent bg-accent-wash" : "border-edge bg-panel"}`}
    >
      <input
        ref={input}
        type="file"
        aria-label="Log file"
        tabIndex={-1}
        className="sr-only"
        onChange={(event) => take(event.target.files)}
      />
      {file === null ? (
        <>
          <span className="flex items-center gap-2 text-soft">
            <Icon name="upload" />
            Drop a log here, up to {bytes(UPLOAD_BYTES_MAX)}
          </span>
          <Button onClick={() => input.current?.click()}>Choose a file</Button>
        </>
      ) : (
        <>
          <Icon name="analyses" />
          <span className="min-w-0 font-medium break-all">{file.name}</span>
          <span className="text-soft">{bytes(file.size)}</span>
          <IconButton label={`Remove ${file.name}`} icon="close" onClick={clear} />
        </>
      )}
    </div>
  );
}
