/** The usage of a month as a file. The API wants the session's token, so the console reads it and hands it to the browser. */
import { useAction } from "../../queries/action.ts";
import { exportUsage } from "../../queries/usage.ts";
import { Button } from "../../ui/button.tsx";

export function Exports({ month }: { month: string }) {
  const save = useAction({
    run: async (format: "csv" | "json") => ({ format, file: await exportUsage(month, format) }),
    done: ({ format, file }) => download(file, `usage-${month}.${format}`),
  });
  return (
    <>
      <Button icon="download" pending={save.isPending} onClick={() => save.mutate("csv")}>
        CSV
      </Button>
      <Button icon="download" pending={save.isPending} onClick={() => save.mutate("json")}>
        JSON
      </Button>
    </>
  );
}

/** A link that is clicked once: the only way a page saves a file under a name. */
function download(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The click has taken the address by then; kept, it would hold the file in memory.
  setTimeout(() => URL.revokeObjectURL(url), 1_000);
}
