/** The button that saves the chain as a file. */
import { useAction } from "../../queries/action.ts";
import { auditKey, copyAudit } from "../../queries/audit.ts";
import { Button } from "../../ui/button.tsx";
import { saveFile } from "../../ui/save.ts";

/** A copy that lies elsewhere keeps the past fixed, whatever becomes of this installation. */
export function ChainCopy() {
  const copy = useAction({
    run: copyAudit,
    changes: [auditKey],
    done: (file) => saveFile(file, "audit.ndjson"),
  });
  return (
    <Button icon="download" pending={copy.isPending} onClick={() => copy.mutate(undefined)}>
      Copy the chain
    </Button>
  );
}
