/** Above the log: search on the server, go to a line, wrap. */
import { useEffect, useRef } from "react";
import { Button, IconButton } from "../ui/button.tsx";
import { count } from "../ui/format.ts";
import type { Search } from "./search.ts";

/** What of the page's view the toolbar reads and changes. */
interface View {
  readonly query: string;
  readonly wrap: boolean;
  search(text: string): void;
  toggleWrap(): void;
  jump(line: number): void;
  goToLine(line: number): void;
}

interface ToolbarProps {
  readonly totalLines: number;
  readonly view: View;
  readonly found: Search;
  /** What the line prompt starts with; null while it is closed. */
  readonly prompt: string | null;
  readonly setPrompt: (text: string | null) => void;
  /** Raised by one each time the search field is to take the focus. */
  readonly focusSearch: number;
}

export function Toolbar(props: ToolbarProps) {
  const { view, totalLines, prompt, setPrompt } = props;
  const goTo = (line: number | null) => {
    setPrompt(null);
    if (line !== null) view.goToLine(line);
  };
  return (
    <div className="flex flex-wrap items-center gap-2 border-b border-line bg-page px-2 py-1.5">
      <SearchForm view={view} found={props.found} focusSearch={props.focusSearch} />
      {prompt === null ? (
        <Button variant="ghost" onClick={() => setPrompt("")}>
          Line
        </Button>
      ) : (
        <LinePrompt initial={prompt} totalLines={totalLines} goTo={goTo} />
      )}
      <Button
        variant="ghost"
        aria-pressed={view.wrap}
        className={view.wrap ? "bg-raised" : ""}
        onClick={view.toggleWrap}
      >
        Wrap
      </Button>
      <span className="text-soft max-sm:hidden">{count(totalLines)} lines</span>
    </div>
  );
}

function SearchForm({
  view,
  found,
  focusSearch,
}: {
  view: View;
  found: Search;
  focusSearch: number;
}) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (focusSearch > 0) field.current?.focus();
  }, [focusSearch]);
  const step = (by: 1 | -1) => {
    const line = found.step(by);
    if (line !== null) view.jump(line);
  };
  return (
    <form
      role="search"
      className="flex min-w-0 flex-1 items-center gap-1"
      onSubmit={(event) => {
        event.preventDefault();
        const text = field.current?.value.trim() ?? "";
        if (text === view.query) step(1);
        else view.search(text);
      }}
    >
      <input
        ref={field}
        type="search"
        aria-label="Search the log"
        placeholder="Search the log  /"
        defaultValue={view.query}
        className="h-7 w-full max-w-[260px] min-w-24 rounded-md border border-edge bg-panel px-2"
        onKeyDown={(event) => {
          if (event.key === "Escape") event.currentTarget.blur();
          if (event.key !== "Enter" || !event.shiftKey) return;
          event.preventDefault();
          step(-1);
        }}
      />
      {view.query === "" ? null : <Hits found={found} step={step} />}
    </form>
  );
}

function Hits({ found, step }: { found: Search; step: (by: 1 | -1) => void }) {
  const at = found.hits.length === 0 ? "0" : count(found.index + 1);
  return (
    <>
      <span role="status" className="whitespace-nowrap text-soft">
        {found.searching
          ? "Searching …"
          : `${at} of ${count(found.hits.length)}${found.more ? "+" : ""}`}
      </span>
      <IconButton label="Previous hit" icon="up" onClick={() => step(-1)} />
      <IconButton label="Next hit" icon="down" onClick={() => step(1)} />
    </>
  );
}

interface LinePromptProps {
  readonly initial: string;
  readonly totalLines: number;
  /** The 1-based line, or null when the prompt was left. */
  goTo(line: number | null): void;
}

function LinePrompt({ initial, totalLines, goTo }: LinePromptProps) {
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
