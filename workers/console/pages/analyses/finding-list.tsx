/** The left half of an analysis: blocks by rank, what to do next, failed tests, located messages. */
import { Section } from "../../ui/page.tsx";
import { count } from "../../ui/format.ts";
import type { Result } from "../../wire.ts";
import { BlockCard } from "./block-card.tsx";
import { NextSteps } from "./next-steps.tsx";
import { TestList } from "./test-list.tsx";
import { DiagnosticList } from "./diagnostic-list.tsx";

interface FindingsProps {
  readonly result: Result;
  readonly active: number | null;
  openBlock(rank: number): void;
  goToLine(line: number): void;
}

export function Findings({ result, active, openBlock, goToLine }: FindingsProps) {
  return (
    <div
      role="group"
      aria-label="Findings"
      tabIndex={0}
      className="shrink-0 border-line px-4 pt-4 lg:w-[400px] lg:overflow-y-auto lg:border-r"
    >
      <Section
        title={result.blocks.length === 0 ? "No cause found" : "Most likely cause"}
        aside={
          <span className="text-sm text-faint max-lg:hidden">
            <kbd>n</kbd> next <kbd>p</kbd> previous
          </span>
        }
      >
        {result.blocks.length === 0 ? (
          <p className="text-soft">
            No line of this log looks like the cause. Read its end, or search it.
          </p>
        ) : (
          <ol className="flex flex-col gap-2">
            {result.blocks.map((block) => (
              <BlockCard
                key={block.rank}
                block={block}
                active={block.rank === active}
                open={() => openBlock(block.rank)}
              />
            ))}
          </ol>
        )}
      </Section>
      {result.next_steps.length === 0 ? null : (
        <Section title="Next steps">
          <NextSteps steps={result.next_steps} />
        </Section>
      )}
      {result.failed_tests.length === 0 ? null : (
        <Section
          title={`Failed tests (${count(result.failed_tests.length)})`}
          aside={<Counts result={result} />}
        >
          <TestList tests={result.failed_tests} goToLine={goToLine} />
        </Section>
      )}
      {result.diagnostics.length === 0 ? null : (
        <Section title={`Messages (${count(result.diagnostics.length)})`}>
          <DiagnosticList diagnostics={result.diagnostics} goToLine={goToLine} />
        </Section>
      )}
    </div>
  );
}

/** Totals over all parts of the build that printed their own, per framework. */
function Counts({ result }: { result: Result }) {
  const frameworks = [...new Set(result.counts.map((entry) => entry.framework))];
  const totals = frameworks.map((framework) => {
    const own = result.counts.filter((entry) => entry.framework === framework);
    const failed = own.reduce((sum, entry) => sum + entry.failed, 0);
    const run = own.reduce((sum, entry) => sum + entry.run, 0);
    return `${framework}: ${count(failed)} of ${count(run)}`;
  });
  if (totals.length === 0) return null;
  return <span className="text-sm text-faint">{totals.join(", ")}</span>;
}
