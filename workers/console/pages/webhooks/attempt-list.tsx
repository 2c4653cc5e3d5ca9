/** Attempts to deliver: when, how long, what was answered. */
import { duration } from "../../ui/format.ts";
import { Tag } from "../../ui/state.tsx";
import { FullTime } from "../../ui/time.tsx";
import type { DeliveryAttempt } from "../../wire.ts";

export function AttemptList({ attempts }: { attempts: readonly DeliveryAttempt[] }) {
  if (attempts.length === 0)
    return <p className="text-faint">Nothing was sent yet; attempts appear here.</p>;
  return (
    <ol aria-label="Attempts" className="divide-y divide-line rounded-lg border border-line">
      {attempts.map((attempt) => (
        <li key={`${attempt.n} ${attempt.started_at}`} className="px-3 py-2">
          <Attempt of={attempt} />
        </li>
      ))}
    </ol>
  );
}

export function Attempt({ of }: { of: DeliveryAttempt }) {
  return (
    <div className="flex flex-col gap-1.5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Outcome of={of} />
        <span className="text-soft">
          <FullTime at={of.started_at} />
        </span>
        <span className="ml-auto text-faint">
          {of.n === 0 ? "" : `attempt ${of.n} · `}
          {duration(of.ms)}
        </span>
      </div>
      {of.response === null || of.response === "" ? null : (
        <pre
          role="group"
          aria-label={`Answer of attempt ${of.n}`}
          tabIndex={0}
          className="max-h-32 overflow-auto rounded-md bg-raised px-2 py-1 whitespace-pre-wrap break-words"
        >
          {of.response}
        </pre>
      )}
    </div>
  );
}

/** Success is a 2xx and nothing else: a redirect is not followed. */
export const succeeded = ({ status, error }: DeliveryAttempt): boolean =>
  error === null && status !== null && status >= 200 && status < 300;

function Outcome({ of }: { of: DeliveryAttempt }) {
  // With an answer, its number says what the error's name would repeat.
  const text = of.status === null ? (of.error ?? "no answer") : String(of.status);
  return <Tag tone={succeeded(of) ? "ok" : "fail"}>{text}</Tag>;
}
