/** The last 24 hours in four numbers, each a link to what it counts. */
import { Link } from "@tanstack/react-router";
import { paths } from "../../paths.ts";
import { count } from "../../ui/format.ts";
import { Section } from "../../ui/page.tsx";
import type { Overview } from "../../wire.ts";

export function Day({ overview, org }: { overview: Overview; org: string }) {
  const analyses = overview.analyses.day;
  const runs = overview.runs.day;
  return (
    <Section title="Last 24 hours">
      <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-lg border border-line bg-line md:grid-cols-4">
        <Figure
          name="Analyses"
          value={analyses.total}
          note={
            analyses.pending > 0
              ? `${count(analyses.pending)} pending`
              : `${count(analyses.completed)} explained`
          }
          to={paths.analyses(org)}
        />
        <Figure
          name="Analyses failed"
          value={analyses.failed}
          tone={analyses.failed > 0 ? "text-fail" : ""}
          note={analyses.failed === 0 ? "none" : "no explanation"}
          to={paths.analyses(org, { status: "failed" })}
        />
        <Figure
          name="Runs"
          value={runs.total}
          note={
            runs.running > 0
              ? `${count(runs.running)} running`
              : `${count(runs.succeeded)} succeeded`
          }
          to={paths.runs(org)}
        />
        <Figure
          name="Runs failed"
          value={runs.failed}
          tone={runs.failed > 0 ? "text-fail" : ""}
          note={runs.failed === 0 ? "none" : "retry from the run"}
          to={paths.runs(org, { status: "failed" })}
        />
      </dl>
    </Section>
  );
}

interface FigureProps {
  readonly name: string;
  readonly value: number;
  readonly note: string;
  readonly tone?: string;
  readonly to: ReturnType<typeof paths.analyses> | ReturnType<typeof paths.runs>;
}

function Figure({ name, value, note, tone = "", to }: FigureProps) {
  return (
    <div className="bg-panel px-4 py-3">
      <dt className="text-sm text-faint">
        <Link {...to} className="hover:text-ink hover:underline">
          {name}
        </Link>
      </dt>
      <dd className="flex items-baseline gap-2">
        <span className={`text-2xl font-semibold ${tone}`}>{count(value)}</span>
        <span className="truncate text-sm text-faint">{note}</span>
      </dd>
    </div>
  );
}
