/** The check of the records in sight: the API reads them again, computes each hash, and says where the chain breaks, if it does. */
import { useAction } from "../../queries/action.ts";
import { verifyAudit } from "../../queries/audit.ts";
import { Button } from "../../ui/button.tsx";
import { plural } from "../../ui/format.ts";
import { Icon } from "../../ui/icons.tsx";
import type { AuditEntry, AuditVerification } from "../../wire.ts";
import { rangeOf, REASONS } from "./audit-words.ts";

export function ChainCheck({ entries }: { entries: readonly AuditEntry[] }) {
  const check = useAction({ run: verifyAudit });
  const range = rangeOf(entries);
  if (range === null) return null;
  const same = check.variables?.from === range.from && check.variables.to === range.to;
  return (
    <div className="mb-3 flex min-h-8 flex-wrap items-center gap-x-3 gap-y-2">
      <Button icon="audit" pending={check.isPending} onClick={() => check.mutate(range)}>
        Check the chain
      </Button>
      <div role="status" className="min-w-0">
        {same && check.data !== undefined ? (
          <Outcome of={check.data} />
        ) : (
          <span className="text-faint">
            {range.from === range.to
              ? `Record #${range.from}`
              : `Records #${range.from} to #${range.to}, also those the filters leave out`}
          </span>
        )}
      </div>
    </div>
  );
}

function Outcome({ of }: { of: AuditVerification }) {
  const { first_bad: bad } = of;
  if (bad === null)
    return (
      <span className="inline-flex items-start gap-1.5 font-medium text-ok">
        <span className="pt-0.5">
          <Icon name="check" />
        </span>
        <span>
          The chain is whole: {plural(of.checked, "record")} checked
          {of.erased === 0 ? "." : `, ${of.erased} of them without their erased personal part.`}
        </span>
      </span>
    );
  return (
    <span role="alert" className="inline-flex items-start gap-1.5 font-medium text-fail">
      <span className="pt-0.5">
        <Icon name="alert" />
      </span>
      <span>
        The chain breaks at record #{bad.seq}: {REASONS[bad.reason]}.
      </span>
    </span>
  );
}
