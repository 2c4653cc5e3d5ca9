/** The fields of an endpoint, for making and changing one: address and events. */
import { useState } from "react";
import type { FieldError } from "../../errors.ts";
import { asApiError, errorsByField } from "../../errors.ts";
import { Check, Field } from "../../forms/field.tsx";
import type { EventType } from "../../wire.ts";
import { BANDS, filtersText, inputOf } from "./webhook-fields.ts";
import type { WebhookFields } from "./webhook-fields.ts";
import { EVENT_TYPES, EVENTS } from "./webhook-health.ts";

interface FieldsProps {
  readonly fields: WebhookFields;
  readonly change: (fields: WebhookFields) => void;
  readonly error: unknown;
}

export function WebhookFieldset({ fields, change, error }: FieldsProps) {
  return (
    <>
      <Field
        label="Address"
        name="url"
        required
        type="url"
        inputMode="url"
        maxLength={2_048}
        autoComplete="off"
        spellCheck={false}
        placeholder="https://hooks.example.com/edgewright"
        className="font-mono text-sm"
        value={fields.url}
        onChange={(event) => change({ ...fields, url: event.target.value })}
        hint="A public https address on port 443 that answers 2xx within 15 seconds."
        error={addressError(error)}
      />
      <Events events={fields.events} change={(events) => change({ ...fields, events })} />
      <Filters fields={fields} change={change} error={error} />
    </>
  );
}

const LISTS = [
  { name: "repositories", label: "Repositories", placeholder: "acme/shop, acme/*" },
  { name: "branches", label: "Branches", placeholder: "main, release-*" },
  { name: "categories", label: "Causes", placeholder: "test.assertion, network.*" },
] as const;

/** Which events of the chosen kinds are sent; most endpoints want all, so it is folded. */
function Filters({ fields, change, error }: FieldsProps) {
  // Unfolded from the start where something is chosen; what is typed later does not fold it.
  const [chosen] = useState(() => filtersText(inputOf(fields).filters) !== null);
  const errors = errorsByField(error === null ? [] : asApiError(error).errors);
  return (
    <details open={chosen}>
      <summary className="w-fit rounded-sm text-soft hover:text-ink">
        Only events about some repositories, branches or causes
      </summary>
      <div className="mt-3 flex flex-col gap-3">
        {LISTS.map(({ name, label, placeholder }) => (
          <Field
            key={name}
            label={label}
            name={name}
            autoComplete="off"
            spellCheck={false}
            placeholder={placeholder}
            className="font-mono text-sm"
            value={fields[name]}
            onChange={(event) => change({ ...fields, [name]: event.target.value })}
            error={errors[name]}
          />
        ))}
        <fieldset>
          <legend className="mb-1 font-medium">Confidence of the analysis</legend>
          <div className="flex gap-4">
            {BANDS.map((band) => (
              <Check
                key={band}
                label={band}
                checked={fields.bands.includes(band)}
                change={(on) =>
                  change({
                    ...fields,
                    bands: BANDS.filter((each) =>
                      each === band ? on : fields.bands.includes(each),
                    ),
                  })
                }
              />
            ))}
          </div>
        </fieldset>
        <p className="text-sm text-faint">
          A name ending in * takes what begins like it. What is left empty takes everything.
        </p>
      </div>
    </details>
  );
}

/** A refused address is about the field, wherever the API says it. */
export function addressError(thrown: unknown): FieldError | undefined {
  if (thrown === null || thrown === undefined) return undefined;
  const error = asApiError(thrown);
  if (error.code !== "egress_refused") return errorsByField(error.errors)["url"];
  return { location: "/url", message: error.detail ?? error.title, fix: `(${error.code})` };
}

function Events({
  events,
  change,
}: {
  events: readonly EventType[];
  change: (events: readonly EventType[]) => void;
}) {
  const all = events.length === 0;
  const toggle = (type: EventType, on: boolean) =>
    change(EVENT_TYPES.filter((each) => (each === type ? on : events.includes(each))));
  return (
    <fieldset>
      <legend className="mb-1 font-medium">Events</legend>
      <Check
        label="All events, also those to come"
        checked={all}
        change={(on) => change(on ? [] : EVENT_TYPES)}
      />
      <div className="mt-1 border-l border-line pl-3">
        {EVENT_TYPES.map((type) => (
          <Check
            key={type}
            label=""
            checked={all || events.includes(type)}
            change={(on) =>
              all ? change(EVENT_TYPES.filter((e) => e !== type)) : toggle(type, on)
            }
          >
            <span className="font-mono text-sm">{type}</span>{" "}
            <span className="text-soft">{EVENTS[type]}</span>
          </Check>
        ))}
      </div>
    </fieldset>
  );
}
