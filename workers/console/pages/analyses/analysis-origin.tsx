/** Where a log comes from: optional facts that make analyses findable. */
import { Field } from "../../forms/field.tsx";
import { textOf } from "../../forms/text.ts";

const FIELDS = [
  { name: "name", label: "Name", placeholder: "build.log" },
  { name: "repository", label: "Repository", placeholder: "owner/name" },
  { name: "branch", label: "Branch", placeholder: "main" },
  { name: "job", label: "Job", placeholder: "test" },
  { name: "step", label: "Step", placeholder: "npm test" },
  { name: "exit_code", label: "Exit code", placeholder: "1" },
] as const;

export function Origin() {
  return (
    <details className="rounded-lg border border-line bg-panel">
      <summary className="rounded-lg px-3 py-2 text-soft hover:text-ink">
        Where does it come from? (optional)
      </summary>
      <div className="grid gap-3 border-t border-line p-3 sm:grid-cols-2">
        {FIELDS.map((field) => (
          <Field
            key={field.name}
            {...field}
            maxLength={200}
            autoComplete="off"
            {...(field.name === "exit_code"
              ? { inputMode: "numeric", pattern: "-?[0-9]{1,6}" }
              : {})}
          />
        ))}
      </div>
    </details>
  );
}

/** The facts that were given, as query parameters of the upload. */
export function originOf(form: FormData): Readonly<Record<string, string>> {
  const given: Record<string, string> = {};
  for (const { name } of FIELDS) {
    const value = textOf(form, name);
    if (value !== "") given[name] = value;
  }
  return given;
}
