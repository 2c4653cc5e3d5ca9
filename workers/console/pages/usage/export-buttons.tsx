/** The usage of a month as a file. The API wants the session's token, so the console reads it and hands it to the browser. */
import { useAction } from "../../queries/action.ts";
import { exportUsage } from "../../queries/usage.ts";
import { Button } from "../../ui/button.tsx";
import { saveFile } from "../../ui/save.ts";

export function Exports({ month }: { month: string }) {
  const save = useAction({
    run: async (format: "csv" | "json") => ({ format, file: await exportUsage(month, format) }),
    done: ({ format, file }) => saveFile(file, `usage-${month}.${format}`),
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
