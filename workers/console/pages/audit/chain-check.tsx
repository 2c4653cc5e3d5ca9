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
  const asked = check.variables;
  // An answer about another page says nothing about this one; one about the whole chain does.
  const about = asked?.to === null || (asked?.from === range.from && asked.to === range.to);
  const whole = asked?.to === null;
  return (
    <div className="mb-3 flex min-h-8 flex-wrap items-center gap-x-3 gap-y-2">
      <span className="flex gap-2">
        <Button
          icon="audit"
          pending={check.isPending && !whole}
          onClick={() => check.mutate(range)}
        >
          Check these records
        </Button>
        <Button
          variant="ghost"
          pending={check.isPending && whole}
          onClick={() => check.mutate({ from: 1, to: null })}
        >
          Check the whole chain
        </Button>
      </span>
      <div role="status" className="min-w-0">
        {about && check.data !== undefined ? (
          <Outcome of={check.data} />
        ) : (
          <span className="text-faint">{inSight(range)}</span>
        )}
      </div>
    </div>
  );
}

/** A check has no holes: it covers what the filters leave out in between. */
const inSight = ({ from, to }: { from: number; to: number }): string =>
  from === to ? `Record #${from}` : `Records #${from} to #${to}, with those in between`;

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
