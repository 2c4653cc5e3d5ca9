/** The filters of the audit page; every choice is a new URL. */
import { useNavigate } from "@tanstack/react-router";
import { CONTROL, Select } from "../../forms/field.tsx";
import { textOf } from "../../forms/text.ts";
import { paths } from "../../paths.ts";
import type { AuditSearch } from "../../search.ts";
import { ButtonLink } from "../../ui/button.tsx";
import { ACTION_FILTERS, filterLabel } from "./audit-words.ts";

export function AuditFilters({ org, search }: { org: string; search: AuditSearch }) {
  const navigate = useNavigate();
  const change = (part: AuditSearch) => {
    const { cursor: _, entry: _entry, ...kept } = search;
    void navigate(paths.audit(org, { ...kept, ...part }));
  };
  const { entry: _, ...filters } = search;
  const known = search.action === undefined || ACTION_FILTERS.includes(search.action);
  return (
    <div className="mb-3 flex flex-wrap items-center gap-x-4 gap-y-2">
      <Select
        label="Action"
        value={search.action ?? ""}
        options={[
          { value: "", label: "Any" },
          ...(known ? ACTION_FILTERS : [search.action ?? "", ...ACTION_FILTERS]).map((value) => ({
            value,
            label: filterLabel(value),
          })),
        ]}
        change={(action) => change({ action })}
      />
      <form
        className="flex items-center gap-1.5 text-soft"
        onSubmit={(event) => {
          event.preventDefault();
          change({ resource: textOf(new FormData(event.currentTarget), "resource") });
        }}
      >
        <label className="flex items-center gap-1.5">
          On
          <input
            name="resource"
            key={search.resource ?? ""}
            defaultValue={search.resource ?? ""}
            placeholder="keys/0199…"
            className={`${CONTROL} h-7 max-w-[180px]`}
          />
        </label>
      </form>
      <Day label="From" value={search.from} change={(from) => change({ from })} />
      <Day label="To" value={search.to} change={(to) => change({ to })} />
      {Object.keys(filters).length > 0 ? (
        <ButtonLink {...paths.audit(org)} variant="ghost" icon="close">
          Clear
        </ButtonLink>
      ) : null}
    </div>
  );
}

interface DayProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly change: (day: string) => void;
}

/** A day in UTC, which the records are kept in. */
function Day({ label, value, change }: DayProps) {
  return (
    <label className="flex items-center gap-1.5 text-soft" title="Days in UTC">
      {label}
      <input
        type="date"
        value={value ?? ""}
        onChange={(event) => change(event.target.value)}
        className={`${CONTROL} h-7 w-auto`}
      />
    </label>
  );
}
