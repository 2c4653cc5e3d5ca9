/** What to do next; commands in backticks can be copied. */
import { CopyButton } from "../../ui/copy.tsx";
import type { Result } from "../../wire.ts";

export function NextSteps({ steps }: { steps: Result["next_steps"] }) {
  return (
    <ol className="flex flex-col gap-2">
      {steps.map((step) => (
        <Step key={step.id} text={step.text} />
      ))}
    </ol>
  );
}

function Step({ text }: { text: string }) {
  const parts = partsOf(text);
  const command = parts.find((part) => part.code)?.text;
  return (
    <li className="flex items-start gap-2 rounded-lg border border-line bg-panel py-1.5 pr-1.5 pl-3">
      <p className="min-w-0 flex-1 py-0.5 break-words">
        {parts.map((part) =>
          part.code ? (
            <code key={part.at} className="rounded-sm bg-raised px-1 py-0.5 break-all">
              {part.text}
            </code>
          ) : (
            part.text
          ),
        )}
      </p>
      <CopyButton
        text={command ?? text}
        label={command === undefined ? "Copy this step" : `Copy ${command}`}
      />
    </li>
  );
}

interface Part {
  readonly text: string;
  readonly code: boolean;
  readonly at: number;
}

/** Text and `code` in turn, without the backticks. */
export const partsOf = (text: string): readonly Part[] =>
  text
    .split("`")
    .map((part, at) => ({ text: part, code: at % 2 === 1, at }))
    .filter((part) => part.text !== "");
