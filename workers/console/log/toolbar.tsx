/** Above the log: search on the server, go to a line, wrap, and the step from block to block. */
import { useEffect, useRef } from "react";
import { Button, IconButton } from "../ui/button.tsx";
import { count } from "../ui/format.ts";

interface ToolbarProps {
  readonly totalLines: number;
  readonly query: string;
  readonly hits: readonly number[];
  readonly hitIndex: number;
  readonly searching: boolean;
  readonly more: boolean;
  readonly wrap: boolean;
  /** What the line prompt starts with; null while it is closed. */
  readonly prompt: string | null;
  readonly focusSearch: number;
  search(text: string): void;
  stepHit(by: 1 | -1): void;
  toggleWrap(): void;
  openPrompt(): void;
  /** The 1-based line, or null when the prompt was left. */
  goTo(line: number | null): void;
}

export function Toolbar(props: ToolbarProps) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (props.focusSearch > 0) field.current?.focus();
  }, [props.focusSearch]);
  return (
    <div className="flex flex-wrap items-center gap-2 border-b border-line bg-page px-2 py-1.5">
      <form
        role="search"
        className="flex min-w-0 flex-1 items-center gap-1"
        onSubmit={(event) => {
          event.preventDefault();
          const text = field.current?.value.trim() ?? "";
          if (text === props.query) props.stepHit(1);
          else props.search(text);
        }}
      >
        <input
          ref={field}
          type="search"
          aria-label="Search the log"
          placeholder="Search the log  /"
          defaultValue={props.query}
          className="h-7 w-full max-w-[260px] min-w-24 rounded-md border border-edge bg-panel px-2"
          onKeyDown={(event) => {
            if (event.key === "Enter" && event.shiftKey) {
              event.preventDefault();
              props.stepHit(-1);
            } else if (event.key === "Escape") event.currentTarget.blur();
          }}
        />
        {props.query === "" ? null : <Hits {...props} />}
      </form>
      {props.prompt === null ? (
        <Button variant="ghost" onClick={props.openPrompt}>
          Line
        </Button>
      ) : (
        <LinePrompt initial={props.prompt} totalLines={props.totalLines} goTo={props.goTo} />
      )}
      <Button
        variant="ghost"
        aria-pressed={props.wrap}
        className={props.wrap ? "bg-raised" : ""}
        onClick={props.toggleWrap}
      >
        Wrap
      </Button>
      <span className="text-soft max-sm:hidden">{count(props.totalLines)} lines</span>
    </div>
  );
}

function Hits(props: ToolbarProps) {
  const at = props.hits.length === 0 ? "0" : count(props.hitIndex + 1);
  return (
    <>
      <span role="status" className="whitespace-nowrap text-soft">
        {props.searching
          ? "Searching …"
          : `${at} of ${count(props.hits.length)}${props.more ? "+" : ""}`}
      </span>
      <IconButton label="Previous hit" icon="up" onClick={() => props.stepHit(-1)} />
      <IconButton label="Next hit" icon="down" onClick={() => props.stepHit(1)} />
    </>
  );
}

function LinePrompt({
  initial,
  totalLines,
  goTo,
}: {
  initial: string;
  totalLines: number;
  goTo: (line: number | null) => void;
}) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    field.current?.focus();
  }, []);
  return (
    <form
      className="flex items-center gap-1"
      onSubmit={(event) => {
        event.preventDefault();
        const line = Number(field.current?.value.replaceAll(/[,\s]/g, "") ?? "");
        goTo(Number.isInteger(line) && line >= 1 ? Math.min(line, totalLines) : null);
      }}
    >
      <input
        ref={field}
        aria-label={`Go to line, 1 to ${totalLines}`}
        inputMode="numeric"
        placeholder={`1 – ${count(totalLines)}`}
        defaultValue={initial}
        className="h-7 w-28 rounded-md border border-edge bg-panel px-2"
        onBlur={() => goTo(null)}
        onKeyDown={(event) => {
          if (event.key === "Escape") goTo(null);
        }}
      />
    </form>
  );
}
