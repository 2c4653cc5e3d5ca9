/** One line of the log. */
import { memo } from "react";
import type { MouseEvent } from "react";
import type { LogLine } from "../wire.ts";
import { runsOf } from "./ansi.ts";
import { mark } from "./marks.ts";

export type RowTone = "none" | "block" | "active";

interface RowProps {
  readonly n: number;
  readonly line: LogLine | undefined;
  readonly tone: RowTone;
  readonly selected: boolean;
  readonly query: string;
  readonly gutterCh: number;
  select(n: number, extend: boolean): void;
}

const TINT: Readonly<Record<RowTone, string>> = {
  none: "",
  block: "bg-warn-wash",
  active: "bg-fail-wash",
};
const BAR: Readonly<Record<RowTone, string>> = {
  none: "border-transparent",
  block: "border-warn",
  active: "border-fail",
};

export const Row = memo(function Row({
  n,
  line,
  tone,
  selected,
  query,
  gutterCh,
  select,
}: RowProps) {
  const tint = selected ? "bg-accent-wash" : TINT[tone];
  const pick = (event: MouseEvent) => {
    event.preventDefault();
    select(n, event.shiftKey);
  };
  return (
    <div className={`log-row flex min-w-full ${tint}`} data-line={n}>
      <a
        href={`#L${n}`}
        tabIndex={-1}
        aria-label={`Line ${n}`}
        onClick={pick}
        className={`sticky left-0 shrink-0 border-l-[3px] pr-2 text-right text-faint select-none hover:text-ink ${BAR[tone]} ${tint === "" ? "bg-panel" : tint}`}
        style={{ width: `calc(${gutterCh + 1}ch + 14px)` }}
      >
        {n}
      </a>
      <span className="min-w-0 flex-1 pr-4 pl-2">
        {line === undefined ? <Waiting /> : <Text line={line} query={query} />}
      </span>
    </div>
  );
});

function Text({ line, query }: { line: LogLine; query: string }) {
  const runs = mark(runsOf(line.text), query);
  return (
    <>
      {runs.map((run, index) => {
        const classes = run.hit ? `${run.classes} bg-mark` : run.classes;
        // Runs have no identity of their own: the line they belong to never changes.
        return classes === "" ? (
          run.text
        ) : (
          <span key={index} className={classes}>
            {run.text}
          </span>
        );
      })}
      {line.cut === true ? (
        <span className="ml-1 text-faint italic select-none">… cut at 4,096 characters</span>
      ) : null}
    </>
  );
}

const Waiting = () => <span className="appear-late text-faint">·</span>;
