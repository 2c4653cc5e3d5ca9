/** The filters of the analyses list; every choice is a new URL. */
import { useNavigate } from "@tanstack/react-router";
import { CONTROL, Select } from "../../forms/field.tsx";
import { textOf } from "../../forms/text.ts";
import { paths } from "../../paths.ts";
import type { AnalysesSearch } from "../../search.ts";
import { ButtonLink } from "../../ui/button.tsx";
import { CATEGORIES } from "./categories.ts";

const STATUSES = ["pending", "processing", "completed", "failed"];

export function Filters({ org, search }: { org: string; search: AnalysesSearch }) {
  const navigate = useNavigate();
  const change = (part: AnalysesSearch) => {
    const { cursor: _, ...kept } = search;
    void navigate(paths.analyses(org, { ...kept, ...part }));
  };
  const filtered = Object.keys(search).length > 0;
  return (
    <div className="mb-3 flex flex-wrap items-center gap-x-4 gap-y-2">
      <Select
        label="Status"
        value={search.status ?? ""}
        options={[{ value: "", label: "Any" }, ...STATUSES.map(option)]}
        change={(status) => change({ status })}
      />
      <Select
        label="Cause"
        value={search.category ?? ""}
        options={[{ value: "", label: "Any" }, ...CATEGORIES.map(option)]}
        change={(category) => change({ category })}
      />
      <form
        className="flex items-center gap-1.5 text-soft"
        onSubmit={(event) => {
          event.preventDefault();
          change({ repository: textOf(new FormData(event.currentTarget), "repository") });
        }}
      >
        <label className="flex items-center gap-1.5">
          Repository
          <input
            name="repository"
            key={search.repository ?? ""}
            defaultValue={search.repository ?? ""}
            placeholder="owner/name"
            className={`${CONTROL} h-7 max-w-[180px]`}
          />
        </label>
      </form>
      {filtered ? (
        <ButtonLink {...paths.analyses(org)} variant="ghost" icon="close">
          Clear
        </ButtonLink>
      ) : null}
    </div>
  );
}

const option = (value: string) => ({ value, label: value });
