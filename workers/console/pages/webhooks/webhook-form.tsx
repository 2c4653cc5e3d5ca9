/** The fields of an endpoint, for making and changing one: address and events. */
import type { FieldError } from "../../errors.ts";
import { asApiError, errorsByField } from "../../errors.ts";
import { Check, Field } from "../../forms/field.tsx";
import type { EventType } from "../../wire.ts";
import { EVENT_TYPES, EVENTS } from "./webhook-health.ts";

export interface WebhookFields {
  readonly url: string;
  /** Empty: all of them, also those to come. */
  readonly events: readonly EventType[];
}

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
    </>
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
