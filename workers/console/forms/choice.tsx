/** One of a few: native radio buttons, each with a line that says what it means. */

interface ChoiceProps<V extends string> {
  readonly legend: string;
  readonly name: string;
  readonly value: V;
  readonly options: readonly {
    readonly value: V;
    readonly label: string;
    readonly hint?: string;
  }[];
  readonly change: (value: V) => void;
}

export function Choice<V extends string>({ legend, name, value, options, change }: ChoiceProps<V>) {
  return (
    <fieldset>
      <legend className="mb-1 font-medium">{legend}</legend>
      {options.map((option) => (
        <label key={option.value} className="flex min-h-6 items-start gap-2 py-0.5">
          <input
            type="radio"
            name={name}
            value={option.value}
            checked={option.value === value}
            onChange={() => change(option.value)}
            className="mt-[3px] size-3.5 accent-(--color-accent)"
          />
          <span className="min-w-0">
            {option.label}
            {option.hint === undefined ? null : <span className="text-soft"> · {option.hint}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
